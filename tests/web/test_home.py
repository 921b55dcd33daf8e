"""The lists of conversations: for everybody, and for convenors."""

from __future__ import annotations

import pytest

from tests.web.pages import HOME, close, snapshot, text_of


def test_home_lists_open_and_finished_conversations(here, visitor):
    from klal.services.opening import open_conversation

    snapshot(here)
    close(open_conversation("Another town?", slug="there"))
    type(here).objects.create(slug="secret", topic="Not yet", phase="draft")
    page = text_of(visitor().get("/"))
    assert 'href="/c/here/"' in page
    assert "40 participants · 4 statements · 1,234 votes" in page
    assert "Finished conversations" in page
    assert 'href="/c/there/report/"' in page
    assert "Not yet" not in page


def test_home_without_conversations_says_so(database):
    from django.test import Client

    assert "No conversation is open here at the moment." in text_of(Client(SERVER_NAME="localhost").get("/"))


@pytest.fixture
def convenor(database):
    from django.contrib.auth.models import User

    return User.objects.create_user("dana", password="a good password")


def test_convenors_sign_in_and_see_their_own_conversations(here, visitor, convenor):
    from klal.services.convening import make_owner

    here.moderation_mode = "before"
    here.save()
    make_owner(convenor, here)
    make_owner(convenor, type(here).objects.create(slug="secret", topic="Not yet", phase="draft"))
    type(here).objects.create(slug="others", topic="Somebody else's")
    snapshot(here)
    client = visitor()
    client.post(f"{HOME}speak/", {"text": "Something to moderate"})
    assert client.get("/convene/")["Location"] == "/convene/sign-in/?next=/convene/"
    response = client.post("/convene/sign-in/", {"name": "dana", "password": "a good password"})
    assert (response.status_code, response["Location"]) == (303, "/convene/")
    page = text_of(client.get("/convene/"))
    assert "What joins our town?" in page
    assert "1 statement to look at" in page
    assert "Not yet" in page
    assert 'href="/c/secret/"' not in page
    assert "Somebody else" not in page
    client.post("/convene/sign-out/")
    assert client.get("/convene/").status_code == 303


@pytest.mark.parametrize(
    ("name", "password"), [("dana", "wrong"), ("nobody", "x"), ("", ""), ("da\x00na", "a\x00"), ("x" * 3000, "y" * 3000)]
)
def test_who_does_not_match_stays_outside(visitor, convenor, here, name, password):
    client = visitor()
    response = client.post("/convene/sign-in/", {"name": name, "password": password})
    assert response.status_code in {403}
    assert "do not match" in text_of(response)
    assert client.get("/convene/").status_code == 303


def test_an_instance_without_conversations_tells_how_to_open_one(visitor, convenor, here):
    here.delete()
    client = visitor()
    client.force_login(convenor)
    assert "Begin with a question." in text_of(client.get("/convene/"))


@pytest.mark.parametrize("name", ["klal-session", "klal-participant", "klal-csrf", "klal-language"])
@pytest.mark.parametrize("address", ["/", "/convene/", HOME])
def test_a_null_byte_in_a_cookie_is_no_fault_of_ours(here, visitor, name, address):
    nulls = r"\000" * 32  # as a cookie may spell them
    client = visitor(HTTP_COOKIE=f'{name}="{nulls}"')
    assert client.get(address).status_code in {200, 303, 400}
    assert client.post("/convene/sign-in/", {"name": "dana", "password": "x"}).status_code in {400, 403}
