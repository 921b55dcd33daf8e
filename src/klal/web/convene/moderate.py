"""The moderators' queue: one statement after the other, or a list to choose from; by keyboard, by thumb, with or without scripts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils import timezone
from django.utils.http import urlencode

from klal.domain.language import Phrase
from klal.domain.moderation import CHOOSABLE, NOTE_LENGTH, Act, Forecast
from klal.domain.roles import Right
from klal.errors import BadRequestError, RefusedError, StaleStatementError
from klal.services.moderation.acting import Done, Seen
from klal.services.moderation.appealing import answer_appeal, may_answer
from klal.services.moderation.deciding import DECISIONS, Decision, decide, undo
from klal.services.moderation.queue import Item, Tab, appeals, counts, deal, first_free, one, page, workload
from klal.store.models import ModerationAct
from klal.web.convene.desk import Desk, at_desk
from klal.web.rendering import private
from klal.web.visit import read_number

AHEAD = 4
"""Statements that are dealt to a browser at once, so that the next one is there without waiting."""

_MOST_TYPED, _MOST_CHOSEN = 200, 90
_DEALT = frozenset({Tab.WAITING, Tab.SECOND})
_TABS = tuple((tab.value, f"convene.moderate.tab_{tab.value}") for tab in Tab)
_REASONS = tuple(
    (place, reason.value, f"pages.reason_short.{reason.value}", f"pages.reason.{reason.value}") for place, reason in enumerate(CHOOSABLE, 1)
)
_KEYS = tuple((key, f"convene.moderate.keys_{key}") for key in ("a", "r", "m", "s", "d", "e", "j", "k", "x", "u"))
_EMPTY = {Tab.WAITING: "convene.moderate.none_waiting"}
_MINUTES, _HOURS = 90, 36


@at_desk(Right.MODERATE, "GET")
def queue(desk: Desk) -> HttpResponse:
    """Show a part of the queue."""
    return _show(desk, desk.request.GET)


@at_desk(Right.MODERATE, "POST")
def decision(desk: Desk) -> HttpResponse:
    """Decide on one statement, or on all that were chosen."""
    form = desk.request.POST
    try:
        reason = form.get("reason") or (form.get("why", "") if form.get("act") == Act.REJECT.value else "")
        act = Act.REJECT.value if form.get("reason") else form.get("act", "")
        if act not in DECISIONS:
            raise BadRequestError(found=act[:20] or "-", needed=" / ".join(DECISIONS))
        done = decide(desk.conversation, desk.account, Decision(Act(act), reason, form.get("note", "")), read_seen(desk))
    except RefusedError as error:
        return refused(desk, error)
    return _told(desk, done, f"convene.done.{act}")


@at_desk(Right.MODERATE, "POST")
def take_back(desk: Desk) -> HttpResponse:
    """Undo what this moderator did in one act."""
    try:
        done = undo(desk.conversation, desk.account, desk.request.POST.get("batch", ""))
    except RefusedError as error:
        return refused(desk, error)
    return _told(desk, done, "convene.moderate.undone", undone=True)


@at_desk(Right.MODERATE, "POST")
def more(desk: Desk) -> HttpResponse:
    """Deal statements to a browser that nobody else has on the screen, as JSON."""
    form = desk.request.POST
    keep = [number for text in form.getlist("keep")[:_MOST_CHOSEN] if (number := read_number(text)) is not None]
    items = deal(desk.conversation, desk.account, _tab(form.get("tab", "")), most=AHEAD, keep=keep)
    return _json({"cards": _cards(desk, items, _tab(form.get("tab", ""))), "counts": _counts(desk)})


@at_desk(Right.MODERATE, "POST")
def appeal(desk: Desk) -> HttpResponse:
    """Answer an author who asked for another look."""
    form = desk.request.POST
    number = read_number(form.get("appeal"))
    try:
        if number is None or form.get("answer") not in {"grant", "decline"}:
            raise BadRequestError(found=form.get("answer", "")[:20] or "-", needed="grant / decline")
        answer_appeal(desk.conversation, desk.account, number, granted=form["answer"] == "grant", note=form.get("note", ""))
    except RefusedError as error:
        return refused(desk, error)
    return desk.go("moderate/?tab=appeals&said=appeal")


def read_seen(desk: Desk, name: str = "statement") -> list[Seen]:
    """Return the statements a form names, each as ``number:version``.

    Raises
    ------
    BadRequestError
        If there are none, too many, or something else.
    """
    found = []
    for text in desk.request.POST.getlist(name)[: _MOST_CHOSEN + 1]:
        number, _, version = text.partition(":")
        known = read_number(number), read_number(version)
        if known[0] is None or known[1] is None:
            raise BadRequestError(found=text[:20] or "-", needed="12:0")
        found.append(Seen(known[0], known[1]))
    if not 0 < len(found) <= _MOST_CHOSEN:
        raise BadRequestError(found=len(found), needed=f"1 … {_MOST_CHOSEN}")
    return found


def refused(desk: Desk, error: RefusedError) -> HttpResponse:
    """Say what was refused: to a script as JSON, else above the queue as it is now."""
    sentence = sentence_of(desk, error)
    if _wants_json(desk.request):
        return _json({"code": error.code, "message": sentence, "counts": _counts(desk)}, status=error.status)
    return _show(desk, desk.request.POST, sentence=sentence, status=error.status)


def sentence_of(desk: Desk, error: RefusedError) -> str:
    """Return what a moderator is told: if somebody else was quicker, what happened meanwhile, without a name."""
    if not isinstance(error, StaleStatementError):
        return desk.language.error(error)
    state = Phrase(desk.language.text(f"convene.moderate.state_{error.facts['happened']}"))
    return desk.language.text(f"convene.stale.{error.facts['by']}", state=state)


def _show(desk: Desk, asked: Any, *, sentence: str = "", status: int = 200) -> HttpResponse:
    tab = _tab(asked.get("tab", ""))
    text, after = asked.get("q", "").replace("\0", "").strip()[:_MOST_TYPED], read_number(asked.get("after")) or 0
    single = read_number(asked.get("one"))
    as_list = tab is not Tab.APPEALS and single is None and (asked.get("view") == "list" or bool(text) or tab not in _DEALT)
    context: dict[str, Any] = {"as_list": as_list, "text": text, "after": after, "sentence": sentence, **_around(desk, tab)}
    if tab is Tab.APPEALS:
        context["appeals"] = [_appeal(desk, found) for found in appeals(desk.conversation, after=after)]
    elif as_list:
        found = page(desk.conversation, desk.account, tab, after=after, text=text)
        context |= {"rows": [_case(desk, item) for item in found.items], "next": found.after}
    else:
        item = one(desk.conversation, desk.account, single) if single else first_free(desk.conversation, desk.account, tab)
        context["case"] = _case(desk, item) if item else None
    batch = asked.get("done", "")[:_MOST_TYPED]
    context |= {"flash": _flash(desk, asked, batch), "batch": batch if not asked.get("undone") else ""}
    return desk.show("moderate.html", status=status, page="moderate", **context)


def _around(desk: Desk, tab: Tab) -> dict[str, Any]:
    known = counts(desk.conversation)
    load = workload(desk.conversation, timezone.now())
    return {
        "tab": tab.value,
        "tabs": [(name, key, known[name]) for name, key in _TABS],
        "reasons": _REASONS,
        "note_length": NOTE_LENGTH,
        "keys": _KEYS,
        "is_dealt": tab in _DEALT,
        "empty_key": "convene.moderate.none_free" if known[tab.value] else _EMPTY.get(tab, "convene.moderate.none"),
        "load": load,
        "load_key": _load_key(load),
        "load_time": _span(desk, 60 * load.hours) if load.hours else "",
        "data": {
            "tab": tab.value,
            "address": f"{desk.address}moderate/",
            "words": {name: desk.language.text(f"convene.moderate.{name}") for name in ("failed", "none_waiting", "none_free", "none")},
        },
    }


def _load_key(load: Forecast) -> str:
    if load.hours is None:
        return "convene.moderate.empty_never"
    return "convene.moderate.empty_in" if load.hours else "convene.moderate.empty_now"


def _span(desk: Desk, minutes: float) -> Phrase:
    """Return a time in words, in minutes, hours or days."""
    if minutes < _MINUTES:
        return desk.language.text("convene.moderate.minutes", count=max(1, round(minutes)))
    if minutes < 60 * _HOURS:
        return desk.language.text("convene.moderate.hours", count=round(minutes / 60))
    return desk.language.text("convene.moderate.days", count=round(minutes / 60 / 24))


def _case(desk: Desk, item: Item) -> dict[str, Any]:
    """Return a statement as the templates show it."""
    held = item.statement
    state = "withdrawn" if held.is_withdrawn else held.state
    age = (timezone.now() - held.created).total_seconds() / 60 if held.created else None
    return {
        "id": held.pk,
        "version": held.version,
        "label": held.label,
        "text": held.text or f"#{held.label}",
        "language": held.language,
        "state": state,
        "state_key": f"convene.moderate.state_{state}",
        "reason_key": f"pages.reason_short.{held.reason_code}" if held.reason_code else "",
        "note": held.reason,
        "is_seed": held.is_seed,
        "is_meta": held.is_meta,
        "needs_second": held.needs_second,
        "has_author": held.author_id is not None,
        "is_theirs": item.is_theirs,
        "is_asked": item.is_asked,
        "votes": item.votes,
        "age": _span(desk, max(0.0, age)) if age is not None else "",
        "near": [
            {
                "id": other.pk,
                "text": other.text,
                "language": other.language,
                "share": share,
                "state_key": f"convene.moderate.state_{other.state}",
            }
            for other, share in item.near
        ],
    }


def _appeal(desk: Desk, found: Any) -> dict[str, Any]:
    (case,) = [_case(desk, item) for item in [one(desk.conversation, desk.account, found.statement_id)] if item]
    found.statement.conversation = desk.conversation
    return {"id": found.pk, "case": case, "text": found.text, "may_answer": may_answer(desk.account, found.statement)}


def _cards(desk: Desk, items: Sequence[Item], tab: Tab) -> list[dict[str, Any]]:
    around = {"language": desk.language, "desk_home": desk.address, "reasons": _REASONS, "note_length": NOTE_LENGTH, "tab": tab.value}
    return [
        {
            "id": item.statement.pk,
            "html": loader.render_to_string("klal/convene/moderate_card.html", {**around, "case": _case(desk, item)}, desk.request),
        }
        for item in items
    ]


def _told(desk: Desk, done: Done, key: str, *, undone: bool = False) -> HttpResponse:
    """Say what was done: to a script as JSON, else on the page that follows."""
    desk.conversation.refresh_from_db()
    if _wants_json(desk.request):
        tab = _tab(desk.request.POST.get("tab", ""))
        items = [
            item for number in done.changed[:AHEAD] if undone and (item := one(desk.conversation, desk.account, number))
        ]  # on the screen again
        said = " ".join(
            [desk.language.text(key, count=len(done.changed)), *_left(desk, [number for number, _ in done.left], undone=undone)]
        )
        answer = {"said": said, "batch": "" if undone else done.batch, "changed": done.changed, "cards": _cards(desk, items, tab)}
        return _json({**answer, "counts": _counts(desk)})
    kept: dict[str, str] = {
        name: value for name in ("tab", "view", "q", "after") if (value := desk.request.POST.get(name, "")[:_MOST_TYPED])
    }
    if kept.get("view") != "list" and _tab(kept.get("tab", "")) in _DEALT:
        deal(desk.conversation, desk.account, _tab(kept.get("tab", "")), most=1)  # the next one is theirs already when the page comes
    stayed = ",".join(str(number) for number, _ in done.left)
    found = {**kept, "done": done.batch, **({"undone": "1"} if undone else {}), **({"left": stayed} if stayed else {})}
    return desk.go(f"moderate/?{urlencode(found)}")


def _flash(desk: Desk, asked: Any, batch: str) -> str:
    """Return what the form before did, as its own acts say: an address somebody made up says nothing."""
    if asked.get("said") in {"merge", "proposed", "appeal"}:
        return desk.language.text(f"convene.done.{asked['said']}", count=2)
    acts = list(ModerationAct.objects.filter(conversation=desk.conversation, account=desk.account, batch=batch)) if batch else []
    if not acts:
        return ""
    undone = sum(act.undone is not None for act in acts)
    said = (
        desk.language.text("convene.moderate.undone", count=undone)
        if asked.get("undone")
        else desk.language.text(f"convene.done.{acts[0].act}", count=len(acts))
    )
    left = [number for text in asked.get("left", "").split(",") if (number := read_number(text)) is not None]
    return " ".join([said, *_left(desk, left[:_MOST_CHOSEN], undone=bool(asked.get("undone")))])


def _left(desk: Desk, numbers: Sequence[int], *, undone: bool) -> list[str]:
    if not numbers:
        return []
    labels = desk.conversation.statements.filter(pk__in=numbers).order_by("pk").values_list("label", flat=True)
    names = ", ".join(f"#{label}" for label in labels)
    return [desk.language.text("convene.moderate.undone_left" if undone else "convene.moderate.left", count=len(numbers), names=names)]


def _counts(desk: Desk) -> dict[str, str]:
    desk.conversation.refresh_from_db(fields=["revision"])
    return {name: desk.language.number(count) for name, count in counts(desk.conversation).items()}


def _tab(name: str) -> Tab:
    return Tab(name) if name in set(Tab) else Tab.WAITING


def _wants_json(request: HttpRequest) -> bool:
    return "application/json" in request.headers.get("Accept", "")


def _json(values: dict[str, Any], status: int = 200) -> HttpResponse:
    response = JsonResponse(values, status=status)
    private(response)
    return response
