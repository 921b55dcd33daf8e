"""The tables, one module for each side of a conversation."""

from klal.store.models.accounts import AccessToken, AccountLink, AuditEntry, Invitation, Membership, OutsideIdentity, SignIn
from klal.store.models.analysis import ReportPage, Snapshot
from klal.store.models.conversation import Conversation, Participant, Statement
from klal.store.models.guesses import Guess
from klal.store.models.moderation import Appeal, Lineage, ModerationAct, Proposal
from klal.store.models.sharing import Admission, Alert, Channel, Mail, News, Subscription
from klal.store.models.votes import Vote, VoteEvent

__all__ = [
    "AccessToken",
    "AccountLink",
    "Admission",
    "Alert",
    "Appeal",
    "AuditEntry",
    "Channel",
    "Conversation",
    "Guess",
    "Invitation",
    "Lineage",
    "Mail",
    "Membership",
    "ModerationAct",
    "News",
    "OutsideIdentity",
    "Participant",
    "Proposal",
    "ReportPage",
    "SignIn",
    "Snapshot",
    "Statement",
    "Subscription",
    "Vote",
    "VoteEvent",
]
