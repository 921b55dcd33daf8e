from __future__ import annotations

import csv
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from klal.core.vote_log import VoteLog
from klal.domain.records import ConversationInfo, Id, Moderation, Statement
from klal.errors import BadLineError, OutputError
from klal.io import Conversation, ExportFormat, read_conversation, write_conversation
from klal.io.document import describe
from tests.io.files import a_conversation, triples

WHEN = datetime(2017, 7, 14, 2, 40, 0, 123000, tzinfo=UTC)


def small() -> Conversation:
    """Two participants, two statements, one vote changed."""
    votes: list[tuple[Id, Id, int]] = [(5, 0, -1), (5, 0, 1), (6, 1, 0), (6, 0, -1)]
    conversation = a_conversation(votes, [1500000000123, 1500000000456, 1500000001000, 1500000002000])
    return replace(
        conversation,
        info=ConversationInfo('What "now", then?', "Two\nlines", "https://example.org", "somewhere"),
        statements=(
            Statement(0, '=1+1, "quoted"\nand more', 5, WHEN, Moderation.ACCEPTED, is_seed=True),
            Statement(1, "שלום, עולם", None, None, Moderation.REJECTED),
        ),
        published_groups={5: 1},
    )


def cells(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream))


def test_the_second_generation_has_exactly_its_columns(tmp_path: Path) -> None:
    write_conversation(small(), tmp_path / "out", format=ExportFormat.POLIS)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "comments.csv",
        "format.json",
        "participant-votes.csv",
        "summary.csv",
        "votes.csv",
    ]
    date = "Fri Jul 14 2017 02:40:00 GMT+0000 (Coordinated Universal Time)"
    assert cells(tmp_path / "out" / "comments.csv") == [
        ["timestamp", "datetime", "comment-id", "author-id", "agrees", "disagrees", "moderated", "comment-body"],
        ["1500000000", date, "0", "5", "1", "1", "1", '=1+1, "quoted"\nand more'],
        ["", "", "1", "", "0", "0", "-1", "שלום, עולם"],
    ]
    assert cells(tmp_path / "out" / "votes.csv")[:3] == [
        ["timestamp", "datetime", "comment-id", "voter-id", "vote"],
        ["1500000000", date, "0", "5", "-1"],
        ["1500000000", date, "0", "5", "1"],
    ]
    assert cells(tmp_path / "out" / "participant-votes.csv") == [
        ["participant", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree", "0", "1"],
        ["5", "1", "1", "1", "1", "0", "1", ""],
        ["6", "", "0", "2", "0", "1", "-1", "0"],
    ]
    assert cells(tmp_path / "out" / "summary.csv") == [
        ["topic", 'What "now", then?'],
        ["url", "https://example.org"],
        ["voters", "2"],
        ["voters-in-conv", "2"],
        ["commenters", "1"],
        ["comments", "2"],
        ["groups", "1"],
        ["conversation-description", "Two\nlines"],
    ]
    declared = json.loads((tmp_path / "out" / "format.json").read_text())
    assert declared["vote-convention"] == "agree=+1;disagree=-1;pass=0;format=polis-export/1"


def test_the_first_generation_has_milliseconds_views_and_marks(tmp_path: Path) -> None:
    write_conversation(small(), tmp_path / "out", format=ExportFormat.POLIS_1)
    assert cells(tmp_path / "out" / "votes.csv")[1] == ["1500000000123", "Fri Jul 14 02:40:00 UTC 2017", "0", "5", "-1"]
    assert cells(tmp_path / "out" / "summary.csv")[2] == ["views", "2"]
    assert cells(tmp_path / "out" / "comments.csv")[0][-3:] == ["is-meta", "is-seed", "comment-body"]
    assert cells(tmp_path / "out" / "comments.csv")[1][-3:-1] == ["false", "true"]
    assert (tmp_path / "out" / "participants-votes.csv").exists()


def test_marks_are_left_out_where_no_statement_has_one(tmp_path: Path) -> None:
    write_conversation(a_conversation([(1, 2, 1)]), tmp_path / "out", format=ExportFormat.POLIS_1)
    assert "is-meta" not in cells(tmp_path / "out" / "comments.csv")[0]


def test_whole_seconds_never_let_another_vote_stand(tmp_path: Path) -> None:
    # The later vote comes first in the log, and both fall into the same second.
    conversation = a_conversation([(1, 1, 1), (1, 1, -1)], [1500000000900, 1500000000100])
    write_conversation(conversation, tmp_path / "out", format=ExportFormat.POLIS)
    assert triples(read_conversation(tmp_path / "out")) == [(1, 1, -1), (1, 1, 1)]


def test_votes_keep_their_order_where_whole_seconds_do_no_harm(tmp_path: Path) -> None:
    conversation = a_conversation([(1, 1, 1), (1, 1, -1)], [1500000009900, 1500000000100])
    write_conversation(conversation, tmp_path / "out", format=ExportFormat.POLIS)
    assert triples(read_conversation(tmp_path / "out")) == triples(conversation)


def test_null_characters_and_unpaired_surrogates_do_not_stop_an_export(tmp_path: Path) -> None:
    conversation = replace(a_conversation([(1, 2, 1)]), statements=(Statement(2, "a\0b\ud800"),))
    for form in (ExportFormat.POLIS, ExportFormat.POLIS_1):
        write_conversation(conversation, tmp_path / form, format=form)
        assert read_conversation(tmp_path / form).statements[0].text == "ab?"
    write_conversation(conversation, tmp_path / "x.json", format=ExportFormat.JSON)
    assert read_conversation(tmp_path / "x.json").statements[0].text == "a\0b?"
    write_conversation(conversation, tmp_path / "x.parquet", format=ExportFormat.PARQUET)
    assert read_conversation(tmp_path / "x.parquet") == conversation


def test_a_zip_holds_the_same_files(tmp_path: Path) -> None:
    write_conversation(small(), tmp_path / "out", format=ExportFormat.POLIS)
    write_conversation(small(), tmp_path / "out.ZIP", format=ExportFormat.POLIS)
    with zipfile.ZipFile(tmp_path / "out.ZIP") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()
        }
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "out.ZIP"]


