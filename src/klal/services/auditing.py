"""The audit log: every administrative act, written in the transaction that does it."""

from __future__ import annotations

from django.contrib.auth.models import User

from klal.store.models import AuditEntry, Conversation


def note_act(act: str, account: User | None, conversation: Conversation | None = None, *, subject: str = "", **facts: object) -> None:
    """Write an act down.

    Parameters
    ----------
    act : str
        What was done, such as ``phase_set``; every language has a sentence ``convene.act.<act>`` with the facts as placeholders.
    account : User or None
        Who did it; None for the terminal, and for klal itself.
    conversation : Conversation, optional
        Where.
    subject : str
        What it was done to, such as ``statement:12``.
    **facts
        What changed, in values that JSON holds; no secrets, no participants.
    """
    AuditEntry.objects.create(
        act=act,
        account=account,
        name=account.get_username() if account else "",
        conversation=conversation,
        slug=conversation.slug if conversation else "",
        subject=subject,
        facts=facts,
    )
