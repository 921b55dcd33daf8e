"""Whatever is wrong with a file: one sentence with file, line, what was found and what was needed. Or the right result."""

from __future__ import annotations

from pathlib import Path

import pytest

from klal.errors import (
    BadIdError,
    BadLineError,
    BadOptionError,
    BadVoteError,
    EncodingError,
    InputError,
    KlalError,
    MissingColumnError,
    MissingInputError,
    NotEnoughVotesError,
    TooLargeError,
    UnknownFormatError,
    UnknownStatementError,
)
from klal.io import json_file as json_module
from klal.io import read_conversation
from klal.io import text_table as text_module
from klal.io import votes_csv as votes_module
from klal.io.sources import file_member
from tests.io.files import COMMENTS, VOTES, put, triples

HEAD = "participant,statement,vote\n"
BLANKS, TIMED = ",1,1,1\n" * 100, "1700000000000,1,2,1\n" * 100
ENDLESS = "x\n" * 100_000
WIDE = "participant,group-id,n-comments,n-votes,n-agree,n-disagree,1,2,3\n"


def fault(path: Path, content: str | bytes, kind: type[KlalError], name: str = "votes.csv") -> dict[str, object]:
    """Return the facts of the error that reading the content raises."""
    put(path, {name: content})
    with pytest.raises(kind) as caught:
        read_conversation(path / name)
    assert type(caught.value) is kind
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert " -," not in sentence, "a fact is missing from the sentence"
    return dict(caught.value.facts)


def test_a_path_that_does_not_exist_is_named_as_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError) as caught:
        read_conversation(tmp_path / "nowhere.csv")
    assert caught.value.facts == {"path": str(tmp_path / "nowhere.csv")}


def test_an_empty_file_is_told_to_be_empty(tmp_path: Path) -> None:
    assert fault(tmp_path, "", UnknownFormatError) == {"path": "votes.csv", "found": "an empty file"}


def test_a_file_of_blank_lines_is_told_to_be_empty(tmp_path: Path) -> None:
    assert fault(tmp_path, "\n\r\n \n", UnknownFormatError)["found"] == "an empty file"


@pytest.mark.parametrize("content", [HEAD, HEAD.rstrip(), HEAD + "\n\n", WIDE, WIDE + "5,,0,0,0,0,,,\n"])
def test_a_table_without_votes_is_told_to_have_none(tmp_path: Path, content: str) -> None:
    assert fault(tmp_path, content, NotEnoughVotesError) == {"file": "votes.csv", "have": 0, "need": 1}


def test_a_missing_column_names_the_columns_there_are_and_the_one_needed(tmp_path: Path) -> None:
    facts = fault(tmp_path, "participant, statement ,answer\n1,2,1\n", MissingColumnError)
    assert facts == {
        "file": "votes.csv",
        "line": 1,
        "found": "participant, statement, answer",
        "needed": "a column for the vote (vote, vote-value)",
    }


def test_a_table_with_many_columns_names_only_some(tmp_path: Path) -> None:
    facts = fault(tmp_path, ",".join(f"c{at}" for at in range(100)) + "\n", MissingColumnError)
    assert str(facts["found"]).endswith("c11 and 88 more")


def test_a_column_asked_for_must_be_there(tmp_path: Path) -> None:
    put(tmp_path, {"votes.csv": HEAD + "1,2,1\n"})
    with pytest.raises(MissingColumnError) as caught:
        read_conversation(tmp_path / "votes.csv", columns={"vote": "Answer"})
    assert caught.value.facts["needed"] == "a column Answer"
    with pytest.raises(MissingColumnError) as caught:
        read_conversation(tmp_path / "votes.csv", columns={"time": "When"})
    assert caught.value.facts["needed"] == "a column When"


def test_only_our_four_columns_can_be_renamed(tmp_path: Path) -> None:
    with pytest.raises(BadOptionError) as caught:
        read_conversation(tmp_path, columns={"person": "x"})
    assert caught.value.facts == {"option": "--columns", "found": "person", "needed": "participant, statement, vote or time"}


@pytest.mark.parametrize("vote", ["2", "-2", "0.5", "yes", "a", "1e0", "11", "--1", "nan", "0_0"])
def test_a_vote_that_is_none_is_shown_with_its_line(tmp_path: Path, vote: str) -> None:
    facts = fault(tmp_path, f"{HEAD}1,1,1\n2,1,0\n3,1,{vote}\n4,1,9\n", BadVoteError)
    assert facts == {"file": "votes.csv", "line": 4, "found": vote}


