"""Every error klal raises on purpose, drawn as one tree.

::

    KlalError
    ├── InputError                 what the user gave cannot be used
    │   ├── MissingInputError          no such file or folder
    │   ├── UnknownFormatError         nothing klal knows how to read
    │   ├── MissingColumnError         a table lacks a column
    │   ├── BadVoteError               a vote that is not agree, pass or disagree
    │   ├── BadIdError                 an empty or unreadable participant or statement id
    │   ├── BadLineError               a line that cannot be taken apart
    │   ├── EncodingError              a file that is not UTF-8
    │   ├── UnknownStatementError      a vote on a statement that is not listed
    │   ├── UnsafeArchiveError         a zip that escapes its folder or explodes
    │   ├── TooLargeError              more than klal accepts
    │   ├── BadOptionError             an option with an unusable value
    │   └── OutputError                results cannot be written where they were asked for
    └── NotEnoughError             too little data for what was asked
        └── NotEnoughVotesError

Each error carries its *facts* (what was found, what was needed, where) and a stable ``code``. The sentence for people is made
once, at the edge, from the code and the facts, in the reader's language (``klal.domain.language``); ``str(error)`` gives the
English sentence so that a notebook is served as well.
"""

from __future__ import annotations

from typing import ClassVar

Fact = str | int | float | None
"""A fact travels into messages, JSON and pickles: plain values only."""


class KlalError(Exception):
    """Root of every error klal raises on purpose.

    Parameters
    ----------
    **facts : str, int, float or None
        What was found, what was needed, where. The names a class promises are listed in ``needs``.
    """

    code: ClassVar[str] = "klal"
    message: ClassVar[str] = "Something went wrong in klal."

    def __init__(self, **facts: Fact) -> None:
        super().__init__()
        self.facts: dict[str, Fact] = facts

    def __str__(self) -> str:
        """Return the English sentence, facts filled in."""
        return self.message.format_map(_Facts(self.facts))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by facts, because exceptions with keyword arguments do not survive pickling."""
        return (_rebuild, (type(self), self.facts))


class _Facts(dict[str, Fact]):
    """Facts for a message: a forgotten one shows as a dash instead of hiding the error behind another."""

    def __missing__(self, name: str) -> str:
        return "-"


def _rebuild(kind: type[KlalError], facts: dict[str, Fact]) -> KlalError:
    return kind(**facts)


class InputError(KlalError):
    """What the user gave cannot be used; the command line answers with exit code 2."""

    code = "input"
    message = "The input cannot be used."


class MissingInputError(InputError):
    """Facts: ``path``."""

    code = "input.missing"
    message = "{path}: there is no such file or folder. Give the path of a Polis export (folder or zip), a votes CSV or a Parquet file."


class UnknownFormatError(InputError):
    """Facts: ``path``, ``found``."""

    code = "input.unknown_format"
    message = (
        "{path}: found {found}, needed a Polis export (a folder or zip with votes.csv or participants-votes.csv), "
        "a CSV with one vote a line, or a Parquet file."
    )


class MissingColumnError(InputError):
    """Facts: ``file``, ``line``, ``found`` (the columns there are), ``needed``."""

    code = "input.missing_column"
    message = "{file}, line {line}: found the columns {found}, needed {needed}. Rename the column or name it with --columns."


class BadVoteError(InputError):
    """Facts: ``file``, ``line``, ``found``."""

    code = "input.bad_vote"
    message = "{file}, line {line}: found the vote {found}, needed 1 (agree), 0 (pass) or -1 (disagree). Correct the line."


class BadIdError(InputError):
    """Facts: ``file``, ``line``, ``column``, ``found``."""

    code = "input.bad_id"
    message = "{file}, line {line}: found {found} in the column {column}, needed an id. Correct or remove the line."


class BadLineError(InputError):
    """Facts: ``file``, ``line``, ``found``, ``needed``."""

    code = "input.bad_line"
    message = "{file}, line {line}: found {found}, needed {needed}. Correct or remove the line."


class EncodingError(InputError):
    """Facts: ``file``, ``line``, ``found`` (the byte, in hexadecimal)."""

    code = "input.encoding"
    message = "{file}, line {line}: found the byte {found}, which is not UTF-8. Save the file as UTF-8 and try again."


class UnknownStatementError(InputError):
    """Facts: ``file``, ``line``, ``found`` (the statement id), ``needed`` (the file that lists the statements)."""

    code = "input.unknown_statement"
    message = "{file}, line {line}: found a vote on statement {found}, which {needed} does not list. Add the statement or remove the vote."


class UnsafeArchiveError(InputError):
    """Facts: ``file``, ``found``."""

    code = "input.unsafe_archive"
    message = "{file}: found {found}, needed a plain zip of an export. Unpack it yourself, look at it, and give the folder."


class TooLargeError(InputError):
    """Facts: ``file``, ``found``, ``needed``."""

    code = "input.too_large"
    message = "{file}: found {found}, needed at most {needed}."


class BadOptionError(InputError):
    """Facts: ``option``, ``found``, ``needed``."""

    code = "input.bad_option"
    message = "{option}: found {found}, needed {needed}."


class OutputError(InputError):
    """Facts: ``path``, ``found``."""

    code = "input.output"
    message = "{path}: the results cannot be written here ({found}). Nothing was changed; choose another place with --out."


class NotEnoughError(InputError):
    """Too little data for what was asked."""

    code = "not_enough"
    message = "There is too little data."


class NotEnoughVotesError(NotEnoughError):
    """Facts: ``file``, ``have``, ``need``."""

    code = "not_enough.votes"
    message = "{file}: found {have} votes, needed at least {need}."