def test_an_earlier_export_is_replaced_and_anything_else_refused(tmp_path: Path) -> None:
    write_conversation(small(), tmp_path / "out", format=ExportFormat.POLIS_1)
    write_conversation(small(), tmp_path / "out", format=ExportFormat.POLIS)
    assert not (tmp_path / "out" / "participants-votes.csv").exists()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    with pytest.raises(OutputError):
        write_conversation(small(), tmp_path / "out", format=ExportFormat.POLIS)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == before


@pytest.mark.parametrize("form", [ExportFormat.JSON, ExportFormat.PARQUET])
def test_one_file_is_written_whole_and_alone(tmp_path: Path, form: ExportFormat) -> None:
    write_conversation(small(), str(tmp_path / "new" / "x"), format=form)
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["x"]
    assert read_conversation(tmp_path / "new" / "x") == small()
    with pytest.raises(OutputError):
        write_conversation(small(), tmp_path / "new", format=form)


def test_a_parquet_file_is_a_plain_table_for_others(tmp_path: Path) -> None:
    write_conversation(small(), tmp_path / "x.parquet", format=ExportFormat.PARQUET)
    table = pq.read_table(tmp_path / "x.parquet")
    assert table.schema.names == ["participant", "statement", "vote", "time"]
    assert table.schema.field("vote").type == pa.int8()
    assert table.schema.field("time").type == pa.timestamp("ms", "UTC")
    assert table.column("vote").to_pylist() == [-1, 1, 0, -1]


def test_a_json_document_has_a_line_for_every_vote(tmp_path: Path) -> None:
    write_conversation(small(), tmp_path / "x.json", format=ExportFormat.JSON)
    text = (tmp_path / "x.json").read_text(encoding="utf-8")
    assert "\n  [5, 0, -1, 1500000000123],\n" in text
    assert "שלום" in text
    names = "schema info ids timed statements participants_without_votes published_groups votes"
    assert list(json.loads(text)) == names.split()


