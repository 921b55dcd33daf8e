"""What is the reader's own: votes to change or withdraw, statements with their receipts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_protect

from klal.domain.ballot import new_key
from klal.domain.records import ModerationMode
from klal.errors import BadRequestError
from klal.services.receipts import MyStatement, VotePage, my_statements, my_votes, withdraw_statement
from klal.services.taking_part import newest_findings
from klal.web.visit import Visit, arrive, methods, read_number, read_vote

_LONGEST = 20
KINDS = ("all", "agree", "disagree", "pass", "important")


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
    vote = read_vote(visit.request)
    visit.cast(vote)
    query = urlencode([*back, ("saved", "1")])
    return visit.go(f"{visit.home}mine/?{query}#vote-{vote.statement}")


def _show(visit: Visit) -> HttpResponse:
    asked = visit.request.GET
    kind = asked.get("show", "all") if asked.get("show") in KINDS else "all"
    votes: VotePage | None = None
    statements: tuple[MyStatement, ...] = ()
    if visit.participant is not None:
        page = read_number(asked.get("page")) or 1
        votes = my_votes(visit.conversation, visit.participant, kind=kind, page=page, language=visit.language.code)
        statements = my_statements(visit.conversation, visit.participant, newest_findings(visit.conversation))
    return visit.show(
        "mine.html",
        page="mine",
        votes=votes,
        statements=statements,
        kind=kind,
        chips=[(name, f"pages.mine.{name}", votes.counts[name]) for name in KINDS] if votes else (),
        key=new_key(),
        spoken=bool(asked.get("spoken")),
        saved=bool(asked.get("saved")),
        recovered=bool(asked.get("recovered")),
        before=visit.conversation.moderation_mode == ModerationMode.BEFORE.value,
    )
