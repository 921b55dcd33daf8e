"""The participate page: one statement at a time, by form, or by script on the same page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect

from klal.domain.ballot import Choice, Receipt, Upcoming, new_key
from klal.domain.identity import channel_code
from klal.domain.perception import VOTES_BEFORE
from klal.domain.records import ModerationMode
from klal.domain.rules import STATEMENT_LENGTH
from klal.intake.ballots import upcoming_document
from klal.services.sharing import find_channel
from klal.services.taking_part import newest_findings, shown_statements
from klal.store.models import Vote
from klal.web.reader import remember_channel
from klal.web.script_data import page_data
from klal.web.visit import Visit, arrive, methods, read_number


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the next statement, or take a vote on one."""
    visit = arrive(request, slug)
    return _vote(visit) if request.method == "POST" else _with_channel(visit, _show(visit))


def _vote(visit: Visit) -> HttpResponse:
    vote = visit.take_vote()
    return visit.go(f"{visit.home}?done={vote.statement}#vote" if vote.choice else visit.home)


def _with_channel(visit: Visit, response: HttpResponse) -> HttpResponse:
    """Make the browser of somebody who has not joined keep by which channel's link they came."""
    code = channel_code(visit.request.GET.get("from"))
    if code and visit.participant is None and find_channel(visit.conversation, code) is not None:
        remember_channel(response, code, visit.conversation.slug)
    return response


def _show(visit: Visit) -> HttpResponse:
    receipt = visit.cast() if visit.is_open else Receipt((), (), (), 0, 0)
    chosen = _vote_named(visit, "again") if visit.is_open else None
    done = _vote_named(visit, "done") if visit.is_open else None
    statement = chosen["statement"] if chosen else next(iter(receipt.upcoming), None)
    findings = newest_findings(visit.conversation)
    data = page_data(
        visit,
        next=[upcoming_document(one) for one in receipt.upcoming],
        voted=receipt.voted,
        remaining=receipt.remaining,
        last=done and _with_vote(done),
        chosen=chosen and _with_vote(chosen),
    )
    return visit.show(
        "participate.html",
        page="vote",
        data=data,
        statement=statement,
        chosen=chosen,
        done=done,
        voted=receipt.voted,
        all=receipt.voted + receipt.remaining,
        key=new_key(),
        counts=(findings or {}).get("counts"),
        can_guess=visit.is_open and bool(((findings or {}).get("perception") or {}).get("questions")),
        votes_before_guess=VOTES_BEFORE,
        limit=STATEMENT_LENGTH,
        before=visit.conversation.moderation_mode == ModerationMode.BEFORE.value,
        modules=("ballots.js", "map.js", "speak.js", "words.js"),
        key_names=("agree", "disagree", "pass", "important", "change"),
    )


def _vote_named(visit: Visit, parameter: str) -> dict[str, Any] | None:
    """Return the reader's own vote on the statement a parameter of the address names, if there is one."""
    number = read_number(visit.request.GET.get(parameter))
    if number is None or visit.participant is None:
        return None
    shown = shown_statements(visit.conversation).get(number)
    vote = Vote.objects.filter(participant=visit.participant, statement=number).first()
    if shown is None or vote is None:
        return None
    text, language = shown.in_language(visit.language.code)
    return {
        "statement": Upcoming(number, text, language, shown.is_seed),
        "choice": Choice(vote.choice).word,
        "important": vote.is_important,
    }


def _with_vote(found: dict[str, Any]) -> dict[str, Any]:
    return {**upcoming_document(found["statement"]), "choice": found["choice"], "important": found["important"]}
