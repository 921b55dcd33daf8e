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
    │   │   └── MomentOrderError       422: dates that run backwards
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
    │   ├── NoGuessError               409: they have not voted on it themselves, or it is not asked
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

from klal.errors.base import Fact, KlalError
from klal.errors.busy import (
    BusyError,
    FullError,
)
from klal.errors.given import (
    AddressInUseError,
    BadBackupError,
    BadIdError,
    BadLineError,
    BadOptionError,
    BadSettingError,
    BadVoteError,
    ConversationExistsError,
    EncodingError,
    InputError,
    InUseError,
    MissingColumnError,
    MissingInputError,
    MovedError,
    NewerBackupError,
    NotEmptyError,
    NotEnoughError,
    NotEnoughVotesError,
    OutputError,
    TooLargeError,
    UnknownFormatError,
    UnknownStatementError,
    UnsafeArchiveError,
)
from klal.errors.refused import (
    AccountTakenError,
    AlreadyOpenError,
    AnotherModeratorError,
    BadAccountNameError,
    BadAdmissionCodeError,
    BadIdentityError,
    BadMailAddressError,
    BadMailLinkError,
    BadMomentError,
    BadRecoveryCodeError,
    BadRequestError,
    BadTokenError,
    ClosedError,
    DeletionSetError,
    EmptyLetterError,
    EmptyStatementError,
    ForeignOriginError,
    LastOwnerError,
    LongStatementError,
    MomentOrderError,
    NoAppealError,
    NoAuthorError,
    NoGuessError,
    NoResultsError,
    NoSuchStatementError,
    NotInvitedError,
    NoTopicError,
    NotServedHereError,
    NotTypedError,
    NotYourRoleError,
    NotYoursError,
    OutsideSignInError,
    PasswordsDifferError,
    RefusedError,
    RepeatedStatementError,
    RequestTooLargeError,
    SettingsChangedError,
    StaleStatementError,
    TooManyError,
    TooManyHereError,
    UnknownAccountError,
    UnknownConversationError,
    UnknownOutsideError,
    UsedKeyError,
    VotedStatementError,
    VotesOnlyError,
    WeakPasswordError,
    WrongMethodError,
    WrongPasswordError,
)

__all__ = [
    "AccountTakenError",
    "AddressInUseError",
    "AlreadyOpenError",
    "AnotherModeratorError",
    "BadAccountNameError",
    "BadAdmissionCodeError",
    "BadBackupError",
    "BadIdError",
    "BadIdentityError",
    "BadLineError",
    "BadMailAddressError",
    "BadMailLinkError",
    "BadMomentError",
    "BadOptionError",
    "BadRecoveryCodeError",
    "BadRequestError",
    "BadSettingError",
    "BadTokenError",
    "BadVoteError",
    "BusyError",
    "ClosedError",
    "ConversationExistsError",
    "DeletionSetError",
    "EmptyLetterError",
    "EmptyStatementError",
    "EncodingError",
    "Fact",
    "ForeignOriginError",
    "FullError",
    "InUseError",
    "InputError",
    "KlalError",
    "LastOwnerError",
    "LongStatementError",
    "MissingColumnError",
    "MissingInputError",
    "MomentOrderError",
    "MovedError",
    "NewerBackupError",
    "NoAppealError",
    "NoAuthorError",
    "NoGuessError",
    "NoResultsError",
    "NoSuchStatementError",
    "NoTopicError",
    "NotEmptyError",
    "NotEnoughError",
    "NotEnoughVotesError",
    "NotInvitedError",
    "NotServedHereError",
    "NotTypedError",
    "NotYourRoleError",
    "NotYoursError",
    "OutputError",
    "OutsideSignInError",
    "PasswordsDifferError",
    "RefusedError",
    "RepeatedStatementError",
    "RequestTooLargeError",
    "SettingsChangedError",
    "StaleStatementError",
    "TooLargeError",
    "TooManyError",
    "TooManyHereError",
    "UnknownAccountError",
    "UnknownConversationError",
    "UnknownFormatError",
    "UnknownOutsideError",
    "UnknownStatementError",
    "UnsafeArchiveError",
    "UsedKeyError",
    "VotedStatementError",
    "VotesOnlyError",
    "WeakPasswordError",
    "WrongMethodError",
    "WrongPasswordError",
]
