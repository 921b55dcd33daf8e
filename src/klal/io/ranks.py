"""The ranks file: a CSV that says for each participant their rank in one or more features. It is the analyst's own, so it has no writer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from klal.core.index import IdIndex
from klal.domain.records import Id
from klal.errors import BadIdError, BadLineError, BadOptionError, EncodingError, TooLargeError

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
        BadOptionError, BadIdError, BadLineError, EncodingError or TooLargeError, with file and line.
    """
    lines = _lines(path)
    header = [name.strip() for _, line in [next(lines, (1, []))] for name in line]
    place = next((header.index(name) for name in header if name.lower() in _NAMES), -1)
    if place < 0 or len(header) < 2 or "" in header or len(set(header)) < len(header):
        needed = "participant, and columns of ranks, each with a name and once"
        raise BadLineError(file=path.name, line=1, found=", ".join(header) or "-", needed=needed)
    features = {name: column for column, name in enumerate(header) if column != place}
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
    if not seen:
        raise BadLineError(file=path.name, line=1, found="no participant of this conversation", needed="ids as they are in the votes")
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
    try:
        raw = path.read_bytes()
    except OSError:
        raise BadOptionError(option="--ranks", found=str(path), needed="a CSV file that can be read") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EncodingError(file=path.name, line=raw[: error.start].count(b"\n") + 1, found=f"{raw[error.start]:02x}") from None
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise BadLineError(file=path.name, line=reader.line_num, found=str(error), needed="a line of a CSV") from None


def _check(path: Path, ranks: dict[str, list[str | None]]) -> None:
    for name, given in ranks.items():
        count = len({rank for rank in given if rank is not None})
        if count > MOST_RANKS:
            raise TooLargeError(file=path.name, found=f"{count} ranks in the column {name}", needed=f"{MOST_RANKS}")
