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
    │   ├── BadSettingError            a KLAL_… setting with an unusable value
    │   ├── AddressInUseError          another program listens where the server was to
    │   ├── ConversationExistsError    an address that a conversation already has
    │   ├── BadBackupError             a backup that is not one, or not whole
    │   ├── NewerBackupError           a backup or database of a later klal
    │   ├── NotEmptyError              a database that has something in it
    │   ├── InUseError                 a database that another process has open
    │   ├── MovedError                 a database that was moved away, or is not filled yet
    │   └── OutputError                results cannot be written where they were asked for
    ├── NotEnoughError             too little data for what was asked
    │   └── NotEnoughVotesError
    ├── RefusedError               what somebody asked for on a page is not possible; each has the status a browser is told
    │   ├── UnknownConversationError   404
    │   ├── NoResultsError             404: nothing was analysed yet
    │   ├── NoSuchStatementError       404: unknown, of another conversation, rejected or not yet accepted
    │   ├── ClosedError                409: the conversation takes no more votes and statements
    │   ├── BadTokenError              401: a token that is not known, or none at all
    │   ├── NotYoursError              403
    │   ├── NotYourRoleError           403: signed in, but with a role that does not include it
    │   ├── ForeignOriginError         403: sent from another site's page
    │   ├── BadIdentityError           403: a cookie that klal did not give, or has revoked
    │   ├── NotInvitedError            403: the conversation is for those invited
    │   ├── VotesOnlyError             409: the conversation takes votes, and no statements of those who take part
    │   ├── DeletionSetError           409: the conversation is to be deleted
    │   ├── SettingsChangedError       409: somebody else changed them meanwhile
    │   ├── AlreadyOpenError           409: a draft's steps, of a conversation that is no draft any more
    │   ├── VotedStatementError        409: a seed statement that has votes is not removed, but moderated
    │   ├── BadAdmissionCodeError      422: a personal link that is not known, or was taken back
    │   ├── BadMomentError             422: no date and time, or no time zone
    │   ├── NoTopicError               422: a conversation without a question
    │   ├── NotTypedError              422: what was to be typed, so that it does not happen by mistake, was not
    │   ├── EmptyLetterError           422: a letter without a subject or a text
    │   ├── BadRequestError            400
    │   ├── WrongMethodError           405
    │   ├── NotServedHereError         404: this process of the server has another role
    │   ├── RequestTooLargeError       413
    │   ├── UsedKeyError               409: a vote under a key that another vote was sent with
    │   ├── EmptyStatementError        422
    │   ├── LongStatementError         422
    │   ├── RepeatedStatementError     409: the conversation has this statement already
    │   ├── StaleStatementError        409: changed by somebody else since it was looked at
    │   ├── AnotherModeratorError      409: for a second opinion or an appeal it takes somebody else
    │   ├── NoAuthorError              409: there is nobody to agree to other words
    │   ├── NoAppealError              409: it was not rejected by moderators, or was looked at again already
    │   ├── BadRecoveryCodeError       422
    │   ├── BadMailAddressError        422
    │   ├── BadMailLinkError           422: an old link, or none of ours
    │   ├── BadAccountNameError        422
    │   ├── AccountTakenError          409: an account has this name or mail address already
    │   ├── UnknownAccountError        404
    │   ├── WeakPasswordError          422: easy to guess
    │   ├── PasswordsDifferError       422: typed twice, not alike
    │   ├── WrongPasswordError         403: the password or code of who is signed in
    │   ├── LastOwnerError             409: conversations would be left without an owner
    │   ├── OutsideSignInError         403: another service did not vouch for anybody
    │   ├── UnknownOutsideError        403: it vouched for somebody who has no account here
    │   └── TooManyError               429: come back in a moment
    │       └── TooManyHereError           429: too much from one address
    └── BusyError                  503: the database or the queue cannot take it now; nothing was stored
        └── FullError                  507: the disk is full

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


class RefusedError(KlalError):
    """What a participant asked for is not possible."""

    code = "refused"
    message = "This is not possible."
    status: ClassVar[int] = 400


class UnknownConversationError(RefusedError):
    """Facts: ``slug``."""

    code = "refused.unknown_conversation"
    message = "There is no conversation at {slug}. Check the link you were given."
    status = 404


class NoResultsError(RefusedError):
    """No facts."""

    code = "refused.no_results"
    message = "There are no results yet. They come once people have voted."
    status = 404


class NoSuchStatementError(RefusedError):
    """No facts: what exists in another conversation is nobody's business here."""

    code = "refused.no_such_statement"
    message = "This statement is not open for votes. Load the page again to see those that are."
    status = 404


