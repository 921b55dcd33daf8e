"""Reading what is right, however it is written."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import klal.io
from klal.domain.records import Moderation
from klal.errors import KlalError, UnknownFormatError
from klal.io import read_conversation
from klal.io.conversation import Conversation
from klal.io.progress import NO_PROGRESS
from tests.io.files import COMMENTS, VOTES, Heard, put, put_zip, triples

COMMENTS_TEXT = f"{COMMENTS}1400000000000,,0,5,1,0,1,zero\n1400000001000,,1,6,0,0,-1,one\n1400000002000,,2,,0,0,0,two\n"
VOTES_TEXT = f"{VOTES}1500000000000,,0,5,1\n1500000001000,,0,6,-1\n1500000002000,,1,5,0\n1500000003000,,0,6,1\n"


def read(folder: Path, files: dict[str, str | bytes]) -> Conversation:
    return read_conversation(put(folder, files))


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, klal.io; assert not {'numpy', 'pyarrow', 'polars', 'numba'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_public_names_are_these() -> None:
    assert sorted(klal.io.__all__) == [
        "Conversation",
        "ExportFormat",
        "Progress",
        "atomic_file",
        "atomic_folder",
        "read_conversation",
        "write_conversation",
    ]
    assert all(hasattr(klal.io, name) for name in klal.io.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = klal.io.nothing


def test_an_export_of_the_first_generation_is_read(tmp_path: Path) -> None:
    summary = 'topic,A; good; question\nurl,https://example.org\nviews,9\nconversation-description,"Two\nlines, and a comma"\n'
    wide = "participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,0,1\n5,x,0,1,2,1,0,1,0\n6,,1,1,1,1,0,1,\n8,,,0,0,0,0,,\n"
    found = read(
        tmp_path,
        {
            "comments.csv": COMMENTS_TEXT,
            "votes.csv": VOTES_TEXT,
            "summary.csv": summary,
            "participants-votes.csv": wide,
            "stats-history.csv": "x",
        },
    )
    assert (found.info.topic, found.info.url) == ("A; good; question", "https://example.org")
    assert found.info.description == "Two\nlines, and a comma"
    assert found.info.source == tmp_path.name
    assert triples(found) == [(5, 0, 1), (6, 0, -1), (5, 1, 0), (6, 0, 1)]
    assert found.log.participants.tolist() == [5, 6, 8]
    assert found.published_groups == {5: 0, 6: 1}
    assert [one.moderation for one in found.statements] == [Moderation.ACCEPTED, Moderation.REJECTED, Moderation.PENDING]
    assert [one.author for one in found.statements] == [5, 6, None]
    assert found.statements[0].created == datetime(2014, 5, 13, 16, 53, 20, tzinfo=UTC)
    assert np.nan_to_num(found.log.to_matrix().to_array(), nan=9).tolist() == [[1, 0, 9], [1, 9, 9], [9, 9, 9]]
    assert found.analysed.tolist() == [True, False, True]


def test_the_variant_with_meta_and_seed_statements_is_read(tmp_path: Path) -> None:
    names = "timestamp,comment-id,author-id,agrees,disagrees,moderated,is-meta,is-seed,group-informed-consensus,comment-body"
    comments = f"{names}\n1,0,5,1,0,1,TRUE,0,0.5,zero\n"
    (one,) = read(tmp_path, {"comments.csv": comments, "votes.csv": VOTES}).statements
    assert (one.is_meta, one.is_seed) == (True, False)


def test_seconds_and_milliseconds_are_told_apart_file_by_file(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        {
            "comments.csv": f"{COMMENTS}1400000000,,0,5,1,0,1,zero\n1400000000.5,,1,5,1,0,1,one\n",
            "votes.csv": f"{VOTES}1500000000000,,0,5,1\n",
        },
    )
    assert found.statements[0].created == datetime(2014, 5, 13, 16, 53, 20, tzinfo=UTC)
    assert found.statements[1].created == datetime(2014, 5, 13, 16, 53, 20, 500000, tzinfo=UTC)
    assert found.log.times is not None
    assert found.log.times.tolist() == [1500000000000]


@pytest.mark.parametrize(
    ("time", "ms"),
    [
        ("1500000000", 1500000000000),
        ("1500000000000", 1500000000000),
        ("1500000000.25", 1500000000250),
        ("1500000000000.0", 1500000000000),
        ("2017-07-14T02:40:00", 1500000000000),
        ("2017-07-14 02:40:00.5", 1500000000500),
        ("2017-07-14T02:40:00Z", 1500000000000),
        ("2017-07-14T04:40:00+02:00", 1500000000000),
    ],
)
def test_times_may_be_written_in_many_ways(tmp_path: Path, time: str, ms: int) -> None:
    put(tmp_path, {"v.csv": f"participant,statement,vote,modified\n1,1,1,{time}\n"})
    log = read_conversation(tmp_path / "v.csv").log
    assert log.times is not None
    assert log.times.tolist() == [ms]


def test_times_that_are_all_blank_are_no_times(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": "participant,statement,vote,time\n1,1,1,\n2,1,1,\n"})
    assert read_conversation(tmp_path / "v.csv").log.times is None


def test_the_latest_vote_stands_and_the_log_keeps_the_order_of_the_file(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": "participant,statement,vote,time\n1,1,1,200\n1,1,-1,100\n"})
    found = read_conversation(tmp_path / "v.csv")
    assert triples(found) == [(1, 1, 1), (1, 1, -1)]
    assert found.log.to_matrix().to_array().tolist() == [[1.0]]


@pytest.mark.parametrize("wide", ["participant-votes.csv", "Participants-Votes.CSV", "2026-01-01-r7abc-participant-votes.csv"])
def test_a_table_of_participants_alone_is_enough(tmp_path: Path, wide: str) -> None:
    found = read(tmp_path, {wide: "participant,group-id,n-comments,n-votes,n-agree,n-disagree,0,1\n5,0,0,9,9,9,1,-1\n6,,0,0,0,0,,0\n"})
    assert triples(found) == [(5, 0, 1), (5, 1, -1), (6, 1, 0)]
    assert found.published_groups == {5: 0}
    assert found.log.times is None


def test_columns_of_a_wide_table_may_come_in_any_order(tmp_path: Path) -> None:
    put(tmp_path, {"w.csv": '1,participant,2,group-id,"n-votes"\n1,5,agree,1.0,2\n"",6, -1.0 ,,1\n'})
    found = read_conversation(tmp_path / "w.csv")
    assert triples(found) == [(5, 1, 1), (5, 2, 1), (6, 2, -1)]
    assert found.published_groups == {5: 1}


def test_a_wide_table_may_hold_quotes_words_and_other_delimiters(tmp_path: Path) -> None:
    put(tmp_path, {"w.csv": 'participant;xid;1;2;3\n5;"a;\n""b""";1;;-1\n6;c;pass;0;\n7;;;;1\n\n'})
    found = read_conversation(tmp_path / "w.csv")
    assert triples(found) == [(5, 1, 1), (5, 3, -1), (6, 1, 0), (6, 2, 0), (7, 3, 1)]


