"""A convenor at work: who is signed in, at which conversation, with which rights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast
from urllib.parse import quote

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_protect

from klal.domain.language import Language
from klal.domain.roles import Right, Role, rights_of
from klal.errors import NotYourRoleError, UnknownConversationError
from klal.services.convening import role_of
from klal.services.taking_part import wording
from klal.store.models import Conversation
from klal.web.convene.again import ask_again
from klal.web.convene.sessions import keep_alive
from klal.web.reader import reader_language
from klal.web.rendering import show
from klal.web.visit import methods

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Desk:
    """One request to a convenor's page of a conversation.

    Attributes
    ----------
    request : HttpRequest
        As it came.
    account : User
        Who is signed in.
    conversation : Conversation
        Which.
    role : Role
        What the account is in it.
    language : Language
        The reader's.
    """

    request: HttpRequest
    account: User
    conversation: Conversation
    role: Role
    language: Language

    @property
    def address(self) -> str:
        """Return the address of the conversation's convenor pages."""
        return f"/convene/c/{self.conversation.slug}/"

    def may(self, right: Right | str) -> bool:
        """Say whether the role allows something."""
        return Right(right) in rights_of(self.role)

    def show(self, template: str, /, status: int = 200, **context: Any) -> HttpResponse:
        """Return a page with the conversation's own navigation; ``page`` in the context names the one that is open."""
        values = {
            "desk": self,
            "desk_home": self.address,
            "held": self.conversation,
            "held_phase": f"convene.phase.{self.conversation.phase}",
            "wording": wording(self.conversation, self.language.code),
            "may_moderate": self.may(Right.MODERATE),
            "may_manage": self.may(Right.MANAGE),
            **context,
        }
        return show(self.request, f"convene/{template}", values, status=status)

    def go(self, address: str) -> HttpResponse:
        """Send the browser on after a form; an address without a slash in front is one of this conversation's."""
        return HttpResponseRedirect(address if address.startswith("/") else f"{self.address}{address}", status=303)


def signed_in(*allowed: str) -> Callable[[View], View]:
    """Let in who is signed in, by these methods; who is not is asked to sign in and comes back."""

    def wrap(view: View) -> View:
        @csrf_protect
        @methods(*allowed)
        @wraps(view)
        def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                back = request.get_full_path() if request.method in {"GET", "HEAD"} else reverse("convene")
                return HttpResponseRedirect(f"{reverse('convene-sign-in')}?next={quote(back)}", status=303)
            keep_alive(request)
            return view(request, *args, **kwargs)

        return checked

    return wrap


def at_desk(right: Right, *allowed: str) -> Callable[[View], View]:
    """Let in who has a right in the conversation that the address names; the view is given a `Desk` in place of request and slug.

    Who has no role in it is told what a stranger is told: that there is no such conversation.

    Parameters
    ----------
    right : Right
        That the role must allow.
    *allowed : str
        Methods.
    """

    def wrap(view: View) -> View:
        @signed_in(*allowed)
        @wraps(view)
        def checked(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponse:
            conversation = Conversation.objects.filter(slug=slug).first()
            account, conversation = cast(User, request.user), Conversation.objects.filter(slug=slug).first()
            role = role_of(account, conversation) if conversation else None
            if conversation is None or role is None:
                raise UnknownConversationError(slug=slug)
            if right not in rights_of(role):
                raise NotYourRoleError(role=role.value)
            return view(Desk(request, account, conversation, role, reader_language(request)), *args, **kwargs)

        return checked

    return wrap


def recently(view: View) -> View:
    """Ask for the password again before a form is taken, if the sign-in is older than an hour: for what cannot be taken back.

    Goes inside `signed_in` or `at_desk`. Files that the form carries have to be chosen again.
    """

    @wraps(view)
    def checked(at: Desk | HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return ask_again(at.request if isinstance(at, Desk) else at) or view(at, *args, **kwargs)

    return checked