def test_a_missing_vote_is_no_pass(tmp_path: Path) -> None:
    assert fault(tmp_path, f"{HEAD}1,1,1\n1,2,\n", BadVoteError) == {"file": "votes.csv", "line": 3, "found": "nothing"}
    assert fault(tmp_path, f"{HEAD}1,1,NULL\n", BadVoteError)["found"] == "NULL"


def test_a_missing_vote_in_the_bulk_table_is_a_pass(tmp_path: Path) -> None:
    put(
        tmp_path,
        {"bulk.csv": "vote_id,user_id,vote_value,timestamp,comment_id\n1,5,NULL,1700000000,7\n2,6,,1700000001,7\n3,7,1,1700000002,7\n"},
    )
    assert triples(read_conversation(tmp_path / "bulk.csv")) == [(5, 7, 0), (6, 7, 0), (7, 7, 1)]


@pytest.mark.parametrize(
    ("vote", "meant"), [("1.0", 1), (" 1 ", 1), ("+1", 1), ("-1.", -1), ("-0", 0), ("Agree", 1), ("PASS", 0), ("disagree", -1), ("−1", -1)]
)
def test_a_vote_may_be_written_in_many_ways(tmp_path: Path, vote: str, meant: int) -> None:
    put(tmp_path, {"votes.csv": f"{HEAD}1,1,{vote}\n"})
    assert triples(read_conversation(tmp_path / "votes.csv")) == [(1, 1, meant)]


@pytest.mark.parametrize(("line", "width"), [("1,2", "2 fields"), ("1,2,1,5", "4 fields"), ("1", "1 field"), (" ", "1 field")])
def test_a_broken_line_is_counted(tmp_path: Path, line: str, width: str) -> None:
    facts = fault(tmp_path, f"{HEAD}1,1,1\n\n{line}\n2,2,1\n", BadLineError)
    assert facts == {"file": "votes.csv", "line": 4, "found": width, "needed": "3, as in line 1"}


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    content = 'note,participant,statement,vote\n"one\ntwo\nthree",1,1,1\n"x\r\ny",2,1,1\n,3,1,7\n'
    assert fault(tmp_path, content, BadVoteError)["line"] == 7


@pytest.mark.parametrize("end", ["\r", "\r\n"])
def test_other_line_ends_count_too(tmp_path: Path, end: str) -> None:
    assert fault(tmp_path, end.join(["participant,statement,vote", "1,1,1", "2,1,8", ""]), BadVoteError)["line"] == 3


@pytest.mark.parametrize(
    "content",
    [f'{HEAD}1,1,1\n2,"1,1\n3,1,1\n', f'{HEAD}1,1,1\n2,1,"1\n3,1,1\n', 'participant,statement,vote,note\n1,1,1,a\n2,1,1,"b\n3,1,1,c\n'],
)
def test_a_quote_that_is_never_closed_is_told_by_the_line_it_opens_in(tmp_path: Path, content: str) -> None:
    facts = fault(tmp_path, content, BadLineError)
    assert facts == {"file": "votes.csv", "line": 3, "found": "a quote that is never closed", "needed": "a closing quote"}


def test_a_quoted_line_break_in_the_last_note_is_right(tmp_path: Path) -> None:
    put(tmp_path, {"votes.csv": 'participant,statement,vote,note\n1,1,1,a\n2,1,1,"b\nc"\n'})
    assert len(read_conversation(tmp_path / "votes.csv").log) == 2


def test_an_endless_field_is_refused(tmp_path: Path) -> None:
    facts = fault(tmp_path, f'{HEAD}1,1,1\n2,"{ENDLESS}', BadLineError)
    assert facts["line"] == 3
    assert str(facts["found"]).startswith("a field of more than 131072 characters")
    facts = fault(tmp_path, f'participant,"{ENDLESS}', BadLineError)
    assert facts["line"] == 1


def test_latin_1_is_told_by_line_and_byte(tmp_path: Path) -> None:
    content = f"{HEAD}ana,1,1\njos\xe9,1,1\n".encode("latin-1")
    assert fault(tmp_path, content, EncodingError) == {"file": "votes.csv", "line": 3, "found": "0xe9"}
    assert fault(tmp_path, b"participant,statement,vote\rana,1,1\rjos\xe9,1,1\r", EncodingError)["line"] == 3


