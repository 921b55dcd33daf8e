"""What is the reader's own: votes to change or withdraw, statements with their receipts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_protect

from klal.domain.ballot import new_key
from klal.domain.moderation import NOTE_LENGTH
from klal.domain.records import ModerationMode
from klal.errors import BadRequestError
from klal.services.moderation.appealing import appeal
from klal.services.moderation.proposing import answer_proposal
from klal.services.moderation.telling import told
from klal.services.receipts import VotePage, my_statements, my_votes, withdraw_statement
from klal.services.taking_part import newest_findings
from klal.web.visit import Visit, arrive, methods, read_number

_LONGEST = 20
KINDS = ("all", "agree", "disagree", "pass", "important")
SAID = ("agreed", "declined", "appealed")


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the reader's votes and statements, or change one of them."""
    visit = arrive(request, slug)
    return _change(visit) if request.method == "POST" else _show(visit)


def _change(visit: Visit) -> HttpResponse:
    form = visit.request.POST
    back = [(name, form.get(name, "")[:_LONGEST]) for name in ("show", "page") if form.get(name)]
    if "withdraw" in form:
        number = read_number(form["withdraw"])
        if number is None:
            raise BadRequestError(found=form["withdraw"][:20] or "-", needed="1, 2, 3, …")
        withdraw_statement(visit.conversation, visit.participant, number)
        return visit.go(f"{visit.home}mine/?saved=1#statements")
    if "proposal" in form:
        return _answer(visit)
    if "appeal" in form:
        return _appeal(visit)
    vote = visit.take_vote()
    query = urlencode([*back, ("saved", "1")])
    return visit.go(f"{visit.home}mine/?{query}#vote-{vote.statement}")


def _answer(visit: Visit) -> HttpResponse:
    """Take the author's answer to other words for a statement."""
    form = visit.request.POST
    number, answer = read_number(form.get("proposal")), form.get("answer", "")
    if number is None or answer not in {"agree", "decline"}:
        raise BadRequestError(found=answer[:_LONGEST] or "-", needed="agree / decline")
    answer_proposal(visit.conversation, visit.participant, number, agrees=answer == "agree")
    return visit.go(f"{visit.home}mine/?said={'agreed' if answer == 'agree' else 'declined'}#statements")


def _appeal(visit: Visit) -> HttpResponse:
    """Ask for another look at a statement."""
    number = read_number(visit.request.POST.get("appeal"))
    if number is None:
        raise BadRequestError(found=visit.request.POST["appeal"][:_LONGEST] or "-", needed="1, 2, 3, …")
    appeal(visit.conversation, visit.participant, number, visit.request.POST.get("why", ""))
    return visit.go(f"{visit.home}mine/?said=appealed#statements")


def _receipts(visit: Visit) -> list[dict[str, Any]]:
    """Return the reader's statements, each with its receipt and what moderators told of it."""
    if visit.participant is None:
        return []
    more = told(visit.conversation, visit.participant)
    found = my_statements(visit.conversation, visit.participant, newest_findings(visit.conversation))
    return [
        {"one": one, "told": more[one.id], "reason_key": f"pages.reason.{more[one.id].reason}" if more[one.id].reason else ""}
        for one in found
    ]


def _show(visit: Visit) -> HttpResponse:
    asked = visit.request.GET
    kind = asked.get("show", "all") if asked.get("show") in KINDS else "all"
    votes: VotePage | None = None
    if visit.participant is not None:
        page = read_number(asked.get("page")) or 1
        votes = my_votes(visit.conversation, visit.participant, kind=kind, page=page, language=visit.language.code)
    said = asked.get("said", "")
    return visit.show(
        "mine.html",
        page="mine",
        votes=votes,
        statements=_receipts(visit),
        said=f"pages.mine_more.{said}" if said in SAID else "",
        longest_appeal=NOTE_LENGTH,
        kind=kind,
        chips=[(name, f"pages.mine.{name}", votes.counts[name]) for name in KINDS] if votes else (),
        key=new_key(),
        spoken=bool(asked.get("spoken")),
        saved=bool(asked.get("saved")),
        recovered=bool(asked.get("recovered")),
        before=visit.conversation.moderation_mode == ModerationMode.BEFORE.value,
    )
