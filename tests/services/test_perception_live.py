"""The perception check of a conversation in the store: through the worker's analysis, files, erasure and deletion."""

from __future__ import annotations

import time

import pytest

from klal.services.demonstration import build_demonstration


@pytest.fixture
def demo(database):
    from klal.services.recompute import recompute

    row = build_demonstration()
    recompute(row.pk)
    row.refresh_from_db()
    return row


def perception_of(row):
    from klal.store.snapshots import newest

    found = newest(row.pk)
    assert found is not None
    return found.findings["perception"]


def guess_again(row, people: int, *, share: int = 0) -> None:
    """Let people who have not guessed do it now, about the whole."""
    from klal.store.models import Conversation, Guess, Snapshot
    from klal.store.places import unpack

    guessed = set(Guess.objects.values_list("participant_id", flat=True))
    places = unpack(Snapshot.objects.order_by("-number")[0].places)
    new = [int(one) for one, slot in zip(places["participant"], places["slot"], strict=True) if slot == 0 and int(one) not in guessed]
    asked = [one["statement"] for one in perception_of(row)["questions"]][:3]
    now = int(1000 * time.time())
    Guess.objects.bulk_create(
        Guess(participant_id=one, statement_id=two, target=-1, own=0, share=share, spread=5, snapshot_number=1, time=now, seen=now)
        for one in new[:people]
        for two in asked
    )
    Conversation.objects.filter(pk=row.pk).update(changes=row.changes + people)
    row.refresh_from_db()


def test_the_demonstration_tells_a_gap_and_its_report_shows_it(demo):
    import zlib

    from klal.services.recompute import draw_report
    from klal.store.models import ReportPage

    found = perception_of(demo)
    assert found["gap"]["outcome"] == "further"
    assert found["gap"]["believed"][1] > found["gap"]["real"][2]
    assert draw_report(demo.pk)
    pages = {one.language: zlib.decompress(bytes(one.html)).decode() for one in ReportPage.objects.all()}
    assert "People thought they were" in pages["en"]
    assert "אנשים חשבו שהמרחק ביניהם" in pages["he"]


def test_a_few_more_guesses_move_nothing_and_five_do(demo):
    from klal.services.recompute import recompute

    before = perception_of(demo)
    guess_again(demo, 4)
    recompute(demo.pk)
    assert perception_of(demo) == before
    guess_again(demo, 1)
    recompute(demo.pk)
    after = perception_of(demo)
    assert after["gap"]["people"] == before["gap"]["people"] + 5
    assert after["questions"] == before["questions"]


def test_guesses_leave_and_come_back_with_the_conversation(demo, tmp_path):
    from klal.io.read import read_conversation
    from klal.io.write import ExportFormat, write_conversation
    from klal.services.exchange import bring_in, bring_out
    from klal.store.models import Guess

    write_conversation(bring_out("demo"), tmp_path / "demo.json", format=ExportFormat.JSON)
    back = bring_in(read_conversation(tmp_path / "demo.json"), slug="back")
    assert bring_out("back").guesses == bring_out("demo").guesses
    assert Guess.objects.filter(participant__conversation=back).count() > 100


def test_guesses_are_deleted_with_the_conversation(demo):
    from klal.services.deleting import delete_everything
    from klal.store.models import Guess

    while not delete_everything(demo.pk, time.monotonic() + 60):
        pass
    assert not Guess.objects.exists()


def test_a_damaged_guess_in_a_file_is_refused(demo, tmp_path):
    from klal.errors import BadLineError
    from klal.io.read import read_conversation
    from klal.io.write import ExportFormat, write_conversation
    from klal.services.exchange import bring_out

    path = tmp_path / "demo.json"
    write_conversation(bring_out("demo"), path, format=ExportFormat.JSON)
    path.write_text(path.read_text(encoding="utf-8").replace('"share": ', '"share": 9', 1), encoding="utf-8")
    with pytest.raises(BadLineError):
        read_conversation(path)