def test_a_log_without_votes_keeps_that_it_has_times(tmp_path: Path) -> None:
    conversation = small()
    log = conversation.log
    none = np.empty(0, dtype=np.int32)
    empty = VoteLog(none, none, none.astype(np.int8), none.astype(np.int64), log.participants, log.statements)
    for form in (ExportFormat.JSON, ExportFormat.PARQUET):
        write_conversation(replace(conversation, log=empty), tmp_path / "x", format=form)
        again = read_conversation(tmp_path / "x").log
        assert again == empty
        assert again.times is not None


def test_a_conversation_without_a_source_is_named_after_its_file(tmp_path: Path) -> None:
    conversation = replace(small(), info=ConversationInfo())
    write_conversation(conversation, tmp_path / "x.json", format=ExportFormat.JSON)
    assert read_conversation(tmp_path / "x.json").info.source == "x.json"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"statements": None}, "a wrong value ('NoneType' object is not iterable)"),
        ({"participants_without_votes": [True]}, "a wrong value (True is no id)"),
        ({"published_groups": [[1.5, 1]]}, "a wrong value (1.5 is no id)"),
        ({"published_groups": [[5, float("inf")]]}, "a wrong value (cannot convert float infinity to integer)"),
        (
            {"statements": [{**describe(small())["statements"][0], "created": "0001-01-01T00:00:00+05:00"}]},
            "a wrong value (date value out of range)",
        ),
        ({"ids": {"participants": "number"}}, "no 'statements'"),
        ({"ids": {"participants": "colour", "statements": "number"}}, "no 'colour'"),
        ({"votes": [[5, 0, 1]]}, "votes that cannot be read"),
        ({"votes": [[5, 0, 2, 0]]}, "votes that cannot be read"),
        ({"votes": [["x", 0, 1, 0]]}, "votes that cannot be read"),
        ({"votes": [[2**70, 0, 1, 0]]}, "votes that cannot be read"),
        ({"votes": [[5, 0, 1, None]]}, "votes that cannot be read"),
        ({"votes": [[5, 9, 1, 0]]}, "votes on statement 9"),
    ],
)
def test_a_document_that_does_not_follow_its_schema_is_told(tmp_path: Path, change: dict[str, object], found: str) -> None:
    document = {**describe(small()), "votes": [[5, 0, 1, 0], [6, 1, 1, 0]], **change}
    (tmp_path / "x.json").write_text(json.dumps(document))
    with pytest.raises(BadLineError) as caught:
        read_conversation(tmp_path / "x.json")
    assert (caught.value.facts["file"], caught.value.facts["found"]) == ("x.json", found)


@pytest.mark.parametrize("text", ["2017-07-14T02:40:00.123", "2017-07-14T05:40:00.123+03:00"])
def test_a_moment_in_a_document_is_in_utc_whatever_its_time_zone(tmp_path: Path, text: str) -> None:
    document = {**describe(small()), "votes": [[5, 0, 1, 0], [6, 1, 1, 0]]}
    document["statements"][0]["created"] = text
    (tmp_path / "x.json").write_text(json.dumps(document))
    created = read_conversation(tmp_path / "x.json").statements[0].created
    assert created == WHEN
    assert created.utcoffset() == timedelta(0)


def test_an_export_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    for form, name in ((ExportFormat.POLIS, "x.zip"), (ExportFormat.JSON, "x.json"), (ExportFormat.PARQUET, "x.parquet")):
        seen = set()
        for turn in "ab":
            write_conversation(small(), tmp_path / turn / name, format=form)
            seen.add((tmp_path / turn / name).read_bytes())
        assert len(seen) == 1


def test_a_large_table_is_written_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("polis_writer", "json_file", "parquet_file"):
        monkeypatch.setattr(f"klal.io.{module}._ROWS", 3)
    conversation = a_conversation([(person, said, 1) for person in range(5) for said in range(4)])
    for form in ExportFormat:
        write_conversation(conversation, tmp_path / form, format=form)
        assert read_conversation(tmp_path / form).log == conversation.log