def test_utf_16_is_told_by_its_first_byte(tmp_path: Path) -> None:
    assert fault(tmp_path, f"{HEAD}1,1,1\n".encode("utf-16"), EncodingError) == {"file": "votes.csv", "line": 1, "found": "0xff"}


def test_a_binary_file_is_not_read_as_a_table(tmp_path: Path) -> None:
    assert fault(tmp_path, f"{HEAD}1,1,1\n".encode("utf-16-le"), UnknownFormatError)["found"] == "a binary file"
    assert fault(tmp_path, b"\x7fELF\x02\x01\x01\0\0\0\n\0\n", UnknownFormatError)["found"] == "a binary file"


@pytest.mark.parametrize("line", ["1\0,1,1", "1,\x001,1", "a\0,1,1", "1,1,1\0"])
def test_a_null_byte_is_told(tmp_path: Path, line: str) -> None:
    facts = fault(tmp_path, f"{HEAD}1,1,1\n{line}\n", BadLineError)
    assert facts == {"file": "votes.csv", "line": 3, "found": "a null byte", "needed": "text"}


@pytest.mark.parametrize(("line", "column"), [(",1,1", "participant"), (" ,1,1", "participant"), ("1,,1", "statement")])
@pytest.mark.parametrize("before", ["1,1,1", "ana,one,1"])
def test_an_empty_id_is_told_with_its_column(tmp_path: Path, before: str, line: str, column: str) -> None:
    facts = fault(tmp_path, f"{HEAD}{before}\n{line}\n", BadIdError)
    assert facts == {"file": "votes.csv", "line": 3, "column": column, "found": "nothing"}


def test_an_endless_id_is_refused(tmp_path: Path) -> None:
    facts = fault(tmp_path, f"{HEAD}{'x' * 257},1,1\n", BadIdError)
    assert facts["found"] == "257 characters (more than 256)"


@pytest.mark.parametrize("time", ["yesterday", "", "12:00", "nan", "99999999999999999"])
def test_a_time_that_is_none_is_told(tmp_path: Path, time: str) -> None:
    facts = fault(tmp_path, f"time,{HEAD}1700000000000,1,1,1\n{time},1,2,1\n", BadLineError)
    assert (facts["line"], facts["found"]) == (3, f"the time {time or 'nothing'}")


@pytest.mark.parametrize("first", ["yesterday", "nan"])
def test_the_first_time_too_must_be_one(tmp_path: Path, first: str) -> None:
    assert fault(tmp_path, f"time,{HEAD}{first},1,1,1\n", BadLineError)["line"] == 2


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("1700000000.5", "inf"),
        ("1700000000.5", "1e300"),
        ("2026-01-01 10:00", "2026-13-01 10:00"),
        ("2026-01-01T10:00Z", "2026-01-01T10:00"),
    ],
)
def test_every_time_is_written_like_the_first(tmp_path: Path, good: str, bad: str) -> None:
    facts = fault(tmp_path, f"time,{HEAD}{good},1,1,1\n{good},1,2,1\n{bad},1,3,1\n", BadLineError)
    assert (facts["line"], facts["found"]) == (4, f"the time {bad}")


def test_times_that_begin_late_in_the_file_are_told_where_they_lack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes_module, "_BLOCK", 70)
    facts = fault(tmp_path, f"time,{HEAD}{BLANKS}{TIMED}", BadLineError)
    assert (facts["line"], facts["found"]) == (2, "the time nothing")


def test_a_fault_late_in_a_long_file_is_found_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes_module, "_BLOCK", 4096)
    good = "".join(f"{at % 1000},{at % 77},1\n" for at in range(10_000))
    assert fault(tmp_path, f"{HEAD}{good}1,1,oops\n", BadVoteError) == {"file": "votes.csv", "line": 10_002, "found": "oops"}


def test_a_record_longer_than_a_block_is_still_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes_module, "_BLOCK", 100)
    facts = fault(tmp_path, f"{HEAD}1,1,1\n1,{'x' * 500},1\n", BadIdError)
    assert (facts["line"], facts["found"]) == (3, "500 characters (more than 256)")


def test_a_date_that_only_some_calendars_know_is_told(tmp_path: Path) -> None:
    facts = fault(tmp_path, f"time,{HEAD}2026-W01-1,1,1,1\n", BadLineError)
    assert (facts["file"], facts["needed"]) == ("votes.csv", "a readable table")
    assert "2026-W01-1" in str(facts["found"])


