"""Add a statement, with a hint while it is typed of what has been said already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_protect

from klal.domain.ballot import new_key
from klal.domain.language import Language, available, get
from klal.domain.limits import Limit
from klal.domain.records import ModerationMode
from klal.domain.rules import STATEMENT_LENGTH
from klal.errors import EmptyStatementError, LongStatementError, RefusedError, RepeatedStatementError, TooManyError
from klal.services.speaking import Draft, find_repetition, find_similar, speak
from klal.services.taking_part import ShownStatement
from klal.web.advising import advice_in_words
from klal.web.rendering import private
from klal.web.script_data import page_data
from klal.web.visit import Visit, arrive, methods

_MENDABLE = (EmptyStatementError, LongStatementError, RepeatedStatementError, TooManyError)
_MOST_TYPED = 2000


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the form, or take a statement; what was typed stays in the form when it is refused."""
    visit = arrive(request, slug)
    if request.method != "POST":
        return _form(visit, text=request.GET.get("text", "")[:_MOST_TYPED])
    visit.spend(Limit.STATEMENTS)
    draft = Draft(text=request.POST.get("text", ""), agrees=request.POST.get("agrees") == "1", channel=visit.channel)
    try:
        speak(visit.conversation, visit.identity, draft, _likely_languages(visit))
    except _MENDABLE as error:
        return _form(visit, text=draft.text[:_MOST_TYPED], agrees=draft.agrees, error=error)
    return visit.go(f"{visit.home}mine/?spoken=1#statements")


@methods("GET")
def similar(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the statements closest to what is typed so far, and what could be clearer about it, as JSON."""
    visit = arrive(request, slug)
    typed = request.GET.get("text", "")[:_MOST_TYPED]
    found = find_similar(visit.conversation, typed)
    advice = advice_in_words(typed, visit.language, is_unfinished=True)
    response = JsonResponse({"similar": _plain(found, visit.language.code), "advice": advice})
    private(response)
    return response


def _form(visit: Visit, *, text: str = "", agrees: bool = True, error: RefusedError | None = None) -> HttpResponse:
    near: Sequence[ShownStatement] = ()
    if isinstance(error, RepeatedStatementError):
        repeated = find_repetition(visit.conversation, text)
        near = (repeated,) if repeated else ()
    sentence = "" if error is None or near else visit.language.error(error)
    return visit.show(
        "speak.html",
        status=error.status if error else 200,
        page="speak",
        typed=text,
        agrees=agrees,
        sentence=sentence,
        near=[{**one, "key": new_key()} for one in _plain(near, visit.language.code)],
        limit=STATEMENT_LENGTH,
        before=visit.conversation.moderation_mode == ModerationMode.BEFORE.value,
        data=page_data(visit),
    )


def _likely_languages(visit: Visit) -> tuple[Language, ...]:
    """Return the reader's language, then the conversation's, then all others klal speaks."""
    codes = dict.fromkeys((visit.language.code, *visit.conversation.languages, *available()))
    return tuple(get(code) for code in codes if code in available())


def _plain(found: Sequence[ShownStatement], code: str) -> list[dict[str, Any]]:
    return [{"id": one.id, **dict(zip(("text", "language"), one.in_language(code), strict=True))} for one in found]
