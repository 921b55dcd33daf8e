"""Which column of a table is which: every name the formats in use give to the same thing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from klal.errors import BadLineError, BadOptionError, MissingColumnError
from klal.io.id_column import numbers_of

# In order of preference, should a table have several. ``vote-id`` (the number of the vote itself) is no name of any of these.
PARTICIPANT = ("participant", "participant-id", "voter-id", "voter", "pid", "user-id", "user")
STATEMENT = ("statement", "statement-id", "comment-id", "comment", "tid")
VOTE = ("vote", "vote-value")
TIME = ("time", "timestamp", "modified", "created")
GROUP = ("group-id",)
WIDE_ONLY = ("xid", "group-id", "n-comments", "n-votes", "n-agree", "n-disagree")
"""Columns of a table of one participant a line that are not statements."""

_NEEDED = {"participant": PARTICIPANT, "statement": STATEMENT, "vote": VOTE}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class VoteColumns:
    """Places of the columns of a table of one vote a line.

    Attributes
    ----------
    participant, statement, vote : int
        Places, from 0.
    time : int or None
        None where the table has no times.
    null_is_pass : bool
        In Polis's bulk table (``vote_value``) a missing value is a pass; anywhere else it is a fault.
    """

    participant: int
    statement: int
    vote: int
    time: int | None
    null_is_pass: bool


@dataclass(frozen=True, slots=True)
class Header:
    """The names in a table's first line.

    Attributes
    ----------
    file : str
        Name of the file.
    line : int
        Where the names are.
    names : tuple of str
        As they are written.
    """

    file: str
    line: int
    names: tuple[str, ...]

    def find(self, aliases: Sequence[str]) -> int | None:
        """Return the place of the first alias there is, None if there is none.

        Raises
        ------
        BadLineError
            If that name is there twice.
        """
        plain = [plain_name(name) for name in self.names]
        for alias in aliases:
            if plain.count(alias) > 1:
                raise BadLineError(file=self.file, line=self.line, found=f"the column {alias} twice", needed="it once")
            if alias in plain:
                return plain.index(alias)
        return None

    def missing(self, needed: str) -> MissingColumnError:
        """Return the error that tells which columns there are and which is needed."""
        shown = ", ".join(name.strip() for name in self.names[:_SHOWN])
        more = f" and {len(self.names) - _SHOWN} more" if len(self.names) > _SHOWN else ""
        return MissingColumnError(file=self.file, line=self.line, found=shown + more, needed=needed)


def plain_name(name: str) -> str:
    """Return a column name as the lists above have it: small letters, dashes, no blanks around."""
    return name.strip().lower().replace("_", "-").replace(" ", "-")


def check_options(columns: Mapping[str, str] | None) -> None:
    """Refuse a renaming of something that is no column of ours.

    Raises
    ------
    BadOptionError
        If a key is not participant, statement, vote or time.
    """
    for name in columns or {}:
        if name not in {*_NEEDED, "time"}:
            raise BadOptionError(option="--columns", found=name, needed="participant, statement, vote or time")


def find_vote_columns(header: Header, columns: Mapping[str, str] | None = None) -> VoteColumns:
    """Find the columns of a table of one vote a line.

    Parameters
    ----------
    header : Header
        The names there are.
    columns : mapping of str to str, optional
        Our name → the file's name, for names klal does not know.

    Returns
    -------
    VoteColumns
        Where they are.

    Raises
    ------
    MissingColumnError
        If participant, statement or vote cannot be found.
    BadLineError
        If one of them is there twice.
    """
    places = {}
    for name, aliases in {**_NEEDED, "time": TIME}.items():
        asked = (columns or {}).get(name)
        place = header.find((plain_name(asked),) if asked else aliases)
        if place is None and (asked or name != "time"):
            raise header.missing(f"a column {asked}" if asked else f"a column for the {name} ({', '.join(aliases)})")
        places[name] = place
    participant, statement, vote = (place for name in _NEEDED if (place := places[name]) is not None)
    return VoteColumns(participant, statement, vote, places["time"], plain_name(header.names[vote]) == "vote-value")


def is_wide(header: Header, columns: Mapping[str, str] | None = None) -> bool:
    """Say whether a table has one participant a line and one statement a column."""
    plain = {plain_name(name) for name in header.names}
    asked = (columns or {}).get("participant")
    if "statement" in (columns or {}) or not plain & ({plain_name(asked)} if asked else set(PARTICIPANT)):
        return False
    if plain & set(STATEMENT) or plain & set(VOTE):
        return False
    return bool(plain & set(WIDE_ONLY)) or any(numbers_of([name.strip()]) is not None for name in header.names)
