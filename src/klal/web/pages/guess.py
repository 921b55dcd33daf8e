"""The perception check: guess what the others think, then see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_protect

from klal.domain.ballot import Choice
from klal.domain.limits import Limit
from klal.domain.perception import MOST_SPREAD, ROUND, STEP, USUAL_SPREAD, WHOLE, Kind, Question, Told, own_distances
from klal.errors import BadRequestError
from klal.services.naming import named_letter
from klal.services.perceiving import Check, document_of, look, show_answers, take_guess
from klal.services.taking_part import shown_statements
from klal.store.models import Vote
from klal.web.perception import gap_of, whom
from klal.web.script_data import page_data
from klal.web.visit import Visit, arrive, methods, read_number

_MOST_SKIPPED = 20
_WORDS = ("about", "sure", "move", "none", "all")


@csrf_protect
@methods("GET", "POST")
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the next guess, take one, or show the answers."""
    visit = arrive(request, slug)
    return _take(visit) if request.method == "POST" else _show(visit)


def _take(visit: Visit) -> HttpResponse:
    form = visit.request.POST
    skipped = _numbers(form.get("skipped", ""))
    if "reveal" in form:
        show_answers(visit.conversation, visit.participant)
        return visit.go(f"{visit.home}guess/?seen=1")
    question = Question(_whole_number(form.get("statement")), _whole_number(form.get("target"), least=WHOLE))
    visit.spend(Limit.VOTES, joins=False)
    take_guess(visit.conversation, visit.participant, question, _whole_number(form.get("share")), _whole_number(form.get("spread")))
    return visit.go(f"{visit.home}guess/{_query(skipped)}")


def _show(visit: Visit) -> HttpResponse:
    asked = visit.request.GET
    skipped, again = _numbers(asked.get("skip", "")), read_number(asked.get("again"))
    check = look(visit.conversation, visit.participant, skipped=skipped, again=again)
    document = document_of(visit.conversation)
    is_seen = bool(asked.get("seen")) and bool(check.told)
    question = check.question if visit.is_open and not is_seen else None  # the answers first
    return visit.show(
        "guess.html",
        page="guess",
        check=check,
        asks=_asked(visit, check, question) if question else None,
        number=len(check.waiting) + (check.guess is None),
        all=ROUND,
        waiting=[_asked(visit, check, one) for one in check.waiting],
        answers=[_answer(visit, check, one) for one in check.told],
        apart=own_distances(check.told),
        anchor=_text(visit, check.anchor) if check.anchor and check.kind is Kind.SIDES else None,
        # whoever has yet to guess is not told what others thought
        gap=gap_of(document, visit.language, visit.conversation.names) if check.told or not visit.is_open else None,
        has_questions=bool(document.get("questions")),
        is_seen=is_seen,
        has_more=is_seen and visit.is_open and check.question is not None,
        skipped=",".join(map(str, skipped)),
        skip_next=_query([*skipped, question.statement] if question else skipped),
        step=STEP,
        most_spread=MOST_SPREAD,
        usual_spread=check.guess[1] if check.guess else USUAL_SPREAD,
        data=page_data(visit, guess={name: visit.language.texts[f"guess.{name}"] for name in _WORDS}),
    )


def _asked(visit: Visit, check: Check, question: Question) -> dict[str, Any]:
    """Return a question in words, with the reader's own vote on its statement."""
    vote = Vote.objects.filter(participant=visit.participant, statement=question.statement).values_list("choice", flat=True).first()
    return {
        "statement": question.statement,
        "target": question.target,
        "text": _text(visit, question.statement),
        "vote_key": f"guess.your_vote_{Choice(vote).word}" if vote else "",
        "words": visit.language.text(f"guess.ask_{whom(check.kind, question.target)}", letter=_letter(visit, question.target)),
    }


def _answer(visit: Visit, check: Check, told: Told) -> dict[str, Any]:
    """Return a guess beside the truth, in words and as shares 0 … 1."""
    off = told.off or 0
    return {
        "told": told,
        "text": _text(visit, told.statement),
        "who": visit.language.text(f"guess.answer_{whom(check.kind, told.target)}", letter=_letter(visit, told.target)),
        "slot": told.target if told.target != WHOLE and check.kind is Kind.GROUPS else None,
        "guess": _bar(told.guess),
        "truth": _bar(told.share) if told.share else None,
        "off_key": "guess.exact" if not off else ("guess.too_high" if off > 0 else "guess.too_low"),
        "off": abs(off),
    }


def _bar(figure: tuple[int, int, int]) -> Mapping[str, float]:
    share, low, high = figure
    return {"share": share / 100, "low": low, "high": high, "low_share": low / 100, "width": (high - low) / 100}


def _letter(visit: Visit, target: int) -> str:
    return named_letter(visit.conversation.names, target, visit.language) if target != WHOLE else ""


def _text(visit: Visit, statement: int) -> tuple[str, str]:
    shown = shown_statements(visit.conversation).get(statement)
    return shown.in_language(visit.language.code) if shown else ("", "")


def _numbers(text: str) -> list[int]:
    """Return the numbers in a list with commas, as far as they are numbers, and not more than a few."""
    found = [read_number(part) for part in text.split(",")[:_MOST_SKIPPED]]
    return [one for one in found if one is not None]


def _query(skipped: list[int]) -> str:
    return f"?skip={','.join(map(str, skipped[-_MOST_SKIPPED:]))}" if skipped else ""


def _whole_number(text: str | None, *, least: int = 0) -> int:
    found = WHOLE if least == WHOLE and text == str(WHOLE) else read_number(text)
    if found is None:
        raise BadRequestError(found=(text or "-")[:20], needed=f"{least}, 1, 2, 3, …")
    return found
