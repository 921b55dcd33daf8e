"""The log of administrative acts: of a conversation for its owners, of the whole instance for its host."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse

from klal.domain.language import Language
from klal.domain.roles import Right
from klal.services.accounts.log import entries_of, kind_of, kinds_of, language_free, rows_of, sentence_of
from klal.store.models import AuditEntry, Conversation
from klal.web.convene.desk import Desk, at_desk, signed_in
from klal.web.reader import reader_language
from klal.web.rendering import private, show
from klal.web.templatetags.speech import fenced

A_PAGE = 50


@at_desk(Right.MANAGE, "GET")
def page(desk: Desk) -> HttpResponse:
    """Show what was done in a conversation."""
    return desk.show("log.html", page="log", base="klal/convene/base.html", **_acts(desk.request, desk.conversation, desk.language))


@at_desk(Right.MANAGE, "GET")
def table(desk: Desk) -> HttpResponse:
    """Send what was done in a conversation as a file."""
    return _file(desk.request, desk.conversation, desk.language, f"{desk.conversation.slug}-log.csv")


@signed_in("GET")
def host_page(request: HttpRequest) -> HttpResponse:
    """Show the host what was done on the whole instance."""
    _only_host(request)
    values = {"page": "log", "base": "klal/convene/account_base.html", **_acts(request, None, reader_language(request))}
    return show(request, "convene/log.html", values)


@signed_in("GET")
def host_table(request: HttpRequest) -> HttpResponse:
    """Send the host what was done on the whole instance as a file."""
    _only_host(request)
    return _file(request, None, reader_language(request), "log.csv")


def _only_host(request: HttpRequest) -> None:
    if not cast(User, request.user).is_superuser:
        raise Http404


def _kind(request: HttpRequest, kinds: list[str]) -> str:
    wanted = request.GET.get("kind", "")
    return wanted if wanted in kinds else ""


def _acts(request: HttpRequest, conversation: Conversation | None, language: Language) -> dict[str, Any]:
    kinds = kinds_of(conversation)
    kind = _kind(request, kinds)
    found = Paginator(entries_of(conversation, kind), A_PAGE).get_page(request.GET.get("page"))
    named = [(one, language_free(kind_of(one, language))) for one in kinds]
    return {
        "rows": [_row(one, language) for one in found],
        "kinds": sorted(named, key=lambda pair: pair[1]),
        "kind": kind,
        "sheet": found,
        "is_host": conversation is None,
    }


def _row(entry: AuditEntry, language: Language) -> dict[str, Any]:
    return {"made": entry.made, "name": entry.name, "slug": entry.slug, "sentence": fenced(sentence_of(entry, language))}


def _file(request: HttpRequest, conversation: Conversation | None, language: Language, name: str) -> HttpResponse:
    entries = entries_of(conversation, _kind(request, kinds_of(conversation)))
    lines = _lines(rows_of(entries, language))
    response = cast(HttpResponse, StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8"))
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    private(response)
    return response


class _Echo:
    """A file that gives back what is written."""

    def write(self, text: str) -> str:
        return text


def _lines(rows: Iterator[list[str]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff"  # tells spreadsheets that it is UTF-8
    yield from (writer.writerow(row) for row in rows)