@pytest.mark.parametrize("name", ["vote", "VOTE "])
def test_a_column_that_is_there_twice_is_refused(tmp_path: Path, name: str) -> None:
    facts = fault(tmp_path, f"participant,statement,vote,{name}\n1,1,1,0\n", BadLineError)
    assert facts == {"file": "votes.csv", "line": 1, "found": "the column vote twice", "needed": "it once"}


def test_a_wide_table_tells_line_and_statement_of_a_bad_vote(tmp_path: Path) -> None:
    facts = fault(tmp_path, f"{WIDE}1,,0,1,1,0,1,,\n2,,0,1,1,0,1,7,\n", BadVoteError)
    assert facts == {"file": "votes.csv", "line": 3, "found": "7 on statement 2"}


@pytest.mark.parametrize("cells", ["11,,", "1-,,", "--1,,", "1 1,,", "-,,", ",-,1", "1,,-1-"])
def test_a_wide_table_takes_no_vote_for_granted(tmp_path: Path, cells: str) -> None:
    assert fault(tmp_path, f"{WIDE}1,,0,1,1,0,{cells}\n", BadVoteError)["line"] == 2


@pytest.mark.parametrize(
    ("line", "width"), [("1,,0,1,1,0,1,,,", "10 fields"), ("1,,0,1,1,0,1,", "8 fields"), ("1,,0", "3 fields"), ('"1",,0', "3 fields")]
)
def test_a_broken_line_of_a_wide_table_is_counted(tmp_path: Path, line: str, width: str) -> None:
    facts = fault(tmp_path, f'{WIDE}"1\n",,0,1,1,0,1,,\n{line}\n', BadLineError)
    assert facts == {"file": "votes.csv", "line": 4, "found": width, "needed": "9, as in line 1"}


def test_a_participant_has_one_line_in_a_wide_table(tmp_path: Path) -> None:
    facts = fault(tmp_path, f"{WIDE}1,,0,0,0,0,,,\n 1,,0,0,0,0,1,,\n", BadLineError)
    assert (facts["line"], facts["found"]) == (3, "the participant 1 again")


def test_a_wide_table_has_each_statement_once(tmp_path: Path) -> None:
    facts = fault(tmp_path, "participant,group-id,1,2, 1\n", BadLineError)
    assert (facts["line"], facts["found"]) == (1, "the column 1 twice")


@pytest.mark.parametrize(("content", "column", "found"), [
    (f"{WIDE},,0,0,0,0,,,\n", "participant", "nothing"),
    (f"{WIDE}a\0b,,0,0,0,0,,,\n", "participant", "a null byte"),
    ("participant,group-id,\n", "without a name", "nothing"),
])  # fmt: skip
def test_a_wide_table_needs_ids(tmp_path: Path, content: str, column: str, found: str) -> None:
    facts = fault(tmp_path, content, BadIdError)
    assert (facts["column"], facts["found"]) == (column, found)


def test_a_group_is_a_number(tmp_path: Path) -> None:
    facts = fault(tmp_path, f"{WIDE}1,left,0,0,0,0,1,,\n", BadLineError)
    assert (facts["line"], facts["found"], facts["needed"]) == (2, "the group left", "a whole number or nothing")


def test_an_endless_field_of_a_wide_table_is_refused(tmp_path: Path) -> None:
    facts = fault(tmp_path, f'{WIDE}1,,0,0,0,0,1,,\n"{ENDLESS}",,0,0,0,0,1,,\n', BadLineError)
    assert facts["line"] == 3


def test_a_wide_table_that_is_not_utf_8_is_told_by_line(tmp_path: Path) -> None:
    assert fault(tmp_path, WIDE.encode() + b"\xe9,,0,0,0,0,1,,\n", EncodingError) == {"file": "votes.csv", "line": 2, "found": "0xe9"}


def test_an_endless_first_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_module, "MAX_HEADER_BYTES", 100)
    assert fault(tmp_path, "x" * 200, TooLargeError) == {
        "file": "votes.csv",
        "found": "a first line of more than 64 MiB",
        "needed": "64 MiB",
    }


