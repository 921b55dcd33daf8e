"""Take the data of a conversation home."""

from __future__ import annotations

from typing import cast

from django.http import HttpResponse, StreamingHttpResponse

from klal.domain.roles import Right
from klal.errors import BadRequestError, NotYourRoleError
from klal.services.taking_home import MADE, export_file, note_taken, pieces, report_file, statements_file
from klal.web.convene.desk import Desk, at_desk

KINDS = ("polis", "parquet", "json", "statements", "report")
_TYPES = {"polis": "application/zip", "parquet": "application/vnd.apache.parquet", "json": "application/json"}


@at_desk(Right.WATCH, "GET")
def page(desk: Desk) -> HttpResponse:
    """Say what there is, and what it contains."""
    has_report = report_file(desk.conversation, desk.language.code) is not None
    kinds = [
        {"kind": kind, "title": f"convene.data.{kind}", "hint": f"convene.data.{kind}_hint"}
        for kind in KINDS
        if (has_report or kind != "report") and _may_take(desk, kind)
    ]
    return desk.show("data.html", page="data", kinds=kinds)


@at_desk(Right.WATCH, "POST")
def take(desk: Desk, kind: str) -> HttpResponse:
    """Hand a file over."""
    conversation = desk.conversation
    if not _may_take(desk, kind):
        raise NotYourRoleError(role=desk.role.value)
    if kind in MADE:
        parts = pieces(export_file(conversation, kind, desk.account))
        made = cast(HttpResponse, StreamingHttpResponse(parts, content_type=_TYPES[kind]))  # what middleware does with both is the same
        return _named(made, f"{conversation.slug}{MADE[kind]}")
    if kind == "statements":
        note_taken(conversation, kind, desk.account)
        table = HttpResponse(statements_file(conversation), content_type="text/csv; charset=utf-8")
        return _named(table, f"{conversation.slug}-statements.csv")
    report = report_file(conversation, desk.language.code) if kind == "report" else None
    if report is None:
        raise BadRequestError(found=kind[:20], needed=" / ".join(KINDS))
    note_taken(conversation, kind, desk.account)
    return _named(HttpResponse(report, content_type="text/html; charset=utf-8"), f"{conversation.slug}-report-{desk.language.code}.html")


def _may_take(desk: Desk, kind: str) -> bool:
    """Say whether a role includes a file: how each participant voted, even under a number, is for owners alone."""
    return kind not in MADE or desk.may(Right.MANAGE)


def _named(response: HttpResponse, name: str) -> HttpResponse:
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response
