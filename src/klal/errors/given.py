"""What the user gave cannot be used: files, options, settings."""

from __future__ import annotations

from klal.errors.base import KlalError


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
    message = "{path}: the results cannot be written here ({found}). Nothing was changed; choose another place."


class NotEnoughError(InputError):
    """Too little data for what was asked."""

    code = "not_enough"
    message = "There is too little data."


class NotEnoughVotesError(NotEnoughError):
    """Facts: ``file``, ``have``, ``need``."""

    code = "not_enough.votes"
    message = "{file}: found {have} votes, needed at least {need}."


class BadSettingError(InputError):
    """Facts: ``setting``, ``found``, ``needed``."""

    code = "input.bad_setting"
    message = "{setting}: found {found}, needed {needed}."


class AddressInUseError(InputError):
    """Facts: ``address``."""

    code = "input.address_in_use"
    message = "{address}: another program is listening here. Choose another port with --port."


class ConversationExistsError(InputError):
    """Facts: ``slug``."""

    code = "input.conversation_exists"
    message = "{slug}: there is a conversation at this address already. Choose another with --slug."


class BadBackupError(InputError):
    """Facts: ``path``, ``found``."""

    code = "input.bad_backup"
    message = "{path}: found {found}, needed a whole backup that klal made. Nothing was changed."


class NewerBackupError(InputError):
    """Facts: ``path``, ``found`` (its version, or what it has that this one does not know)."""

    code = "input.newer_backup"
    message = "{path}: made by a later klal than this one ({found}). Update klal first. Nothing was changed."


class NotEmptyError(InputError):
    """Facts: ``place``."""

    code = "input.not_empty"
    message = "{place}: there is something in this database already. Choose an empty one; klal restore --replace replaces it."


class InUseError(InputError):
    """Facts: ``place``."""

    code = "input.in_use"
    message = "{place}: another process has this database open. Stop the server and its workers first."


class MovedError(InputError):
    """Facts: ``place``, ``other`` (where it was moved to, or is being filled from)."""

    code = "input.moved"
    message = "{place}: this database was moved to {other}, or is still being filled from there. See klal move --help."