def test_a_hundred_thousand_columns_are_read(tmp_path: Path) -> None:
    names = ",".join(map(str, range(100_000)))
    put(tmp_path, {"wide.csv": f"participant,{names}\n7,1{',' * 99_998},-1\n"})
    assert triples(read_conversation(tmp_path / "wide.csv")) == [(7, 0, 1), (7, 99_999, -1)]


@pytest.mark.parametrize("people", [1, 2])
def test_one_or_two_participants_are_read(tmp_path: Path, people: int) -> None:
    put(tmp_path, {"votes.csv": HEAD + "".join(f"{one},1,1\n" for one in range(people))})
    assert read_conversation(tmp_path / "votes.csv").log.to_matrix().shape == (people, 1)


# Exports


def test_a_vote_on_a_statement_that_is_not_listed_is_told(tmp_path: Path) -> None:
    put(tmp_path, {"votes.csv": f"{VOTES}1,,1,5,1\n1,,9,5,1\n1,,9,6,1\n", "comments.csv": f"{COMMENTS}1,,1,5,1,0,1,one\n"})
    with pytest.raises(UnknownStatementError) as caught:
        read_conversation(tmp_path)
    assert caught.value.facts == {"file": "votes.csv", "line": 3, "found": "9", "needed": "comments.csv"}


def test_a_vote_in_a_wide_table_on_a_statement_that_is_not_listed_is_told(tmp_path: Path) -> None:
    wide = "participant,group-id,1,9\n5,,1,\n6,,1,-1\n"
    put(tmp_path, {"participants-votes.csv": wide, "comments.csv": f"{COMMENTS}1,,1,5,1,0,1,one\n"})
    with pytest.raises(UnknownStatementError) as caught:
        read_conversation(tmp_path)
    assert caught.value.facts == {"file": "participants-votes.csv", "line": 3, "found": "9", "needed": "comments.csv"}


@pytest.mark.parametrize(("line", "kind", "found"), [
    ("x,,1,5,1,0,1,text", BadLineError, "the time x"),
    ("1e30,,1,5,1,0,1,text", BadLineError, "the time 1e30"),
    ("99999999999999999,,1,5,1,0,1,text", BadLineError, "the time 99999999999999999"),
    ("1,,1,5,1,0,2,text", BadLineError, "the moderation 2"),
    ("1,,,5,1,0,1,text", BadIdError, "nothing"),
    (f"1,,{'x' * 300},5,1,0,1,text", BadIdError, "300 characters (more than 256)"),
    ("1,,1,5,1,0", BadLineError, "6 fields"),
    ('1,,1,5,1,0,1,"text', BadLineError, "a quote that is never closed"),
    ("1,,1,5,1,0,1,te\0xt", BadLineError, "a null byte"),
    ("1,,0,5,1,0,1,text", BadLineError, "the statement 0 again"),
])  # fmt: skip
def test_a_bad_line_among_the_statements_is_told(tmp_path: Path, line: str, kind: type[InputError], found: str) -> None:
    put(tmp_path, {"votes.csv": VOTES, "comments.csv": f'{COMMENTS}1,,0,5,1,0,1,"a\nb"\n{line}\n'})
    with pytest.raises(kind) as caught:
        read_conversation(tmp_path)
    assert (caught.value.facts["file"], caught.value.facts["line"], caught.value.facts["found"]) == ("comments.csv", 4, found)


def test_a_mark_that_is_neither_true_nor_false_is_told(tmp_path: Path) -> None:
    put(tmp_path, {"votes.csv": VOTES, "comments.csv": "comment-id,is-meta,text\n1,perhaps,one\n"})
    with pytest.raises(BadLineError) as caught:
        read_conversation(tmp_path)
    assert caught.value.facts == {"file": "comments.csv", "line": 2, "found": "perhaps in the column is-meta", "needed": "true or false"}


@pytest.mark.parametrize(("names", "needed"), [("tid,agrees", "a column for the text"), ("txt,agrees", "a column for the statement")])
def test_statements_need_an_id_and_a_text(tmp_path: Path, names: str, needed: str) -> None:
    put(tmp_path, {"votes.csv": VOTES, "comments.csv": f"{names}\n"})
    with pytest.raises(MissingColumnError) as caught:
        read_conversation(tmp_path)
    assert str(caught.value.facts["needed"]).startswith(needed)