class ClosedError(RefusedError):
    """No facts."""

    code = "refused.closed"
    message = "This conversation takes no votes and no statements now. What you said before is kept."
    status = 409


class BadTokenError(RefusedError):
    """No facts."""

    code = "refused.bad_token"
    message = "This needs a token of your account, which you make under Account: send it as Authorization: Bearer klal_…"
    status = 401


class NotYoursError(RefusedError):
    """No facts."""

    code = "refused.not_yours"
    message = "Only its author can do this."
    status = 403


class NotYourRoleError(RefusedError):
    """Facts: ``role``."""

    code = "refused.not_your_role"
    message = "Your role in this conversation does not include this. Ask one of its owners."
    status = 403


class ForeignOriginError(RefusedError):
    """Facts: ``found``."""

    code = "refused.foreign_origin"
    message = "This was sent from {found}, not from the conversation's own page. Open the conversation and try again there."
    status = 403


class BadIdentityError(RefusedError):
    """No facts."""

    code = "refused.bad_identity"
    message = "Your browser is not known in this conversation any more. Load the page again, or use your recovery code."
    status = 403


class NotInvitedError(RefusedError):
    """No facts."""

    code = "refused.not_invited"
    message = "This conversation is for those who were invited. Open it by the link you were sent."
    status = 403


class VotesOnlyError(RefusedError):
    """No facts."""

    code = "refused.votes_only"
    message = "This conversation takes votes only: no new statements are added now."
    status = 409


class DeletionSetError(RefusedError):
    """No facts."""

    code = "refused.deletion_set"
    message = "This conversation is to be deleted. Restore it first."
    status = 409


class SettingsChangedError(RefusedError):
    """No facts."""

    code = "refused.settings_changed"
    message = "Somebody else changed this while you were writing. Nothing of yours is lost: compare, and save again."
    status = 409


class AlreadyOpenError(RefusedError):
    """No facts."""

    code = "refused.already_open"
    message = "This conversation is not a draft any more. Change it under Settings."
    status = 409


class VotedStatementError(RefusedError):
    """No facts."""

    code = "refused.voted_statement"
    message = "People have voted on this statement already. It can be taken down under Moderate, with a reason."
    status = 409


class BadAdmissionCodeError(RefusedError):
    """No facts."""

    code = "refused.bad_admission_code"
    message = "This personal link is not known here, or was taken back. Check that it is complete, or ask who invited you."
    status = 422


class BadMomentError(RefusedError):
    """Facts: ``found``."""

    code = "refused.bad_moment"
    message = "Found {found}, needed a date and a time such as 2026-11-22T18:00, in a time zone of the list."
    status = 422


class NoTopicError(RefusedError):
    """No facts."""

    code = "refused.no_topic"
    message = "A conversation needs a question. Write it in its main language."
    status = 422


class NotTypedError(RefusedError):
    """Facts: ``needed``."""

    code = "refused.not_typed"
    message = "To go on, type exactly: {needed}"
    status = 422


class EmptyLetterError(RefusedError):
    """No facts."""

    code = "refused.empty_letter"
    message = "A letter needs a subject and a text, in at least one language."
    status = 422


class BadRequestError(RefusedError):
    """Facts: ``found``, ``needed``."""

    code = "refused.bad_request"
    message = "Found {found}, needed {needed}."
    status = 400


class WrongMethodError(RefusedError):
    """Facts: ``found``, ``allow`` (the methods this address knows)."""

    code = "refused.wrong_method"
    message = "This address cannot be asked by {found}, only by {allow}."
    status = 405


class NotServedHereError(RefusedError):
    """Facts: ``roles`` (what this process serves)."""

    code = "refused.not_served_here"
    message = (
        "This process of the server has another role ({roles}). Whoever runs it should direct this address to a process with the right one."
    )
    status = 404


class RequestTooLargeError(RefusedError):
    """Facts: ``needed`` (the most that is taken)."""

    code = "refused.too_large"
    message = "This is too much at once; at most {needed} are taken."
    status = 413


class UsedKeyError(RefusedError):
    """No facts."""

    code = "refused.used_key"
    message = (
        "Another vote was sent with the same key before. Give each vote a new random key; only a repeat of the same vote keeps its own."
    )
    status = 409


class EmptyStatementError(RefusedError):
    """No facts."""

    code = "refused.empty_statement"
    message = "There is nothing to send yet. Write one idea, in a sentence."
    status = 422


class LongStatementError(RefusedError):
    """Facts: ``have``, ``need`` (characters)."""

    code = "refused.long_statement"
    message = "Your statement has {have} characters; at most {need} fit. Keep to one idea."
    status = 422


