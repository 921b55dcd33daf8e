"""The six real conversations, counted once by klal and once by the plainest means there are."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from klal.core.votes import AGREE, DISAGREE, PASS
from klal.domain.records import Moderation
from klal.io import read_conversation


def standing_votes(folder: Path) -> dict[tuple[int, int], int]:
    with (folder / "participants-votes.csv").open(encoding="utf-8", newline="") as stream:
        return {
            (int(row["participant"]), int(name)): int(cell)
            for row in csv.DictReader(stream)
            for name, cell in row.items()
            if name.isdigit() and cell
        }


@pytest.mark.shared
def test_the_votes_that_stand_are_those_polis_published(public_conversation: Path) -> None:
    folder = public_conversation
    expected = standing_votes(folder)
    conversation = read_conversation(folder)
    matrix = conversation.log.to_matrix()
    people, said = matrix.participants.ids[matrix.row_of_vote()], matrix.statements.ids[matrix.columns]
    found = dict(zip(zip(people.tolist(), said.tolist(), strict=True), (matrix.codes - 2).tolist(), strict=True))
    assert found == expected


@pytest.mark.shared
def test_totals_are_those_a_plain_count_gives(public_conversation: Path) -> None:
    folder = public_conversation
    expected = standing_votes(folder)
    matrix = read_conversation(folder).log.to_matrix()
    totals = Counter(expected.values())
    assert [int((matrix.codes == code).sum()) for code in (AGREE, PASS, DISAGREE)] == [totals[1], totals[0], totals[-1]]
    by_person = Counter(person for person, _ in expected)
    assert matrix.votes_per_participant.tolist() == [by_person[one] for one in matrix.participants.tolist()]
    by_statement = Counter(statement for (_, statement), vote in expected.items() if vote == 1)
    agrees = np.bincount(matrix.columns[matrix.codes == AGREE], minlength=matrix.shape[1])
    assert agrees.tolist() == [by_statement[one] for one in matrix.statements.tolist()]


@pytest.mark.shared
def test_statements_and_groups_are_those_of_the_files(public_conversation: Path) -> None:
    folder = public_conversation
    conversation = read_conversation(folder)
    with (folder / "comments.csv").open(encoding="utf-8", newline="") as stream:
        rows = {int(row["comment-id"]): row for row in csv.DictReader(stream)}
    assert [one.id for one in conversation.statements] == sorted(rows)
    states = {"-1": Moderation.REJECTED, "0": Moderation.PENDING, "1": Moderation.ACCEPTED}
    for one in conversation.statements:
        row = rows[int(one.id)]
        assert (one.text, one.author, one.moderation) == (row["comment-body"], int(row["author-id"]), states[row["moderated"]])
        assert one.created is not None
        assert round(one.created.timestamp() * 1000) == int(row["timestamp"])
    with (folder / "participants-votes.csv").open(encoding="utf-8", newline="") as stream:
        groups = {int(row["participant"]): int(row["group-id"]) for row in csv.DictReader(stream) if row["group-id"]}
    assert dict(conversation.published_groups) == groups
    assert conversation.info.notes == ()
    assert conversation.info.source == folder.name


@pytest.mark.shared
def test_the_log_keeps_every_event_with_its_time(public_conversation: Path) -> None:
    folder = public_conversation
    if not (folder / "votes.csv").exists():
        pytest.skip("this conversation was published without its log of votes")
    log = read_conversation(folder).log
    with (folder / "votes.csv").open(encoding="utf-8", newline="") as stream:
        rows = [(int(row["timestamp"]), int(row["comment-id"]), int(row["voter-id"]), int(row["vote"])) for row in csv.DictReader(stream)]
    assert log.times is not None
    said, people = log.statements.ids[log.columns], log.participants.ids[log.rows]
    assert list(zip(log.times.tolist(), said.tolist(), people.tolist(), (log.codes - 2).tolist(), strict=True)) == rows


@pytest.mark.shared
def test_raw_signs_are_recognised_by_the_authors_own_votes(public_conversation: Path, tmp_path: Path) -> None:
    folder = public_conversation
    if not (folder / "votes.csv").exists():
        pytest.skip("this conversation was published without its log of votes")
    turned = tmp_path / "turned"
    turned.mkdir()
    (turned / "comments.csv").write_bytes((folder / "comments.csv").read_bytes())
    lines = (folder / "votes.csv").read_text(encoding="utf-8").splitlines()
    votes = [line.rsplit(",", 1) for line in lines[1:]]
    (turned / "votes.csv").write_text("\n".join([lines[0], *(f"{head},{-int(vote)}" for head, vote in votes)]) + "\n")
    conversation, straight = read_conversation(turned), read_conversation(folder)
    assert conversation.log.to_matrix().digest() == straight.log.to_matrix().digest()
    assert conversation.info.notes == ("signs_flipped",)