def test_the_participant_column_of_a_wide_table_can_be_named(tmp_path: Path) -> None:
    put(tmp_path, {"w.csv": "Who,1,2\nana,1,\n"})
    assert triples(read_conversation(tmp_path / "w.csv", columns={"participant": "who"})) == [("ana", 1, 1)]


def test_a_wide_column_without_votes_is_dropped_if_statements_are_listed(tmp_path: Path) -> None:
    wide = "participant,group-id,0,age\n5,,1,\n"
    found = read(tmp_path, {"comments.csv": f"{COMMENTS}1,,0,5,1,0,1,zero\n", "participants-votes.csv": wide})
    assert found.log.statements.tolist() == [0]


def test_a_wide_column_without_votes_is_a_statement_if_none_are_listed(tmp_path: Path) -> None:
    assert read(tmp_path, {"participants-votes.csv": "participant,group-id,0,1\n5,,1,\n"}).log.statements.tolist() == [0, 1]


def test_votes_in_a_wide_shape_under_the_name_of_a_log_are_read(tmp_path: Path) -> None:
    assert triples(read(tmp_path, {"votes.csv": "participant,0,1\n5,1,0\n"})) == [(5, 0, 1), (5, 1, 0)]


def test_an_export_without_any_vote_yet_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, {"comments.csv": COMMENTS_TEXT, "votes.csv": VOTES, "participants-votes.csv": "participant,group-id\n5,\n"})
    assert (len(found.log), len(found.statements), found.log.participants.tolist()) == (0, 3, [5])


@pytest.mark.parametrize("inner", ["", "polis-export/"])
def test_a_zip_is_read_with_and_without_a_folder_in_it(tmp_path: Path, inner: str) -> None:
    path = put_zip(
        tmp_path / "x.zip",
        {
            f"{inner}comments.csv": COMMENTS_TEXT,
            f"{inner}votes.csv": VOTES_TEXT,
            "__MACOSX/votes.csv": "x",
            f"{inner}._votes.csv": "x",
            f"{inner}deep/er/votes.csv": "x",
        },
    )
    found = read_conversation(path)
    assert len(found.log) == 4
    assert found.info.source == "x.zip"