class RepeatedStatementError(RefusedError):
    """Facts: ``text``."""

    code = "refused.repeated_statement"
    message = "Somebody has said this already: {text}"
    status = 409


class StaleStatementError(RefusedError):
    """Facts: ``happened`` (``accepted``, ``rejected``, ``pending`` or ``withdrawn``), ``by`` (``other``, ``own`` or ``author``)."""

    code = "refused.stale_statement"
    message = "This was changed meanwhile. Load the page again and look at it as it is now."
    status = 409


class AnotherModeratorError(RefusedError):
    """No facts."""

    code = "refused.another_moderator"
    message = "Somebody else has to decide this: you were the one who asked or decided before."
    status = 409


class NoAuthorError(RefusedError):
    """No facts."""

    code = "refused.no_author"
    message = "Nobody can be asked to agree to other words: this statement has no author who takes part here."
    status = 409


class NoAppealError(RefusedError):
    """No facts."""

    code = "refused.no_appeal"
    message = "One can ask once for another look, at a statement of one's own that a moderator did not accept."
    status = 409


class BadRecoveryCodeError(RefusedError):
    """No facts."""

    code = "refused.bad_recovery_code"
    message = "This recovery code is not known here. Check each letter, and that it belongs to this conversation."
    status = 422


class BadMailAddressError(RefusedError):
    """Facts: ``found``."""

    code = "refused.bad_mail_address"
    message = "Found {found}, needed a mail address such as name@example.org."
    status = 422


class BadMailLinkError(RefusedError):
    """No facts."""

    code = "refused.bad_mail_link"
    message = "This link is old or incomplete. Ask for a new one."
    status = 422


class BadAccountNameError(RefusedError):
    """Facts: ``found``."""

    code = "refused.bad_account_name"
    message = "Found the name {found}, needed 1 to 60 letters and digits; blanks and . _ - ' may stand between them."
    status = 422


class AccountTakenError(RefusedError):
    """Facts: ``found`` (the name or the mail address)."""

    code = "refused.account_taken"
    message = "There is an account with {found} already. Sign in with it, or choose another."
    status = 409


class UnknownAccountError(RefusedError):
    """Facts: ``found``."""

    code = "refused.unknown_account"
    message = "There is no account {found}. klal account list names those there are."
    status = 404


class WeakPasswordError(RefusedError):
    """Facts: ``need`` (characters)."""

    code = "refused.weak_password"
    message = (
        "This password is easy to guess. Take at least {need} characters, such as several words that do not belong together: "
        "not a well-known password, not only digits, nothing of your name or address."
    )
    status = 422


class PasswordsDifferError(RefusedError):
    """No facts."""

    code = "refused.passwords_differ"
    message = "The two passwords are not the same. Type the new password twice."
    status = 422


class WrongPasswordError(RefusedError):
    """No facts."""

    code = "refused.wrong_password"
    message = "This is not right. Check each letter and digit and try again; a code that changes is worth a minute, and once."
    status = 403


class LastOwnerError(RefusedError):
    """Facts: ``found`` (conversations)."""

    code = "refused.last_owner"
    message = "Nobody else owns {found}. Make somebody else an owner first."
    status = 409


class OutsideSignInError(RefusedError):
    """Facts: ``service``."""

    code = "refused.outside_sign_in"
    message = "{service} did not let you in, or cannot be reached. Begin again on the sign-in page."
    status = 403


class UnknownOutsideError(RefusedError):
    """Facts: ``service``."""

    code = "refused.unknown_outside"
    message = (
        "{service} knows you, but there is no account here with a mail address it has confirmed as yours. "
        "Ask whoever runs this server for one, or a colleague for an invitation."
    )
    status = 403


class TooManyError(RefusedError):
    """Facts: ``seconds``."""

    code = "refused.too_many"
    message = "That was a lot at once. Wait {seconds} seconds and go on; nothing is lost."
    status = 429


class TooManyHereError(TooManyError):
    """Facts: ``seconds``."""

    code = "refused.too_many_here"
    message = "A lot has come from your network at once. Wait {seconds} seconds and go on; nothing is lost."


class BusyError(KlalError):
    """Facts: ``seconds``."""

    code = "busy"
    message = "klal cannot store this right now. It is tried again in {seconds} seconds; nothing is lost."
    status: ClassVar[int] = 503


class FullError(BusyError):
    """Facts: ``seconds``."""

    code = "busy.full"
    message = (
        "The server's disk is full: nothing new can be stored until its host makes room. What you said before is kept. "
        "It is tried again in {seconds} seconds."
    )
    status = 507
