"""Two statements side by side, other words for one, and the policy: the moderators' pages beside the queue."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from klal.domain.differences import Part, differences
from klal.domain.language import available, get, printable
from klal.domain.moderation import CHOOSABLE, MOST_PARTS, NOTE_LENGTH, POLICY_LENGTH
from klal.domain.roles import Right
from klal.domain.rules import STATEMENT_LENGTH
from klal.errors import BadRequestError, EmptyStatementError, LongStatementError, NoSuchStatementError, RefusedError, RepeatedStatementError
from klal.services.moderation.merging import keep_one, reword_both
from klal.services.moderation.policy import set_policy
from klal.services.moderation.proposing import propose
from klal.services.near_duplicates import find_near
from klal.store.models import Statement
from klal.web.convene.desk import Desk, at_desk
from klal.web.convene.moderate import read_seen, refused, sentence_of
from klal.web.visit import read_number

_MENDABLE = (EmptyStatementError, LongStatementError, RepeatedStatementError)
_NEAR, _LEAST = 8, 0.25
"""Beside a statement that somebody asks about, even what is not very near is worth a look."""

_REASONS = tuple((reason.value, f"pages.reason_short.{reason.value}", f"pages.reason.{reason.value}") for reason in CHOOSABLE)


@at_desk(Right.MODERATE, "GET", "POST")
def pair(desk: Desk, number: int) -> HttpResponse:
    """Show a statement beside one that says nearly the same, or merge the two."""
    return _merge(desk, number) if desk.request.method == "POST" else _pair(desk, number)


@at_desk(Right.MODERATE, "GET", "POST")
def words(desk: Desk, number: int) -> HttpResponse:
    """Show the form for other words, or put them to the author."""
    if desk.request.method != "POST":
        return _words(desk, number)
    form = desk.request.POST
    typed = [form.get("text", ""), *form.getlist("part")[:MOST_PARTS]]
    try:
        propose(desk.conversation, desk.account, read_seen(desk)[0], typed, note=form.get("note", ""))
    except _MENDABLE as error:
        return _words(desk, number, typed=typed, error=error)
    except RefusedError as error:
        return refused(desk, error)
    return desk.go("moderate/?said=proposed")


@at_desk(Right.MANAGE, "GET", "POST")
def policy(desk: Desk) -> HttpResponse:
    """Show what is accepted, or publish what the convenors add to it."""
    codes = [code for code in desk.conversation.languages if code in available()] or [desk.language.code]
    if desk.request.method == "POST":
        texts = {code: printable(desk.request.POST.get(f"policy-{code}", "")) for code in codes}
        for text in texts.values():
            if len(text) > POLICY_LENGTH:
                raise BadRequestError(found=len(text), needed=f"<= {POLICY_LENGTH}")
        set_policy(desk.conversation, desk.account, texts)
        return desk.go("moderate/policy/?saved=1")
    fields = [{"language": get(code), "text": desk.conversation.policy.get(code, "")} for code in codes]
    saved = bool(desk.request.GET.get("saved"))
    return desk.show("moderate_policy.html", page="moderate", fields=fields, reasons=_REASONS, saved=saved, longest=POLICY_LENGTH)


def _pair(desk: Desk, number: int, *, typed: str = "", error: RefusedError | None = None) -> HttpResponse:
    statement = _find(desk, number)
    near = find_near(statement, most=_NEAR, at_least=_LEAST)
    chosen = read_number(desk.request.GET.get("with") or desk.request.POST.get("with"))
    other = _find(desk, chosen) if chosen and chosen != number else (near[0][0] if near else None)
    ours, theirs = differences(statement.text, other.text) if other else ((), ())
    sides = [_side(statement, ours), _side(other, theirs)] if other else [_side(statement, (Part(statement.text, is_shared=True),))]
    return desk.show(
        "moderate_pair.html",
        status=error.status if error else 200,
        page="moderate",
        sides=sides,
        number=number,
        other=other.pk if other else 0,
        near=[{"id": one.pk, "text": one.text, "share": share} for one, share in near if other is None or one.pk != other.pk],
        typed=typed or statement.text,
        limit=STATEMENT_LENGTH,
        note_length=NOTE_LENGTH,
        sentence=sentence_of(desk, error) if error else "",
    )


def _side(statement: Statement, parts: tuple[Part, ...]) -> dict[str, Any]:
    state = "withdrawn" if statement.is_withdrawn else statement.state
    return {
        "id": statement.pk,
        "seen": f"{statement.pk}:{statement.version}",
        "parts": parts,
        "language": statement.language,
        "is_seed": statement.is_seed,
        "can_stay": state in {"pending", "accepted"},
        "state_key": f"convene.moderate.state_{state}",
    }


def _merge(desk: Desk, number: int) -> HttpResponse:
    form = desk.request.POST
    try:
        seen = read_seen(desk)
        if len(seen) != 2:
            raise BadRequestError(found=len(seen), needed="2")
        if keep := read_number(form.get("keep")):
            kept, other = sorted(seen, key=lambda one: one.id != keep)
            done = keep_one(desk.conversation, desk.account, kept, other, note=form.get("note", ""))
        else:
            first, second = seen
            done = reword_both(desk.conversation, desk.account, first, second, form.get("text", ""), note=form.get("note", ""))
    except _MENDABLE as error:
        return _pair(desk, number, typed=form.get("text", ""), error=error)
    except RefusedError as error:
        return refused(desk, error)
    return desk.go(f"moderate/?done={done.batch}")


def _words(desk: Desk, number: int, *, typed: list[str] | None = None, error: RefusedError | None = None) -> HttpResponse:
    statement = _find(desk, number)
    texts = typed or [statement.text]
    parts = [*texts[1:], *[""] * MOST_PARTS][:MOST_PARTS]
    return desk.show(
        "moderate_words.html",
        status=error.status if error else 200,
        page="moderate",
        statement=statement,
        text=texts[0],
        parts=list(enumerate(parts, 1)),
        is_split=any(parts),
        limit=STATEMENT_LENGTH,
        note_length=NOTE_LENGTH,
        sentence=sentence_of(desk, error) if error else "",
    )


def _find(desk: Desk, number: int) -> Statement:
    found = Statement.objects.select_related("conversation").filter(conversation=desk.conversation, pk=number).first()
    if found is None:
        raise NoSuchStatementError
    return found
