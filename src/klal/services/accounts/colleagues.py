"""Who convenes a conversation together: inviting colleagues, their roles, handing it over, leaving it; never without an owner."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from klal.domain.language import Language, Phrase
from klal.domain.roles import Role, rights_of
from klal.errors import BadMailLinkError, BadRequestError, LastOwnerError, TooManyError
from klal.services.accounts.creating import check_address, check_free, create_account
from klal.services.accounts.keyed import digest, digests, new_secret
from klal.services.auditing import note_act
from klal.services.mailing import post
from klal.services.taking_part import wording
from klal.store.models import Conversation, Invitation, Membership

VALID = timedelta(days=14)
MOST_WAITING = 30
"""Invitations of one conversation that may wait for an answer: nobody's inbox is filled from here."""
_HOUR = 3_600


def members_of(conversation: Conversation) -> list[Membership]:
    """Return who convenes a conversation, owners first."""
    order = {role.value: place for place, role in enumerate(Role)}
    found = Membership.objects.filter(conversation=conversation).select_related("account")
    return sorted(found, key=lambda one: (order[one.role], one.account.username.casefold()))


def invitations_of(conversation: Conversation) -> QuerySet[Invitation]:
    """Return the invitations that wait for an answer, the newest first."""
    return Invitation.objects.filter(conversation=conversation, answered=None, expires__gt=timezone.now()).order_by("-pk")


def invite(conversation: Conversation, by: User, email: str, role: Role) -> tuple[Invitation, str]:
    """Ask a colleague to help convene; an earlier invitation to the same address is replaced.

    Parameters
    ----------
    conversation : Conversation
        Which.
    by : User
        Who asks.
    email : str
        Of the colleague.
    role : Role
        That they are to have.

    Returns
    -------
    Invitation
        As stored.
    str
        What the link carries, which nobody can read again.

    Raises
    ------
    BadMailAddressError
        If it is no mail address.
    TooManyError
        If too many wait for an answer already.
    """
    plain = check_address(email)
    secret = new_secret()
    with transaction.atomic():
        _hold(conversation)
        invitations_of(conversation).filter(email__iexact=plain).delete()
        if invitations_of(conversation).count() >= MOST_WAITING:
            raise TooManyError(seconds=_HOUR)
        made = Invitation.objects.create(
            conversation=conversation,
            email=plain,
            role=role.value,
            digest=digest("invitation", secret),
            inviter=by,
            expires=timezone.now() + VALID,
        )
        note_act("invited", by, conversation, subject=f"invitation:{made.pk}", email=plain, role=role.value)
    return made, secret


def mail_invitation(invitation: Invitation, by: User, link: str, language: Language) -> None:
    """Mail an invitation, in the language of who sends it."""
    conversation = invitation.conversation
    topic = wording(conversation, language.code).topic or conversation.slug
    role = language.text(f"convene.role.{invitation.role}")
    body = language.text("convene.mail.invitation_body", name=by.get_username(), topic=topic, role=role, link=Phrase(link))
    post(invitation.email, language.text("convene.mail.invitation_subject", topic=" ".join(topic.split())[:120]), body, valid=VALID)


def withdraw(conversation: Conversation, by: User, number: int) -> None:
    """Take an invitation back; it is no fault if it was answered or withdrawn before."""
    with transaction.atomic():
        found = invitations_of(conversation).filter(pk=number).first()
        if found is not None:
            found.delete()
            note_act("invitation_withdrawn", by, conversation, subject=f"invitation:{number}", email=found.email)


def find_invitation(secret: str) -> Invitation:
    """Return the invitation that a link carries; changes nothing.

    Raises
    ------
    BadMailLinkError
        If it is none of ours, was answered or withdrawn, or is too old.
    """
    waiting = Invitation.objects.filter(answered=None, expires__gt=timezone.now(), digest__in=digests("invitation", secret))
    found = waiting.select_related("conversation", "inviter").first()
    if found is None:
        raise BadMailLinkError
    return found


def accept(secret: str, account: User) -> Conversation:
    """Give an account the role it is invited to; who has a wider one already keeps it.

    Raises
    ------
    BadMailLinkError
        As `find_invitation`; of two who accept at once one is refused.
    """
    found = find_invitation(secret)
    with transaction.atomic():
        if not Invitation.objects.filter(pk=found.pk, answered=None).update(answered=timezone.now()):
            raise BadMailLinkError
        member, is_new = Membership.objects.get_or_create(conversation=found.conversation, account=account, defaults={"role": found.role})
        if not is_new and rights_of(found.role) > rights_of(member.role):
            member.role = found.role
            member.save(update_fields=["role"])
        subject = f"account:{account.pk}"
        note_act("invitation_accepted", account, found.conversation, subject=subject, name=account.get_username(), role=member.role)
    return found.conversation


