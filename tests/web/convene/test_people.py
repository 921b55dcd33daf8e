"""Colleagues: invited, given roles, removed, handed over to; and the page an invitation leads to."""

from __future__ import annotations

import dataclasses
import re

import pytest
from django.test import override_settings

from klal.services.accounts.keyed import digest
from tests.web.convene.accounts import PASSWORD, last_link, make_account, make_old, sign_in
from tests.web.pages import text_of

PEOPLE, INVITATION = "/convene/c/here/people/", "/convene/invitation/"


@pytest.fixture
def database(sqlite_database):
    """Return the embedded database: the services below run on both."""
    return sqlite_database


@pytest.fixture(autouse=True)
def quick_hash(database):
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture
def member(here, people):
    """Return a function that gives the number of somebody's role."""

    def number(who):
        people(who)
        return here.memberships.get(account__username=who).pk

    return number


def role_of(here, who):
    found = here.memberships.filter(account__username=who).first()
    return found.role if found else None


def invite(client, email="noa@example.org", role="moderator"):
    return client.post(PEOPLE, {"do": "invite", "email": email, "role": role})


def token_in(answer):
    return re.search(r"token=([\w-]+)", text_of(answer)).group(1)


def test_the_page_is_for_owners(shut_out, people, member):
    shut_out(PEOPLE, allowed=("owner",), methods=("GET", "POST"))
    page = text_of(people("owner").get(PEOPLE))
    assert page.count('name="do" value="role"') == 3
    assert "Owner" not in page
    assert "צוות" in text_of(people("owner", "he").get(PEOPLE))


def test_leaving_is_for_everybody_with_a_role(people, here, member):
    for who in ("moderator", "viewer"):
        member(who)
        assert people(who).post(f"{PEOPLE}leave/").status_code == 303
        assert role_of(here, who) is None
    assert people("owner").get(f"{PEOPLE}leave/").status_code == 405
    assert people("stranger").post(f"{PEOPLE}leave/").status_code == 404


def test_the_last_owner_neither_leaves_nor_is_removed_nor_changes(people, here, member):
    number = member("owner")
    client = people("owner")
    assert client.post(f"{PEOPLE}leave/").status_code == 409
    assert client.post(PEOPLE, {"do": "remove", "one": number}).status_code == 409
    answer = client.post(PEOPLE, {"do": "role", "one": number, "role": "viewer"})
    assert answer.status_code == 409
    assert "Nobody else owns" in text_of(answer)
    assert role_of(here, "owner") == "owner"


def test_roles_are_changed_and_taken_away_once_or_twice(people, here, member):
    client, number = people("owner"), member("viewer")
    for _ in range(2):
        assert client.post(PEOPLE, {"do": "role", "one": number, "role": "moderator"})["Location"] == f"{PEOPLE}?done=changed"
    assert role_of(here, "viewer") == "moderator"
    assert here.audit_entries.filter(act="role_set").count() == 1
    assert "The role is changed." in text_of(client.get(f"{PEOPLE}?done=changed"))
    assert client.post(PEOPLE, {"do": "remove", "one": number}).status_code == 303
    assert client.post(PEOPLE, {"do": "remove", "one": number}).status_code == 400
    assert role_of(here, "viewer") is None


def test_a_conversation_is_handed_over(people, here, member):
    client, number = people("owner"), member("viewer")
    assert client.post(PEOPLE, {"do": "transfer", "one": member("owner")}).status_code == 400
    assert client.post(PEOPLE, {"do": "transfer", "one": number})["Location"] == "/convene/"
    assert (role_of(here, "viewer"), role_of(here, "owner")) == ("owner", "moderator")
    assert client.get(PEOPLE).status_code == 403


def test_roles_of_another_conversation_are_out_of_reach(people, here, member):
    other = type(here).objects.create(slug="other", topic="Other")
    there = other.memberships.create(account=make_account("tal"), role="viewer")
    client = people("owner")
    for act in ({"do": "remove"}, {"do": "role", "role": "owner"}, {"do": "transfer"}):
        assert client.post(PEOPLE, {**act, "one": there.pk}).status_code == 400
    assert role_of(other, "tal") == "viewer"


@pytest.mark.parametrize(
    "fields",
    [{}, {"do": "evil"}, {"do": "remove"}, {"do": "remove", "one": "x"}, {"do": "role", "one": "1", "role": "king"}, {"do": "\x00"}],
)
def test_what_is_no_form_of_ours_is_refused(people, fields):
    assert people("owner").post(PEOPLE, fields).status_code == 400


def test_acts_on_people_ask_again_an_hour_after_signing_in(people, here, member):
    client, number = people("owner"), member("viewer")
    make_old(client)
    assert client.get(PEOPLE).status_code == 200
    assert client.post(PEOPLE, {"do": "remove", "one": number}).status_code == 428
    assert role_of(here, "viewer") == "viewer"


