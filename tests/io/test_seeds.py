from __future__ import annotations

from pathlib import Path

import pytest

from klal.domain.records import Seed
from klal.errors import BadLineError, BadOptionError, EncodingError
from klal.io.seeds import read_seeds


def write(folder: Path, content: str | bytes) -> Path:
    path = folder / "seeds.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize(
    "content", ["One idea.\n\n  Another,  with a comma. \nרעיון בעברית", "\ufeffOne idea.\r\nAnother, with a comma.\r\nרעיון בעברית\r\n"]
)
def test_every_line_of_a_text_is_a_statement(content: str, tmp_path: Path) -> None:
    assert read_seeds(write(tmp_path, content)) == (Seed("One idea."), Seed("Another, with a comma."), Seed("רעיון בעברית"))


def test_a_table_has_a_column_for_each_language(tmp_path: Path) -> None:
    found = read_seeds(write(tmp_path, 'he,EN\nשלום,Peace\n,"Only, English"\n,\nרק עברית,\n'))
    assert found == (Seed("שלום", "he", {"en": "Peace"}), Seed("Only, English", "en"), Seed("רק עברית", "he"))


def test_a_table_may_have_one_column_of_text(tmp_path: Path) -> None:
    assert read_seeds(write(tmp_path, 'text\n"One, idea"\nTwo\n')) == (Seed("One, idea"), Seed("Two"))
    assert read_seeds(write(tmp_path, "text;he\nOne;אחת\n")) == (Seed("One", "", {"he": "אחת"}),)


def test_an_empty_file_has_no_statements(tmp_path: Path) -> None:
    assert read_seeds(write(tmp_path, "")) == ()
    assert read_seeds(write(tmp_path, "text\n")) == ()


@pytest.mark.parametrize(
    ("content", "line", "found"),
    [
        ("One idea\n" + "a" * 281, 2, "a statement of 281 characters"),
        ("One idea\nTwo\n\none IDEA!", 4, "the statement of line 1 again"),
        ("One idea\n...\n", 2, "no words"),
        ("he,en\nשלום,Peace,more\n", 2, "3 fields"),
        ("he,en\nשלום," + "a" * 281 + "\n", 2, "a statement of 281 characters"),
    ],
)
def test_what_cannot_be_a_statement_is_named_with_its_line(content: str, line: int, found: str, tmp_path: Path) -> None:
    with pytest.raises(BadLineError) as caught:
        read_seeds(write(tmp_path, content))
    assert (caught.value.facts["line"], caught.value.facts["found"]) == (line, found)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadOptionError):
        read_seeds(tmp_path / "nope.txt")
    with pytest.raises(BadOptionError):
        read_seeds(tmp_path)
    with pytest.raises(EncodingError):
        read_seeds(write(tmp_path, b"One idea\n\xff\n"))
