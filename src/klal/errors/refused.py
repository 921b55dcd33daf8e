"""What somebody asked for on a page or in the API is not possible."""

from __future__ import annotations

from typing import ClassVar

from klal.errors.base import KlalError


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


class MomentOrderError(BadMomentError):
    """Facts: ``earlier``, ``later``."""

    code = "refused.moment_order"
    message = "The dates run backwards: {later} has to come after {earlier}. First it opens, then new statements end, then it closes."


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


class NoGuessError(RefusedError):
    """No facts: what somebody has voted on is nobody else's business."""

    code = "refused.no_guess"
    message = "This cannot be guessed now: one guesses at what others say once one has voted on it oneself, and once only."
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
    message = "This is not right. Check each letter and digit and try again; a code from an app works for a minute, and once."
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
