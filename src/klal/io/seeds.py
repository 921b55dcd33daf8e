"""Reading the statements that a conversation begins with: a text file with one a line, or a table.

A table has a column ``text``, or one column for each language, named by its code (``he``, ``en``), and then one statement a line in
each of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

from klal.domain.language import available
from klal.domain.records import Seed
from klal.domain.rules import STATEMENT_LENGTH
from klal.domain.wording import as_statement, fingerprint
from klal.errors import BadLineError, BadOptionError, UnknownFormatError
from klal.io.sources import Member, file_member
from klal.io.text_table import TextTable, decoded_lines, open_table

_TEXT = "text"


def read_seeds(path: Path) -> tuple[Seed, ...]:
    """Read the statements that a conversation begins with.

    Parameters
    ----------
    path : Path
        A text file or a CSV.

    Returns
    -------
    tuple of Seed
        In the order of the file, blanks around them left out; empty lines are passed over.

    Raises
    ------
    BadOptionError
        If there is no such file.
    BadLineError
        If a line is too long for a statement, has no letters, or says the same as an earlier one.
    EncodingError
        If the file is not UTF-8.
    """
    if not path.is_file():
        raise BadOptionError(option="--statements", found=str(path), needed="a text file with one statement a line")
    member = file_member(path)
    seeds: list[Seed] = []
    lines: dict[str, int] = {}
    for line, seed in _seeds(member):
        for text in (seed.text, *seed.translations.values()):
            _check(member.name, line, text)
        earlier = lines.setdefault(fingerprint(seed.text), line)
        if earlier != line:
            raise BadLineError(file=member.name, line=line, found=f"the statement of line {earlier} again", needed="another one")
        seeds.append(seed)
    return tuple(seeds)


def _seeds(member: Member) -> Iterator[tuple[int, Seed]]:
    table = _table(member)
    if table is not None:
        yield from _from_table(table)
        return
    with closing(decoded_lines(member.name, member.opener, member.opener())) as lines:
        for line, text in enumerate(lines, 1):
            if text.strip():
                yield line, Seed(as_statement(text))


def _table(member: Member) -> TextTable | None:
    """Return the file as a table, None if its first line does not name columns."""
    try:
        table = open_table(member.name, member.opener)
    except UnknownFormatError:  # empty, or the first line is no line of a table
        return None
    return table if set(_names(table)) <= {_TEXT, *available()} else None


def _names(table: TextTable) -> list[str]:
    return [name.strip().lower() for name in table.header.names]


def _from_table(table: TextTable) -> Iterator[tuple[int, Seed]]:
    names = _names(table)
    with closing(table.records()) as records:
        for line, cells in records:
            if len(cells) != len(names):
                raise table.wrong_width(line, len(cells))
            texts = {name: as_statement(cell) for name, cell in zip(names, cells, strict=True) if cell.strip()}
            if texts:
                yield line, _seed(texts)


def _seed(texts: Mapping[str, str]) -> Seed:
    first = _TEXT if _TEXT in texts else next(iter(texts))
    others = {code: text for code, text in texts.items() if code != first}
    return Seed(texts[first], "" if first == _TEXT else first, others)


def _check(file: str, line: int, text: str) -> None:
    if not fingerprint(text):
        raise BadLineError(file=file, line=line, found="no words", needed="a statement")
    if len(text) > STATEMENT_LENGTH:
        raise BadLineError(file=file, line=line, found=f"a statement of {len(text)} characters", needed=f"at most {STATEMENT_LENGTH}")
