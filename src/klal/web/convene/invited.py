"""Who is invited: ids pasted or uploaded, personal links to take home once, and links taken back."""

from __future__ import annotations

import csv
import io
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse

from klal.domain.admission import is_round, new_round
from klal.domain.roles import Right
from klal.domain.small_table import Table, read_table
from klal.errors import BadRequestError
from klal.services.admitting import NAMES, Invited, counts_of, invite, links_of_round, revoke
from klal.services.seeding import MOST_BYTES
from klal.store.models import Admission
from klal.web.convene.desk import Desk, at_desk
from klal.web.convene.seeds import file_table
from klal.web.convene.share import server_address
from klal.web.visit import read_number

_A_PAGE = 50
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@at_desk(Right.MANAGE, "GET", "POST")
def page(desk: Desk) -> HttpResponse:
    """Show who is invited, or invite further people: the answer to that form, and nothing else, leads to their links."""
    if desk.request.method != "POST":
        return _show(desk, new_round())
    form, upload = desk.request.POST, desk.request.FILES.get("file")
    round_secret, typed = form.get("round", ""), form.get("ids", "")
    if not is_round(round_secret):
        raise BadRequestError(found="-", needed="round")
    if upload is not None and (upload.size or 0) > MOST_BYTES:
        return _show(desk, round_secret, 422, typed=typed, wrong=desk.language.text("convene.seeds.file_too_large"))
    given = read_table(typed, NAMES)
    table = file_table(upload, NAMES, frozenset(NAMES.values())) if upload is not None else given
    if upload is not None and not table.flaw:
        table = Table((*given.rows, *table.rows))
    found = invite(desk.conversation, desk.account, table, round_secret)
    if found.problem is not None:
        sentence = desk.language.text(f"convene.seeds.problem.{found.problem.kind}", **found.problem.facts)
        return _show(desk, round_secret, 422, typed=typed, wrong=sentence)
    return _show(desk, round_secret, 200, found=found, bad=_bad_rows(desk, found), bad_more=found.bad_count - len(found.bad))


@at_desk(Right.MANAGE, "POST")
def links(desk: Desk) -> HttpResponse:
    """Return the personal links of one round as a table, for who has its secret from the page before."""
    round_secret = desk.request.POST.get("round", "")
    if not is_round(round_secret):
        raise BadRequestError(found="-", needed="round")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("id", "link"))
    for name, link in links_of_round(desk.conversation, round_secret, server_address(desk.request)):
        writer.writerow((f"'{name}" if name.startswith(_FORMULA) else name, link))  # a spreadsheet would run it as a formula
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{desk.conversation.slug}-links.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@at_desk(Right.MANAGE, "POST")
def take_back(desk: Desk) -> HttpResponse:
    """Take one person's link back."""
    number = read_number(desk.request.POST.get("admission"))
    if number is not None:
        revoke(desk.conversation, desk.account, number)
    return desk.go("invited/?revoked=1#list")


def _show(desk: Desk, round_secret: str, status: int = 200, **more: Any) -> HttpResponse:
    search = desk.request.GET.get("search", "").strip()[:100]
    people = Admission.objects.filter(conversation=desk.conversation).order_by("external_id")
    shown = Paginator(people.filter(external_id__icontains=search.replace("\0", "")) if search else people, _A_PAGE)
    invited, used = counts_of(desk.conversation)
    return desk.show(
        "invited.html",
        status=status,
        page="share",
        round=round_secret,
        people=shown.get_page(desk.request.GET.get("page")),
        search=search,
        invited=invited,
        used=used,
        revoked="revoked" in desk.request.GET,
        is_invited=desk.conversation.voters == "invited",
        **more,
    )


def _bad_rows(desk: Desk, found: Invited) -> list[dict[str, Any]]:
    return [
        {
            "line": row.line,
            "text": row.text,
            "sentence": desk.language.text(f"convene.seeds.problem.{row.problem.kind}", **row.problem.facts),
        }
        for row in found.bad
    ]
