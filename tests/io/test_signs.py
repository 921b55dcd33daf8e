"""Which sign means agree: what is declared, and else what the authors tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from klal.errors import KlalError
from klal.io import read_conversation
from tests.io.files import COMMENTS, VOTES, put, triples

CORRECT, RAW = "agree=+1;disagree=-1;pass=0;format=polis-export/1", "pass=0; disagree = 1;agree=-1"


def own_votes(votes: list[int]) -> dict[str, str | bytes]:
    """Return an export in which author n votes on the own statement n so, changes their mind later, and agrees with the next one."""
    lines = [
        f"{1500000000 + at},,{at},{at},{vote}\n{1600000000 + at},,{at},{at},{-vote}\n{1500000000},,{(at + 1) % len(votes)},{at},1\n"
        for at, vote in enumerate(votes)
    ]
    return {
        "comments.csv": COMMENTS + "".join(f"1,,{at},{at},1,0,1,x\n" for at in range(len(votes))),
        "votes.csv": VOTES + "".join(lines),
    }


@pytest.mark.parametrize(
    ("votes", "notes"),
    [
        ([1, 1, 1], ()),
        ([-1, -1, -1], ("signs_flipped",)),
        ([-1, -1, -1, 1, 0], ("signs_flipped",)),
        ([-1, -1, 1, 1], ()),
        ([-1, 0, 0, -1], ()),
        ([-1, -1], ("signs_uncertain",)),
        ([-1], ("signs_uncertain",)),
    ],
)
def test_authors_tell_which_sign_is_agree(tmp_path: Path, votes: list[int], notes: tuple[str, ...]) -> None:
    found = read_conversation(put(tmp_path, own_votes(votes)))
    assert found.info.notes == notes
    assert triples(found)[0] == (0, 0, -votes[0] if "signs_flipped" in notes else votes[0])


def test_authors_who_did_not_vote_tell_nothing(tmp_path: Path) -> None:
    found = read_conversation(put(tmp_path, {"comments.csv": f"{COMMENTS}1,,0,77,1,0,1,x\n", "votes.csv": f"{VOTES}1,,0,5,-1\n"}))
    assert found.info.notes == ()


@pytest.mark.parametrize("declared", [CORRECT, RAW])
@pytest.mark.parametrize("where", ["summary.csv", "format.json", "votes.csv", "vote"])
def test_what_is_declared_is_believed(tmp_path: Path, declared: str, where: str) -> None:
    files = own_votes([-1, -1, -1])
    number = 1 if declared == CORRECT else -1
    more: dict[str, dict[str, str | bytes]] = {
        "summary.csv": {"summary.csv": f"topic,x\nvote-convention,{declared}\n"},
        "format.json": {"format.json": f'{{"vote-convention": "{declared}"}}', "summary.csv": "topic,x\n"},
        "vote": {"format.json": f'{{"vote": {{"agree": {number}, "disagree": {-number}, "pass": 0}}}}'},
        "votes.csv": {"votes.csv": f"# vote-convention: {declared}\n{files['votes.csv']!s}"},
    }
    found = read_conversation(put(tmp_path, {**files, **more[where]}))
    assert found.info.notes == (("signs_flipped",) if declared == RAW else ())
    assert triples(found)[0] == (0, 0, 1 if declared == RAW else -1)


def test_a_side_file_that_declares_nothing_leaves_it_to_the_authors(tmp_path: Path) -> None:
    put(tmp_path, {**own_votes([-1, -1, -1]), "format.json": '{"format": "polis-export/1"}'})
    assert read_conversation(tmp_path).info.notes == ("signs_flipped",)


def test_a_single_table_may_declare_its_signs(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": f"# Vote-Convention: {RAW}\nparticipant,statement,vote\n1,2,1\n"})
    found = read_conversation(tmp_path / "v.csv")
    assert triples(found) == [(1, 2, -1)]
    assert found.info.notes == ("signs_flipped",)


def test_another_first_line_with_a_number_sign_is_a_header(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": "# my votes\nparticipant,statement,vote\n1,2,1\n"})
    with pytest.raises(KlalError):
        read_conversation(tmp_path / "v.csv")
