"""Small tables: every row is found, with its line; nothing that is wrong goes unsaid."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klal.domain.small_table import Flaw, Row, Table, decode, read_table

NAMES = {"text": "text", "statement": "text", "language": "language", "he": "he", "en": "en"}


def rows(text: str, **options: object) -> list[tuple[int, dict[str, str], Flaw | None]]:
    table = read_table(text, NAMES, **options)  # type: ignore[arg-type]
    assert table.flaw is None
    return [(row.line, dict(row.cells), row.flaw) for row in table.rows]


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"a", "a"),
        (b"\xef\xbb\xbfa", "a"),
        ("שלום".encode(), "שלום"),
        ("שלום".encode("utf-16"), "שלום"),
        ("שלום".encode("cp1255"), None),
        (b"\xff\xfea", None),
    ],
)
def test_utf_8_is_read_with_and_without_its_mark_and_nothing_is_guessed(raw, text):
    assert decode(raw) == text


def test_lines_without_columns_are_rows_of_their_own():
    assert rows("Buses, trams; trains\n\n  second \r\nthird") == [
        (1, {"text": "Buses, trams; trains"}, None),
        (3, {"text": "second"}, None),
        (4, {"text": "third"}, None),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_first_line_that_names_columns_makes_a_table(delimiter):
    text = delimiter.join(("Text", "HE", "note")) + "\n" + delimiter.join(('"One, two; three"', "אחת", "x")) + "\n"
    table = read_table("\ufeff\n" + text, NAMES)
    assert table.unused == ("note",)
    assert table.rows == (Row(3, {"text": "One, two; three", "he": "אחת"}),)


def test_a_cell_of_several_lines_is_one_row_and_lines_are_counted_on():
    assert rows('text,en\n"a\nb",c\nd,e\n') == [(2, {"text": "a\nb", "en": "c"}, None), (4, {"text": "d", "en": "e"}, None)]


def test_quotes_that_do_not_match_cost_one_row_not_the_rest():
    assert rows('text,en\n"a,b\nc,d\n') == [(2, {"text": '"a,b'}, Flaw.QUOTES), (3, {"text": "c", "en": "d"}, None)]


def test_a_row_that_is_too_wide_is_kept_whole_and_empty_cells_at_its_end_do_no_harm():
    assert rows("text,en\na,b,c\nd,e,,\n,\nf\n") == [
        (2, {"text": "a, b, c"}, Flaw.WIDTH),
        (3, {"text": "d", "en": "e"}, None),
        (5, {"text": "f"}, None),
    ]


def test_of_two_columns_with_one_meaning_the_first_counts():
    assert rows("text,statement\na,b\n,c\n") == [(2, {"text": "a"}, None), (3, {"text": "c"}, None)]


def test_a_table_without_a_column_we_know_is_told_so():
    assert read_table("foo,bar\n1,2\n", NAMES, needs_columns=True) == Table(flaw=Flaw.COLUMNS, found="foo, bar")
    assert rows("foo\nbar\n", needs_columns=True) == [(1, {"text": "foo"}, None), (2, {"text": "bar"}, None)]


def test_a_table_needs_one_of_the_columns_that_matter():
    assert read_table("language,note\nen,a\n", NAMES, needs_columns=True, keys={"text", "he", "en"}).flaw is Flaw.COLUMNS


def test_nothing_is_an_empty_table():
    assert read_table(" \n\n", NAMES) == Table()


def test_a_first_line_that_is_no_line_of_a_table_is_a_row():
    assert rows('"unclosed, text\nsecond') == [(1, {"text": '"unclosed, text'}, None), (2, {"text": "second"}, None)]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_no_line_with_words_is_lost_without_being_told(text):
    table = read_table(f"text,en\n{text}", NAMES)
    kept = "".join("".join(row.cells.values()) for row in table.rows)
    for letter in text:
        assert letter in kept or not letter.isalnum()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.text("abא,;\"'\n ", min_size=1, max_size=12), st.text('abא,;" ', max_size=12)), max_size=8))
def test_what_a_spreadsheet_writes_is_read(cells):
    out = io.StringIO()
    csv.writer(out).writerows([("text", "en"), *cells])
    wanted = [{name: text.strip() for name, text in zip(("text", "en"), row, strict=True) if text.strip()} for row in cells]
    assert [cells for _, cells, _ in rows(out.getvalue())] == [row for row in wanted if row]
