"""Parquet tables of votes from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from klal.errors import (
    BadIdError,
    BadLineError,
    BadVoteError,
    InputError,
    MissingColumnError,
    NotEnoughVotesError,
    UnknownFormatError,
)
from klal.io import parquet_file as parquet_module
from klal.io import read_conversation
from tests.io.files import triples


@pytest.mark.parametrize(
    "columns",
    [
        {"participant": [1, 2], "statement": [7, 7], "vote": [1, -1]},
        {"pid": pa.array([1, 2], pa.uint16()), "tid": [7.0, 7.0], "vote": [1.0, -1.0]},
        {"Voter ID": ["1", "2"], "comment_id": pa.array(["7", "7"]).dictionary_encode(), "vote": ["agree", "disagree"]},
        {"participant": pa.array(["1", "2"], pa.large_string()), "statement": [7, 7], "vote": pa.array(["1", "-1"]).dictionary_encode()},
    ],
)
def test_a_parquet_table_from_elsewhere_is_read(tmp_path: Path, columns: dict[str, object]) -> None:
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    found = read_conversation(tmp_path / "x.parquet")
    assert triples(found) == [(1, 7, 1), (2, 7, -1)]
    assert [one.id for one in found.statements] == [7]
    assert found.info.source == "x.parquet"


@pytest.mark.parametrize(
    ("times", "ms"),
    [
        (pa.array([1500000000]), 1500000000000),
        (pa.array([1500000000.0]), 1500000000000),
        (pa.array([datetime(2017, 7, 14, 2, 40, tzinfo=UTC)]), 1500000000000),
        (pa.array([datetime(2017, 7, 14, 2, 40, tzinfo=UTC).replace(tzinfo=None)]), 1500000000000),
        (pa.array([datetime(2017, 7, 14, tzinfo=UTC).date()]), 1499990400000),
        (pa.array([None], pa.int64()), None),
    ],
)
def test_times_of_a_parquet_table_may_be_written_in_many_ways(tmp_path: Path, times: pa.Array, ms: int | None) -> None:
    pq.write_table(pa.table({"participant": [1], "statement": [2], "vote": [1], "when": times}), tmp_path / "x.parquet")
    log = read_conversation(tmp_path / "x.parquet", columns={"time": "when"}).log
    assert (None if log.times is None else log.times.tolist()) == (None if ms is None else [ms])


def test_a_parquet_file_without_votes_tells_its_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"x": [1], "y": [2]}), tmp_path / "x.parquet")
    with pytest.raises(MissingColumnError) as caught:
        read_conversation(tmp_path / "x.parquet")
    assert (caught.value.facts["file"], caught.value.facts["found"]) == ("x.parquet", "x, y")


@pytest.mark.parametrize(("columns", "kind", "line", "found"), [
    ({"participant": [1, 2], "statement": [1, 1], "vote": [1, 5]}, BadVoteError, 3, "5"),
    ({"participant": [1, 2], "statement": [1, 1], "vote": [1, None]}, BadVoteError, 3, "nothing"),
    ({"participant": [1, None], "statement": [1, 1], "vote": [1, 1]}, BadIdError, 3, "nothing"),
    ({"participant": [1, 2], "statement": ["a", " "], "vote": [1, 1]}, BadIdError, 3, "nothing, or far too much"),
    ({"participant": [1, 2], "statement": ["a", "b\0"], "vote": [1, 1]}, BadIdError, 1, "an id with a null byte"),
    ({"participant": [1.0, 2.5], "statement": [1, 1], "vote": [1, 1]}, BadIdError, 3, "2.5"),
    ({"participant": [[1], [2]], "statement": [1, 1], "vote": [1, 1]}, BadIdError, 2, "[1]"),
    ({"participant": [1, 2], "statement": [1, 1], "vote": [1, 1], "time": [1, None]}, BadLineError, 1, "times in some rows only"),
    ({"participant": [1, 2], "statement": [1, 1], "vote": [1, 1], "time": [1, 10**18]}, BadLineError, 1, "a time beyond the year 9999"),
    ({"participant": [1, 2], "statement": [1, 1], "vote": [1, 1], "time": ["x", "y"]}, BadLineError, 1, "times of the type string"),
])  # fmt: skip
def test_a_parquet_table_from_elsewhere_is_checked_row_by_row(
    tmp_path: Path, columns: dict[str, list[object]], kind: type[InputError], line: int, found: str
) -> None:
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    with pytest.raises(kind) as caught:
        read_conversation(tmp_path / "x.parquet")
    assert (caught.value.facts["file"], caught.value.facts["line"], caught.value.facts["found"]) == ("x.parquet", line, found)


def test_a_parquet_table_without_rows_has_no_votes(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"participant": pa.array([], pa.int64()), "statement": pa.array([], pa.int64()), "vote": pa.array([], pa.int8())}),
        tmp_path / "x.parquet",
    )
    with pytest.raises(NotEnoughVotesError):
        read_conversation(tmp_path / "x.parquet")


@pytest.mark.parametrize("keep", [4, 300])
def test_a_damaged_parquet_file_is_told(tmp_path: Path, keep: int) -> None:
    pq.write_table(pa.table({"participant": [1], "statement": [2], "vote": [1]}), tmp_path / "x.parquet")
    (tmp_path / "x.parquet").write_bytes((tmp_path / "x.parquet").read_bytes()[:keep])
    with pytest.raises(UnknownFormatError) as caught:
        read_conversation(tmp_path / "x.parquet")
    assert caught.value.facts == {"path": "x.parquet", "found": "a damaged Parquet file"}


def test_a_damaged_description_is_told(tmp_path: Path) -> None:
    table = pa.table({"participant": [1], "statement": [2], "vote": [1]}).replace_schema_metadata({"klal": "{"})
    pq.write_table(table, tmp_path / "x.parquet")
    with pytest.raises(UnknownFormatError) as caught:
        read_conversation(tmp_path / "x.parquet")
    assert caught.value.facts["found"] == "a damaged description in a Parquet file"


def test_a_parquet_table_has_times_in_all_rows_or_in_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_module, "_ROWS", 2)
    columns = {"participant": [1, 2, 3], "statement": [1, 1, 1], "vote": [1, 1, 1], "time": [None, None, 5]}
    pq.write_table(pa.table(columns), tmp_path / "x.parquet")
    with pytest.raises(BadLineError) as caught:
        read_conversation(tmp_path / "x.parquet")
    assert caught.value.facts["found"] == "times in some rows only"