def test_without_mail_the_link_is_shown_once_to_be_copied(people, here, visitor):
    client = people("owner")
    answer = invite(client)
    token = token_in(answer)
    assert "Give" in text_of(answer)
    page = text_of(client.get(PEOPLE))
    assert token not in page
    assert "noa@example.org" in page
    assert here.invitations.get().digest == digest("invitation", token)
    assert token not in str(list(here.audit_entries.values()))
    assert invite(client, "no address").status_code == 422


def test_with_mail_it_goes_by_mail_only(people, here, database, monkeypatch):
    mailing = dataclasses.replace(database, mail_url="file:///tmp", mail_from="klal@example.org", url="https://klal.example")
    monkeypatch.setattr("klal.web.convene.people.configuration", lambda: mailing)
    monkeypatch.setattr("klal.web.convene.checking.configuration", lambda: mailing)
    assert invite(people("owner"))["Location"] == f"{PEOPLE}?done=invited"
    assert last_link().startswith(f"{INVITATION}?token=")


def test_an_invitation_is_replaced_withdrawn_and_limited(people, here, visitor, monkeypatch):
    monkeypatch.setattr("klal.services.accounts.colleagues.MOST_WAITING", 2)
    client = people("owner")
    first, second = token_in(invite(client)), token_in(invite(client, "Noa@example.org"))
    assert here.invitations.count() == 1
    assert visitor().get(INVITATION, {"token": first}).status_code == 422
    assert visitor().get(INVITATION, {"token": second}).status_code == 200
    invite(client, "eli@example.org")
    assert invite(client, "third@example.org").status_code == 429
    number = here.invitations.get(email="Noa@example.org").pk
    for _ in range(2):
        assert client.post(PEOPLE, {"do": "withdraw", "one": number}).status_code == 303
    assert visitor().get(INVITATION, {"token": second}).status_code == 422


def test_who_has_an_account_accepts_by_a_button_and_once(people, here, visitor):
    token = token_in(invite(people("owner")))
    make_account("noa")
    client = visitor()
    assert "/convene/sign-in/?next=/convene/invitation/" in text_of(client.get(INVITATION, {"token": token}))
    sign_in(client, "noa")
    page = text_of(client.get(INVITATION, {"token": token}))
    assert "What joins our town?" in page
    assert "decides on statements" in page
    assert role_of(here, "noa") is None
    assert client.post(INVITATION, {"token": token})["Location"] == "/convene/c/here/"
    assert role_of(here, "noa") == "moderator"
    assert client.post(INVITATION, {"token": token}).status_code == 422


def test_a_wider_role_is_kept(people, here, visitor, member):
    token, number = token_in(invite(people("owner"), role="viewer")), member("moderator")
    people("moderator").post(INVITATION, {"token": token})
    assert role_of(here, "moderator") == "moderator"
    token = token_in(invite(people("owner"), role="owner"))
    people("moderator").post(INVITATION, {"token": token})
    assert here.memberships.get(pk=number).role == "owner"


def test_who_has_no_account_sets_one_up_right_there(people, here, visitor):
    from django.contrib.auth.models import User

    token = token_in(invite(people("owner")))
    client = visitor()
    fields = {"token": token, "name": "נועה לוי", "password": PASSWORD, "again": PASSWORD}
    wrongs = ({"name": ""}, {"name": "a@b"}, {"name": "owner"}, {"again": "x"}, {"password": "1234567890", "again": "1234567890"})
    for wrong, status in zip(wrongs, (422, 422, 409, 422, 422), strict=True):
        answer = client.post(INVITATION, {**fields, **wrong})
        assert answer.status_code == status
        assert PASSWORD not in text_of(answer)
    assert client.post(INVITATION, fields)["Location"] == "/convene/c/here/"
    made = User.objects.get(username="נועה לוי")
    assert made.check_password(PASSWORD)
    assert made.email == ""  # nobody has proved that the address is theirs: the link was copied
    assert client.get("/convene/account/").status_code == 200
    assert visitor().post(INVITATION, {**fields, "name": "eli"}).status_code == 422


def test_where_mail_is_sent_the_link_proves_the_address(people, here, visitor, database, monkeypatch):
    from django.contrib.auth.models import User

    token = token_in(invite(people("owner")))
    mailing = dataclasses.replace(database, mail_url="file:///tmp", mail_from="klal@example.org", url="https://klal.example")
    monkeypatch.setattr("klal.web.convene.invitation.configuration", lambda: mailing)
    visitor().post(INVITATION, {"token": token, "name": "noa", "password": PASSWORD, "again": PASSWORD})
    assert User.objects.get(username="noa").email == "noa@example.org"


def test_the_invitation_page_knows_its_methods_and_its_links(visitor, people):
    assert visitor().put(INVITATION).status_code == 405
    for token in ("", "x", "\x00", "y" * 5_000):
        assert visitor().get(INVITATION, {"token": token}).status_code == 422
        assert visitor().post(INVITATION, {"token": token}).status_code == 422
    token = token_in(invite(people("owner")))
    assert "הזמנה לכנס שיחה" in text_of(visitor("he").get(INVITATION, {"token": token}))