def accept_anew(secret: str, name: str, password: str, *, is_proved: bool) -> tuple[User, Conversation]:
    """Make an account for somebody who was invited, and accept.

    Parameters
    ----------
    secret : str
        As in the link.
    name, password : str
        As typed; the password twice and alike.
    is_proved : bool
        Whether the link can only have come by mail, so that the address is theirs.

    Raises
    ------
    BadMailLinkError, BadAccountNameError, AccountTakenError, WeakPasswordError
        As `accept` and `create_account`.
    """
    found = find_invitation(secret)
    email = found.email if is_proved else ""
    check_free(email=email)
    with transaction.atomic():
        account = create_account(name, email, password)
        return account, accept(secret, account)


def change_role(conversation: Conversation, by: User, number: int, role: Role) -> None:
    """Give a member another role.

    Raises
    ------
    LastOwnerError
        If the conversation would be left without an owner.
    BadRequestError
        If there is no such member.
    """
    with transaction.atomic():
        member = _member(conversation, number)
        if member.role == role.value:
            return
        old, member.role = member.role, role.value
        member.save(update_fields=["role"])
        _keep_an_owner(conversation, old)
        facts = {"name": member.account.get_username(), "old": old, "role": role.value}
        note_act("role_set", by, conversation, subject=f"account:{member.account_id}", **facts)


def remove(conversation: Conversation, by: User, number: int) -> None:
    """Take a member's role away; with their own they leave.

    Raises
    ------
    LastOwnerError, BadRequestError
        As `change_role`.
    """
    with transaction.atomic():
        member = _member(conversation, number)
        member.delete()
        _keep_an_owner(conversation, member.role)
        act = "left" if member.account_id == by.pk else "removed"
        note_act(act, by, conversation, subject=f"account:{member.account_id}", name=member.account.get_username(), role=member.role)


def transfer(conversation: Conversation, by: User, number: int) -> None:
    """Hand a conversation over: the member becomes its owner, and who was it before becomes a moderator.

    Raises
    ------
    BadRequestError
        If there is no such member, or it is who asks.
    """
    with transaction.atomic():
        member = _member(conversation, number)
        if member.account_id == by.pk:
            raise BadRequestError(found=by.get_username(), needed="somebody else")
        Membership.objects.filter(conversation=conversation, account=by).update(role=Role.MODERATOR.value)
        member.role = Role.OWNER.value
        member.save(update_fields=["role"])
        note_act("transferred", by, conversation, subject=f"account:{member.account_id}", name=member.account.get_username())


def sole_owner_of(account: User) -> list[Conversation]:
    """Return the conversations that nobody else owns."""
    owned = Membership.objects.filter(account=account, role=Role.OWNER.value).values("conversation")
    shared = Membership.objects.filter(role=Role.OWNER.value, conversation__in=owned).exclude(account=account).values("conversation")
    return list(Conversation.objects.filter(pk__in=owned).exclude(pk__in=shared).order_by("pk"))


def delete_account(account: User) -> None:
    """Delete somebody's own account, with its roles, sessions and tokens; what it did stays in the log under its name.

    Raises
    ------
    LastOwnerError
        If conversations would be left without an owner.
    """
    from klal.services.accounts.sessions import end_all

    with transaction.atomic():
        for number in sorted(account.memberships.values_list("conversation", flat=True)):
            _hold(Conversation(pk=number))
        alone = sole_owner_of(account)
        if alone:
            raise LastOwnerError(found=" · ".join(one.topic or one.slug for one in alone))
        end_all(account)
        note_act("account_deleted", account, subject=f"account:{account.pk}", name=account.get_username())
        account.delete()


def _keep_an_owner(conversation: Conversation, old: str) -> None:
    owners = Membership.objects.filter(conversation=conversation, role=Role.OWNER.value, account__is_active=True)
    if old == Role.OWNER.value and not owners.exists():
        raise LastOwnerError(found=conversation.topic or conversation.slug)


def _member(conversation: Conversation, number: int) -> Membership:
    """Return a member, with the conversation's roles held against everybody else until the transaction ends."""
    _hold(conversation)
    found = Membership.objects.filter(conversation=conversation, pk=number).select_related("account").first()
    if found is None:
        raise BadRequestError(found=str(number), needed="-")
    return found


def _hold(conversation: Conversation) -> None:
    Conversation.objects.select_for_update(no_key=True).filter(pk=conversation.pk).values("pk").first()
