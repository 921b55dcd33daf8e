"""The ranks file: a CSV that says for each participant their rank in one or more features. It is the analyst's own, so it has no writer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from klal.core.index import IdIndex
from klal.domain.records import Id
from klal.errors import BadIdError, BadLineError, EncodingError, MissingInputError, TooLargeError

MOST_RANKS = 50
"""Most ranks of one feature: more is not a rank but a free text."""
_NAMES = ("participant", "participant-id", "participant_id", "voter-id", "voter_id", "pid")


def read_ranks(path: Path, participants: IdIndex) -> dict[str, list[str | None]]:
    """Read each participant's ranks.

    Parameters
    ----------
    path : Path
        A CSV (comma, semicolon or tab) with a column ``participant`` and one column a feature; an empty cell means not known.
        Participants who did not vote are passed over.
    participants : IdIndex
        The n participants of the conversation.

    Returns
    -------
    dict of str to list of str or None
        For each feature the rank of each participant, length n.

    Raises
    ------
    InputError
        MissingInputError, BadIdError, BadLineError, EncodingError or TooLargeError, with file and line.
    """
    lines = _lines(path)
    header = [name.strip() for _, line in [next(lines, (1, []))] for name in line]
    place = next((header.index(name) for name in header if name.lower() in _NAMES), -1)
    if place < 0 or len(header) < 2:
        raise BadLineError(file=path.name, line=1, found=", ".join(header) or "-", needed="participant, and a column of ranks")
    features = {name: column for column, name in enumerate(header) if column != place and name}
    if len(features) < len([name for name in header if name]) - 1:
        raise BadLineError(file=path.name, line=1, found=", ".join(header), needed="each column once")
    ranks: dict[str, list[str | None]] = {name: [None] * len(participants) for name in features}
    seen: set[int] = set()
    for number, cells in lines:
        if len(cells) != len(header):
            raise BadLineError(file=path.name, line=number, found=f"{len(cells)} fields", needed=f"{len(header)}")
        row = participants.position(_id(cells[place].strip(), participants, path, number))
        if row in seen:
            raise BadLineError(file=path.name, line=number, found=f"participant {cells[place]} again", needed="each participant once")
        if row >= 0:
            seen.add(row)
            for name, column in features.items():
                ranks[name][row] = cells[column].strip() or None
    _check(path, ranks)
    return ranks


def _id(text: str, participants: IdIndex, path: Path, number: int) -> Id:
    if participants.ids.dtype.kind != "i":
        return text
    try:
        return int(text)
    except ValueError:
        raise BadIdError(file=path.name, line=number, column="participant", found=text or "-") from None


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of every line that is not blank."""
    if not path.is_file():
        raise MissingInputError(path=str(path))
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EncodingError(file=path.name, line=raw[: error.start].count(b"\n") + 1, found=f"{raw[error.start]:02x}") from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    for cells in reader:
        if any(cell.strip() for cell in cells):
            yield reader.line_num, cells


def _check(path: Path, ranks: dict[str, list[str | None]]) -> None:
    for name, given in ranks.items():
        count = len({rank for rank in given if rank is not None})
        if count > MOST_RANKS:
            raise TooLargeError(file=path.name, found=f"{count} ranks in the column {name}", needed=f"{MOST_RANKS}")
