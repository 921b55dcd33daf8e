from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from klal.domain.roles import Role
from klal.errors import BadMailLinkError, LastOwnerError, TooManyError


def owner_of(town, account, role="owner"):
    return town.memberships.create(account=account, role=role)


def at_once(*acts):
    """Do acts in threads of their own; return what each raised."""
    from django.db import connections

    told: list[object] = [None] * len(acts)
    ready = threading.Barrier(len(acts))

    def run(place, act):
        ready.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001
            told[place] = type(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return told


def test_of_two_owners_who_leave_at_once_one_stays(make, town):
    from klal.services.accounts.colleagues import remove

    dana, tal = make(), make("tal")
    first, second = owner_of(town, dana), owner_of(town, tal)
    told = at_once(lambda: remove(town, dana, first.pk), lambda: remove(town, tal, second.pk))
    assert sorted(map(str, told)) == sorted(map(str, [None, LastOwnerError]))
    assert town.memberships.filter(role="owner").count() == 1


def test_of_two_who_accept_one_invitation_at_once_one_gets_the_role(make, town):
    from klal.services.accounts.colleagues import accept, invite

    dana, tal, eli = make(), make("tal"), make("eli")
    _, secret = invite(town, dana, "noa@example.org", Role.MODERATOR)
    told = at_once(lambda: accept(secret, tal), lambda: accept(secret, eli))
    assert sorted(map(str, told)) == sorted(map(str, [None, BadMailLinkError]))
    assert town.memberships.count() == 1


def test_a_link_that_two_browsers_send_at_once_lets_one_in(make):
    from klal.services.accounts.links import make_sign_in_link, use_sign_in_link

    secret = make_sign_in_link(make())
    told = at_once(lambda: use_sign_in_link(secret), lambda: use_sign_in_link(secret))
    assert sorted(map(str, told)) == sorted(map(str, [None, BadMailLinkError]))


def test_an_owner_whose_account_is_shut_is_none(make, town):
    from klal.services.accounts.colleagues import remove
    from klal.services.accounts.creating import deactivate

    dana, tal = make(), make("tal")
    first = owner_of(town, dana)
    owner_of(town, tal)
    deactivate(tal)
    with pytest.raises(LastOwnerError):
        remove(town, dana, first.pk)


def test_members_are_listed_owners_first(make, town):
    from klal.services.accounts.colleagues import members_of

    for name, role in (("zoe", "owner"), ("b", "viewer"), ("a", "moderator"), ("Adi", "owner")):
        owner_of(town, make(name), role)
    assert [(one.account.username, one.role) for one in members_of(town)] == [
        ("Adi", "owner"),
        ("zoe", "owner"),
        ("a", "moderator"),
        ("b", "viewer"),
    ]


def test_an_account_is_deleted_with_its_roles_but_what_it_did_stays(make, town):
    from klal.services.accounts.colleagues import delete_account, invite, sole_owner_of
    from klal.store.models import AuditEntry, Invitation

    dana = make()
    owner_of(town, dana)
    invite(town, dana, "noa@example.org", Role.VIEWER)
    assert sole_owner_of(dana) == [town]
    with pytest.raises(LastOwnerError) as told:
        delete_account(dana)
    assert told.value.facts["found"] == "What joins our town?"
    owner_of(town, make("tal"))
    delete_account(dana)
    assert town.memberships.count() == 1
    assert Invitation.objects.get().inviter is None
    assert list(AuditEntry.objects.filter(act="invited").values_list("name", "account")) == [("dana", None)]


def test_old_invitations_are_worth_nothing_and_forgotten(make, town, monkeypatch):
    from klal.services.accounts import sessions
    from klal.services.accounts.colleagues import find_invitation, invite
    from klal.store.models import Invitation

    _, secret = invite(town, make(), "noa@example.org", Role.VIEWER)
    assert find_invitation(secret).email == "noa@example.org"
    Invitation.objects.update(expires=timezone.now() - timedelta(days=31))
    with pytest.raises(BadMailLinkError):
        find_invitation(secret)
    monkeypatch.setattr(sessions, "_next_round", 0.0)
    sessions.forget_expired()
    assert not Invitation.objects.exists()
    invite(town, None, "noa@example.org", Role.VIEWER)
    Invitation.objects.update(expires=timezone.now() - timedelta(days=31))
    sessions.forget_expired()  # once an hour is enough
    assert Invitation.objects.exists()


def test_a_conversation_has_only_so_many_invitations(make, town, monkeypatch):
    from klal.services.accounts.colleagues import invite

    monkeypatch.setattr("klal.services.accounts.colleagues.MOST_WAITING", 1)
    dana = make()
    invite(town, dana, "noa@example.org", Role.VIEWER)
    with pytest.raises(TooManyError):
        invite(town, dana, "eli@example.org", Role.VIEWER)
