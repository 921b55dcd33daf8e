"""A reader's visit to a page of a conversation, and what the edges read from a request."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from klal.domain.ballot import LARGEST_KEY, Ballot, CastVote, Choice, Receipt, new_key
from klal.domain.identity import Identity, new_identity
from klal.domain.language import Language
from klal.errors import BadIdentityError, BadRequestError
from klal.intake.asking import shared_reader
from klal.intake.writer import shared_writer
from klal.services.joining import find_participant
from klal.services.taking_part import find_conversation, is_open
from klal.store.models import Conversation, Participant
from klal.web.errors import wrong_method
from klal.web.reader import identity_or_new, remember_identity
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
    is_new : bool
        Whether the answer has to set the cookie.
    participant : Participant or None
        None for somebody who has done nothing here yet.
    is_open : bool
        Whether the conversation takes votes and statements.
    """

    request: HttpRequest
    conversation: Conversation
    language: Language
    identity: Identity
    is_new: bool
    participant: Participant | None
    is_open: bool

    @property
    def home(self) -> str:
        """Return the conversation's address."""
        return f"/c/{self.conversation.slug}/"

    def show(self, template: str, /, status: int = 200, **context: Any) -> HttpResponse:
        """Return a page of the conversation."""
        values = {
            "is_open": self.is_open,
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
        if self.is_new:
            remember_identity(response, self.identity, self.conversation.slug)
        return response

    def cast(self, *votes: CastVote) -> Receipt:
        """Hand votes in, or none to ask for the next statements.

        Raises
        ------
        RefusedError
            If the one vote was not taken.
        """
        ballot = Ballot(self.conversation.slug, self.identity, votes, self.language.code)
        receipt = shared_writer().cast(ballot) if votes else shared_reader().ask(ballot)
        for _, error in receipt.refused:
            raise error
        return receipt


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
    identity, is_new = identity_or_new(request, slug)
    try:
        participant = None if is_new else find_participant(conversation, identity)
    except BadIdentityError:
        if request.method == "POST":
            raise
        identity, is_new, participant = new_identity(), True, None
    return Visit(
        request, conversation, language_of(request, conversation), identity, is_new, participant, is_open(conversation, timezone.now())
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
