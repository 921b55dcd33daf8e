"""What a new analysis may show beside what the last one showed: nothing whose difference is the doing of a few.

Whoever asks for the public figures before and after one person votes would read that person's votes off the difference. So the map, the
groups and the common ground stay as they were until enough people have voted since, and the figures of a statement until enough of
them changed. A conversation that is closed shows all as it is. Once a statement is no longer shown all is drawn anew, so that its words
and what was found of it do not stand on.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef
from django.utils import timezone

from klal.domain.privacy import MIN_CELL, is_crowd_of_changes
from klal.domain.records import Phase
from klal.services.phases import Stage, stage_of
from klal.services.revising import mark_revised
from klal.store.models import Conversation, Snapshot, VoteEvent

HELD = "held"
"""Where findings keep the last vote and the people placed when map and groups were shown anew, and whether they were not this time."""
_AFTER = timedelta(minutes=1)
"""What is analysed so long after it closed was surely published as closed."""
_TOGETHER = ("verdict", "groups", "map", "common_ground", "divisive", "gifts", "caution")


def publishable(conversation: Conversation, new: dict[str, Any], last: Snapshot | None) -> dict[str, Any]:
    """Return findings with what may not be shown yet as it was shown last.

    Parameters
    ----------
    conversation : Conversation
        Which.
    new : dict
        As `klal.services.findings` draws it up.
    last : Snapshot or None
        The newest one there is.

    Returns
    -------
    dict
        In the same form; the counts of the whole are always new.
    """
    # votes that come in meanwhile are taken as seen, so that they count for less the next time, never for more
    event = VoteEvent.objects.filter(participant__conversation=conversation).aggregate(last=Max("pk"))["last"] or 0
    before: Mapping[str, Any] = last.findings if last is not None else {}
    held = before.get(HELD)
    shown = {"event": event, "placed": new["counts"]["participants_placed"], "kept": False}
    is_over = stage_of(conversation, timezone.now()) is Stage.CLOSED
    if held is None or is_over or not before.get("statements") or _slots(before) != _slots(new):
        return {**new, HELD: shown}
    is_gone = bool(before["statements"].keys() - new["statements"].keys())
    many = is_gone or abs(shown["placed"] - held["placed"]) >= MIN_CELL or _many_voted(conversation, held["event"])
    if _has_shown(before) and not many:
        kept = {name: before[name] for name in _TOGETHER if name in before}
        return {**new, **kept, "statements": _figures(new, before), HELD: {**held, "kept": True}}
    return {**new, "statements": _figures(new, before), HELD: shown}


def is_kept(findings: Mapping[str, Any]) -> bool:
    """Say whether findings show map and groups as they were shown before."""
    return bool(findings.get(HELD, {}).get("kept"))


def show_all_closed() -> None:
    """Have what was closed by its date analysed once more, so that nothing is held back any longer: a chore, safe in several processes."""
    over = Conversation.objects.filter(
        phase__in=(Phase.OPEN.value, Phase.VOTING.value), closes_at__lte=timezone.now() - _AFTER, deletes_at=None
    )
    newest = Snapshot.objects.filter(
        conversation=OuterRef("pk"), number=OuterRef("snapshot_number"), made__lt=OuterRef("closes_at") + _AFTER
    )
    due = over.filter(Exists(newest), analysed_changes=F("changes"))
    for number in list(due.values_list("pk", flat=True)):
        with transaction.atomic():
            if due.select_for_update(no_key=True, of=("self",)).filter(pk=number).first() is not None:  # no other process was quicker
                mark_revised(number)


def _figures(new: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    old = before["statements"]
    return {
        number: figures if number not in old or is_crowd_of_changes(_cells(old[number]), _cells(figures)) else old[number]
        for number, figures in new["statements"].items()
    }


def _cells(figures: Mapping[str, Any]) -> dict[str, int | None]:
    """Return the figures of a statement as one row of cells: everybody's where no group's are shown."""
    answers = ("agree", "disagree", "pass")
    found = {f"*/{answer}": figures[answer] for answer in answers}
    for slot, cell in figures["groups"].items():
        found |= {f"{slot}/{answer}": (cell or {}).get(answer) for answer in answers}
    return found


def _slots(findings: Mapping[str, Any]) -> list[int]:
    return sorted(group["slot"] for group in findings.get("groups", ()))


def _has_shown(findings: Mapping[str, Any]) -> bool:
    """Say whether there is anything to tell a difference by."""
    return bool(findings["map"]["points"] or findings["common_ground"] or findings["divisive"])


def _many_voted(conversation: Conversation, event: int) -> bool:
    """Say whether enough people have voted since a vote."""
    since = VoteEvent.objects.filter(pk__gt=event, participant__conversation=conversation)
    return len(since.order_by().values_list("participant_id", flat=True).distinct()[:MIN_CELL]) == MIN_CELL
