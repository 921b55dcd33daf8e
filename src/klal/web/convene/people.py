"""Who convenes a conversation: invite, change roles, remove, hand over, leave."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from klal.domain.roles import Right, Role
from klal.errors import BadMailAddressError, BadRequestError, LastOwnerError, TooManyError
from klal.services.accounts import colleagues
from klal.services.convening import role_of
from klal.store.opening import configuration
from klal.web.convene.checking import home_of
from klal.web.convene.desk import Desk, at_desk, recently
from klal.web.convene.stamps import stamp
from klal.web.door import door
from klal.web.visit import read_number

_LONGEST_ADDRESS = 320
DONE = ("invited", "withdrawn", "changed", "removed", "transferred")
"""What the page may say was done."""


@at_desk(Right.MANAGE, "GET", "POST")
@recently
def page(desk: Desk) -> HttpResponse:
    """Show who convenes, and do what a form asks."""
    acts = {"invite": _invite, "withdraw": _withdraw, "role": _role, "remove": _remove, "transfer": _transfer}
    if desk.request.method != "POST":
        done = desk.request.GET.get("done", "")
        return _show(desk, done=f"convene.people.done_{done}" if done in DONE else "")
    act = desk.request.POST.get("do", "")
    if act not in acts:
        raise BadRequestError(found=act[:20] or "-", needed=" / ".join(acts))
    try:
        return acts[act](desk)
    except LastOwnerError as error:
        return _show(desk, error.status, sentence=desk.language.error(error))


@at_desk(Right.WATCH, "POST")
def leave(desk: Desk) -> HttpResponse:
    """Give up one's own role."""
    member = desk.conversation.memberships.filter(account=desk.account).first()
    if member is not None:
        colleagues.remove(desk.conversation, desk.account, member.pk)
    return desk.go(f"{reverse('convene-account')}?done=left")


def _invite(desk: Desk) -> HttpResponse:
    typed = desk.request.POST.get("email", "").strip()[:_LONGEST_ADDRESS]
    try:
        door.post(typed, desk.account.pk)
        made, secret = colleagues.invite(desk.conversation, desk.account, typed, _role_in(desk.request))
    except (BadMailAddressError, TooManyError) as error:
        return _show(desk, error.status, typed=typed, wrong=desk.language.error(error))
    link = f"{home_of(desk.request)}{reverse('convene-invitation')}?token={secret}"
    colleagues.mail_invitation(made, desk.account, link, desk.language)
    if configuration().sends_mail:
        return desk.go("people/?done=invited")
    return _show(desk, link=link, invited=made)


def _withdraw(desk: Desk) -> HttpResponse:
    colleagues.withdraw(desk.conversation, desk.account, _number_in(desk.request))
    return desk.go("people/?done=withdrawn")


def _role(desk: Desk) -> HttpResponse:
    colleagues.change_role(desk.conversation, desk.account, _number_in(desk.request), _role_in(desk.request))
    return _back(desk, "changed")


def _remove(desk: Desk) -> HttpResponse:
    colleagues.remove(desk.conversation, desk.account, _number_in(desk.request))
    return _back(desk, "removed")


def _transfer(desk: Desk) -> HttpResponse:
    colleagues.transfer(desk.conversation, desk.account, _number_in(desk.request))
    return _back(desk, "transferred")


def _back(desk: Desk, done: str) -> HttpResponse:
    """Go back to the page, or to the list for who may not see it any more."""
    is_owner = role_of(desk.account, desk.conversation) is Role.OWNER
    return desk.go(f"people/?done={done}" if is_owner else reverse("convene"))


def _role_in(request: HttpRequest) -> Role:
    found = request.POST.get("role", "")
    if found not in set(Role):
        raise BadRequestError(found=found[:20] or "-", needed=" / ".join(Role))
    return Role(found)


def _number_in(request: HttpRequest) -> int:
    found = read_number(request.POST.get("one"))
    if found is None:
        raise BadRequestError(found="-", needed="one")
    return found


def _show(desk: Desk, status: int = 200, **context: Any) -> HttpResponse:
    roles = [(role.value, f"convene.role.{role}", f"convene.role_text.{role}") for role in reversed(Role)]
    members = [
        {
            "number": one.pk,
            "name": one.account.get_username(),
            "email": one.account.email,
            "role": one.role,
            "me": one.account_id == desk.account.pk,
        }
        for one in colleagues.members_of(desk.conversation)
    ]
    waiting = [
        {"number": one.pk, "email": one.email, "role": f"convene.role.{one.role}", "until": stamp(one.expires)}
        for one in colleagues.invitations_of(desk.conversation)
    ]
    return desk.show("people.html", status, page="people", roles=roles, members=members, waiting=waiting, **context)