@pytest.mark.parametrize(("content", "found"), [
    ("{\n oops", "something that is not JSON"),
    ("[]", "something else"),
    ('{"vote-convention": "agree=1"}', "the vote convention agree=1"),
    ('{"vote": {"agree": 1, "disagree": 1, "pass": 0}}', "the vote convention agree=1;disagree=1;pass=0"),
])  # fmt: skip
def test_a_declaration_that_cannot_be_read_is_never_guessed(tmp_path: Path, content: str, found: str) -> None:
    put(tmp_path, {"votes.csv": VOTES, "format.json": content})
    with pytest.raises(BadLineError) as caught:
        read_conversation(tmp_path)
    assert (caught.value.facts["file"], caught.value.facts["found"]) == ("format.json", found)


def test_a_declaration_in_the_summary_is_told_by_its_line(tmp_path: Path) -> None:
    put(tmp_path, {"votes.csv": VOTES, "summary.csv": "topic,x\nvote-convention,\n"})
    with pytest.raises(BadLineError) as caught:
        read_conversation(tmp_path)
    assert (caught.value.facts["file"], caught.value.facts["line"], caught.value.facts["found"]) == (
        "summary.csv",
        2,
        "the vote convention nothing",
    )


# Folders, zips and files of other kinds


@pytest.mark.parametrize(("names", "found"), [
    ("", "nothing"),
    ("b.txt a.txt", "a.txt, b.txt"),
    ("comments.csv summary.csv", "comments.csv, summary.csv"),
    ("a b c d e f", "a, b, c, d and 2 more"),
])  # fmt: skip
def test_a_folder_without_votes_tells_what_it_holds(tmp_path: Path, names: str, found: str) -> None:
    put(tmp_path, dict.fromkeys(names.split(), ""))
    with pytest.raises(UnknownFormatError) as caught:
        read_conversation(tmp_path)
    assert caught.value.facts == {"path": tmp_path.name, "found": found}


def test_two_exports_in_one_place_are_not_mixed(tmp_path: Path) -> None:
    put(tmp_path, {"one/votes.csv": VOTES, "two/votes.csv": VOTES})
    with pytest.raises(UnknownFormatError) as caught:
        read_conversation(tmp_path)
    assert caught.value.facts["found"] == "2 exports (one, two)"


def test_two_files_that_could_be_meant_are_not_guessed(tmp_path: Path) -> None:
    put(tmp_path, {"a-votes.csv": VOTES, "b-votes.csv": VOTES})
    with pytest.raises(UnknownFormatError) as caught:
        read_conversation(tmp_path)
    assert caught.value.facts["found"] == "two files that could be meant (a-votes.csv and b-votes.csv)"


def test_json_that_is_something_else_is_told(tmp_path: Path) -> None:
    for content, found in (
        ("{}", "JSON without a schema klal knows"),
        ('{"schema": "klal-analysis/1"}', "JSON of the schema klal-analysis/1"),
    ):
        assert fault(tmp_path, content, UnknownFormatError, "x.json") == {"path": "x.json", "found": found}


def test_damaged_json_is_told_by_its_line(tmp_path: Path) -> None:
    assert fault(tmp_path, '{\n"a": 1,\n', BadLineError, "x.json")["line"] == 3
    assert fault(tmp_path, b'{\n"a": "\xff"}', EncodingError, "x.json") == {"file": "x.json", "line": 2, "found": "0xff"}


def test_json_is_refused_when_it_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_module, "MAX_BYTES", 10)
    assert fault(tmp_path, '{"schema": 1}', TooLargeError, "x.json") == {
        "file": "x.json",
        "found": "13 bytes",
        "needed": "10 (use Parquet)",
    }


def test_a_table_of_participants_needs_participants(tmp_path: Path) -> None:
    put(tmp_path, {"votes.csv": VOTES, "participants-votes.csv": "who,group-id\n"})
    with pytest.raises(MissingColumnError) as caught:
        read_conversation(tmp_path)
    assert (caught.value.facts["file"], caught.value.facts["found"]) == ("participants-votes.csv", "who, group-id")


def test_a_file_that_vanishes_or_cannot_be_opened_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError):
        file_member(tmp_path / "gone.csv").opener()
    with pytest.raises(UnknownFormatError) as caught:
        file_member(tmp_path).opener()
    assert caught.value.facts["found"] == "something that cannot be opened (is a directory)"


def test_a_device_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError) as caught:
        read_conversation("/dev/null")
    assert caught.value.facts == {"path": "null", "found": "something that is not a file"}
