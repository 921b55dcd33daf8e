from __future__ import annotations

from datetime import UTC, datetime, timedelta

from klal.store.configuration import Configuration

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def new(conversation_id: int, *, changes: int, kind: str = "none"):
    from klal.store.snapshots import NewSnapshot

    return NewSnapshot(conversation_id, changes, 5, {"verdict": {"kind": kind}}, b"", b"routes")


def conversation():
    from klal.store.models import Conversation

    return Conversation.objects.create(slug="here", topic="?", changes=9)


def at(minutes: int, number: int) -> None:
    """Say when a snapshot was made."""
    from klal.store.models import Snapshot

    Snapshot.objects.filter(number=number).update(made=NOON + timedelta(minutes=minutes))


def numbers() -> list[int]:
    from klal.store.models import Snapshot

    return list(Snapshot.objects.order_by("number").values_list("number", flat=True))


def test_a_saved_snapshot_is_the_newest_and_the_conversation_says_so(database: Configuration) -> None:
    from klal.store.snapshots import newest, save

    one = conversation()
    assert newest(one.pk) is None
    assert save(new(one.pk, changes=4)) is not None
    assert save(new(one.pk, changes=7)) is not None
    one.refresh_from_db()
    assert (one.snapshot_number, one.analysed_changes) == (2, 7)
    found = newest(one.pk)
    assert found is not None
    assert (found.number, bytes(found.routes)) == (2, b"routes")


def test_an_older_analysis_never_takes_the_place_of_a_newer_one(database: Configuration) -> None:
    from klal.store.snapshots import save

    one = conversation()
    save(new(one.pk, changes=7))
    assert save(new(one.pk, changes=6)) is None
    assert save(new(10**6, changes=8)) is None
    assert numbers() == [1]


def test_the_first_of_each_hour_and_the_newest_are_kept(database: Configuration) -> None:
    from klal.store.models import Snapshot
    from klal.store.snapshots import thin

    one = conversation()
    for number in range(1, 8):
        Snapshot.objects.create(
            conversation=one, number=number, changes=number, milliseconds=1, findings={"verdict": {"kind": "none"}}, places=b""
        )
        at([0, 10, 59, 60, 61, 130, 140][number - 1], number)
    assert thin(one.pk) == 3
    assert numbers() == [1, 4, 6, 7]
    assert thin(one.pk) == 0


def test_the_newest_that_found_groups_is_kept_for_their_slots(database: Configuration) -> None:
    from klal.store.snapshots import newest_divided, save

    one = conversation()
    for changes, kind in enumerate(["none", "clear", "weak", "none", "none"]):
        save(new(one.pk, changes=changes, kind=kind))
        at(changes, changes + 1)
    assert numbers() == [1, 3, 5]
    found = newest_divided(one.pk)
    assert found is not None
    assert found.number == 3


def test_thinning_leaves_other_conversations_alone(database: Configuration) -> None:
    from klal.store.models import Conversation
    from klal.store.snapshots import newest_divided, save

    one, other = conversation(), Conversation.objects.create(slug="there", topic="?", changes=3)
    save(new(other.pk, changes=0, kind="clear"))
    save(new(other.pk, changes=1, kind="clear"))
    save(new(one.pk, changes=0))
    assert newest_divided(one.pk) is None
    assert len(numbers()) == 3
