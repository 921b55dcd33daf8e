"""Who convenes which conversation."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db.models import QuerySet

from klal.domain.roles import Role
from klal.store.models import Conversation, Membership


def role_of(account: User, conversation: Conversation) -> Role | None:
    """Return an account's role in a conversation, None if it has none; the host's own account owns all of them.

    Parameters
    ----------
    account : User
        Signed in, and active.
    conversation : Conversation
        Which.
    """
    if account.is_superuser:
        return Role.OWNER
    found = Membership.objects.filter(account=account, conversation=conversation).values_list("role", flat=True).first()
    return Role(found) if found else None


def conversations_of(account: User) -> QuerySet[Conversation]:
    """Return the conversations an account convenes, the newest first; put-away ones too."""
    found = Conversation.objects.order_by("-created", "-pk")
    return found if account.is_superuser else found.filter(memberships__account=account)


def make_owner(account: User, conversation: Conversation) -> None:
    """Give an account everything to do with a conversation; belongs into the transaction that opens it."""
    Membership.objects.update_or_create(account=account, conversation=conversation, defaults={"role": Role.OWNER.value})