def test_a_folder_in_the_folder_is_found(tmp_path: Path) -> None:
    assert len(read(tmp_path, {"inner/votes.csv": VOTES_TEXT, "readme.txt": ""}).log) == 4


def test_files_at_the_top_win_over_those_below(tmp_path: Path) -> None:
    assert len(read(tmp_path, {"votes.csv": VOTES_TEXT, "old/votes.csv": VOTES}).log) == 4


def test_the_exact_name_wins_over_a_longer_one(tmp_path: Path) -> None:
    assert len(read(tmp_path, {"a-votes.csv": VOTES, "votes.csv": VOTES_TEXT}).log) == 4
    assert len(read(tmp_path, {"votes.csv": VOTES_TEXT, "z-votes.csv": VOTES}).log) == 4


def test_the_folder_one_stands_in_is_named_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"votes.csv": VOTES_TEXT})
    monkeypatch.chdir(tmp_path)
    assert read_conversation(".").info.source == tmp_path.name


@pytest.mark.parametrize(
    "content",
    [
        "participant,statement,vote\n1,2,1\n",
        "\ufeffparticipant,statement,vote\r\n1,2,1\r\n",
        "\n\nPARTICIPANT , Statement_ID,Vote\n1,2,1",
        "vote;pid;tid\n1;1;2\n",
        "voter-id\tcomment-id\tvote\timportant\n1\t2\t1\t0\n",
        'user_id,vote,extra,comment id\n 1 ,agree,"a,\nb", 2 \n',
        "participant,statement,vote\n\n1,2,1\n\n",
        '"participant","statement","vote"\n"1","2","1"\n',
    ],
)
def test_a_table_of_votes_may_be_written_in_many_ways(tmp_path: Path, content: str) -> None:
    put(tmp_path, {"v.csv": content})
    assert triples(read_conversation(tmp_path / "v.csv")) == [(1, 2, 1)]


def test_columns_with_other_names_can_be_named(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": "Who,What,Said,When,vote\n1,2,-1,1500000000,9\n"})
    columns = {"participant": "Who", "statement": "what", "vote": " said", "time": "When"}
    found = read_conversation(tmp_path / "v.csv", columns=columns)
    assert triples(found) == [(1, 2, -1)]
    assert found.log.times is not None


def test_ids_may_be_text_in_one_column_and_numbers_in_the_other(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": "participant,statement,vote\nana,7,1\n12,8,1\n"})
    assert triples(read_conversation(tmp_path / "v.csv")) == [("ana", 7, 1), ("12", 8, 1)]


def test_ids_may_be_negative_or_huge(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": f"participant,statement,vote\n-4,{10**30},1\n"})
    assert triples(read_conversation(tmp_path / "v.csv")) == [(-4, str(10**30), 1)]


def test_authors_are_of_the_kind_participants_are(tmp_path: Path) -> None:
    files = {"comments.csv": f"{COMMENTS}1,,0,5,1,0,1,zero\n1,,1,x,1,0,1,one\n", "votes.csv": f"{VOTES}1,,0,5,1\n"}
    assert [one.author for one in read(tmp_path, files).statements] == [5, "x"]
    assert [one.author for one in read(tmp_path, {**files, "votes.csv": f"{VOTES}1,,0,ana,1\n"}).statements] == ["5", "x"]


def test_texts_without_quotes_are_put_together_again_and_said_to_be(tmp_path: Path) -> None:
    found = read(tmp_path, {"comments.csv": f"{COMMENTS}1,,0,5,1,0,1,one, two, three\n", "votes.csv": VOTES})
    assert found.statements[0].text == "one, two, three"
    assert found.info.notes == ("texts_rejoined",)


def test_progress_is_told_once_from_start_to_end(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": "participant,statement,vote\n" + "1,2,1\n" * 1000})
    heard = Heard()
    read_conversation(tmp_path / "v.csv", progress=heard)
    assert heard.started == [("read_votes", 6027)]
    assert heard.total == 6000
    assert heard.finished == 1


def test_progress_ends_after_an_error_too(tmp_path: Path) -> None:
    put(tmp_path, {"v.csv": "participant,statement,vote\n1,2,8\n"})
    heard = Heard()
    with pytest.raises(KlalError):
        read_conversation(tmp_path / "v.csv", progress=heard)
    assert heard.finished == 1


def test_progress_that_nobody_listens_to_does_nothing() -> None:
    NO_PROGRESS.start("x", 1)
    NO_PROGRESS.advance(1)
    NO_PROGRESS.finish()


def test_what_may_not_be_read_is_said(tmp_path, monkeypatch):
    def forbidden(self: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "exists", forbidden)
    with pytest.raises(UnknownFormatError, match="may not be read"):
        read_conversation(tmp_path / "votes.csv")
