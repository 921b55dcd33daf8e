"""A reader's visit to a page of a conversation, and what the edges read from a request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from klal.domain.ballot import LARGEST_KEY, Ballot, CastVote, Choice, Receipt, new_key
from klal.domain.identity import CHANNEL_COOKIE, Identity, channel_code, new_identity
from klal.domain.language import Language
from klal.domain.limits import Limit
from klal.domain.records import Voters
from klal.errors import BadIdentityError, BadRequestError
from klal.intake.asking import shared_reader
from klal.intake.limits import shared_limits
from klal.intake.writer import shared_writer
from klal.services.joining import find_participant
from klal.services.phases import can_speak
from klal.services.taking_part import find_conversation, is_open, stands
from klal.store.models import Conversation, Participant
from klal.store.opening import configuration
from klal.web.door import address_of
from klal.web.errors import wrong_method
from klal.web.reader import identity_of, is_remembered, remember_identity
from klal.web.rendering import language_of, show

View = Callable[..., HttpResponse]
CHOICES = {"agree": Choice.AGREE, "disagree": Choice.DISAGREE, "pass": Choice.PASS, "withdraw": None}
_MOST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to a page of a conversation.

    Attributes
    ----------
    request : HttpRequest
        As it came.
    conversation : Conversation
        Which.
    language : Language
        The reader's.
    identity : Identity
        Who the browser is, or will be.
    is_unknown : bool
        Whether the answer has to set the cookie.
    participant : Participant or None
        None for somebody who has done nothing here yet.
    is_open : bool
        Whether the conversation takes votes.
    can_speak : bool
        Whether it takes statements of those who take part.
    may_join : bool
        Whether the reader takes part, or may: not a stranger to a conversation for those invited. A stranger reads as if it were closed.
    """

    request: HttpRequest
    conversation: Conversation
    language: Language
    identity: Identity
    is_unknown: bool
    participant: Participant | None
    is_open: bool
    can_speak: bool
    may_join: bool

    @property
    def home(self) -> str:
        """Return the conversation's address."""
        return f"/c/{self.conversation.slug}/"

    def show(self, template: str, /, status: int = 200, **context: Any) -> HttpResponse:
        """Return a page of the conversation."""
        values = {
            "is_open": self.is_open,
            "can_speak": self.can_speak,
            "sends_mail": configuration().sends_mail,
            "is_uninvited": not self.may_join,
            "has_taken_part": self.participant is not None,
            "choice_names": ("agree", "disagree", "pass"),
            **context,
        }
        return self.keep(show(self.request, template, values, conversation=self.conversation, status=status))

    def go(self, address: str) -> HttpResponse:
        """Send the browser on after a form."""
        return self.keep(HttpResponseRedirect(address, status=303))

    def keep(self, response: HttpResponse) -> HttpResponse:
        """Let a new browser know who it is."""
        if self.is_unknown:
            remember_identity(response, self.identity, self.conversation.slug)
        return response

    def spend(self, limit: Limit, *, joins: bool = True) -> None:
        """Count something that the reader's address does.

        Parameters
        ----------
        limit : Limit
            What.
        joins : bool
            Whether somebody new joins with it.

        Raises
        ------
        TooManyHereError
            If it has been too much.
        """
        address = address_of(self.request)
        shared_limits().spend(limit, address)
        if joins and self.participant is None:
            shared_limits().count_join(address)

    @property
    def channel(self) -> str:
        """Return the code of the link the browser came by; empty if none."""
        return channel_code(self.request.COOKIES.get(CHANNEL_COOKIE))

    def cast(self, *votes: CastVote) -> Receipt:
        """Hand votes in, or none to ask for the next statements.

        Raises
        ------
        RefusedError
            If the one vote was not taken.
        """
        address = address_of(self.request)
        ballot = Ballot(self.conversation.slug, self.identity, votes, self.language.code, self.channel, address)
        if votes:
            shared_limits().participants.spend(self.identity.key, len(votes))
            shared_limits().spend(Limit.VOTES, address, len(votes))
        receipt = shared_writer().cast(ballot) if votes else shared_reader().ask(ballot)
        for _, error in receipt.refused:
            raise error
        return receipt

    def take_vote(self) -> CastVote:
        """Hand in the vote that a form of this page holds, and return it.

        A form sent twice is one vote. One that was sent, changed and sent, and changed back again (with the browser's Back) comes
        with a key that was used: then it counts again, for it is not what stands.

        Raises
        ------
        BadRequestError
            If it holds no vote.
        RefusedError
            If the vote was not taken.
        """
        vote = read_vote(self.request)
        self.cast(vote)
        if not stands(self.conversation, self.identity, vote):
            self.cast(replace(vote, key=new_key()))
        return vote


def arrive(request: HttpRequest, slug: str) -> Visit:
    """Return who visits which conversation.

    A browser whose cookie was revoked reads as somebody new and may not send anything as who it was.

    Raises
    ------
    UnknownConversationError
        If there is no such conversation.
    BadIdentityError
        If a form was sent with a revoked cookie.
    """
    conversation = find_conversation(slug)
    identity = identity_of(request, slug)
    try:
        participant = find_participant(conversation, identity) if identity else None
    except BadIdentityError:
        if request.method == "POST":
            raise
        identity, participant = None, None
    identity = identity or new_identity()
    now, may_join = timezone.now(), participant is not None or conversation.voters != Voters.INVITED.value
    return Visit(
        request,
        conversation,
        language_of(request, conversation),
        identity,
        not is_remembered(request, identity, slug),
        participant,
        may_join and is_open(conversation, now),
        may_join and can_speak(conversation, now),
        may_join,
    )


def methods(*allowed: str) -> Callable[[View], View]:
    """Answer every method but these with 405; HEAD goes where GET goes."""

    def wrap(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in allowed and not (request.method == "HEAD" and "GET" in allowed):
                return wrong_method(request, allowed)
            return view(request, *args, **kwargs)

        return checked

    return wrap


def read_vote(request: HttpRequest) -> CastVote:
    """Return the vote a form holds.

    Raises
    ------
    BadRequestError
        If it names no statement or no choice.
    """
    statement, choice = read_number(request.POST.get("statement")), request.POST.get("choice", "")
    if statement is None or choice not in CHOICES:
        raise BadRequestError(found=choice[:20] or "-", needed=" / ".join(CHOICES))
    key, is_important = read_number(request.POST.get("key")), request.POST.get("important") == "1"
    return CastVote(
        key=_key_of(key, statement, choice, is_important) if key else new_key(),
        statement=statement,
        choice=CHOICES[choice],
        is_important=is_important,
    )


def _key_of(key: int, *vote: object) -> int:
    """Return the key of what a form says: sent twice it is one vote, changed and sent again (with the browser's Back) it is another."""
    digest = hashlib.sha256(repr((key, *vote)).encode()).digest()
    return 1 + int.from_bytes(digest[:8], "big") % LARGEST_KEY


def read_number(text: str | None) -> int | None:
    """Return a whole number that the store can hold, None for anything else."""
    if not text or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    return int(text) if int(text) <= _MOST else None
