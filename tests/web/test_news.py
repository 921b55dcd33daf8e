from __future__ import annotations

import re

import pytest

from tests.web.pages import HOME, text_of

NEWS = f"{HOME}news/"


@pytest.fixture
def mail_works(monkeypatch, here):
    """Let this instance send mail."""
    from dataclasses import replace

    from klal.store.opening import configuration

    found = replace(configuration(), mail_url="smtp://mail.example", mail_from="klal@example.org", url="https://klal.example")
    for module in ("services.news", "web.pages.news", "web.visit"):
        monkeypatch.setattr(f"klal.{module}.configuration", lambda: found)


def last_mail():
    from klal.store.models import Mail

    return Mail.objects.order_by("-pk").first()


def readers():
    from klal.store.models import Subscription

    return list(Subscription.objects.values_list("email", flat=True))


def test_without_mail_it_is_not_offered(browser_of):
    assert "This server sends no mail." in text_of(browser_of.get(NEWS))
    assert browser_of.post(NEWS, {"mail": "a@example.org"}).status_code == 400
    assert "news/" not in text_of(browser_of.get(f"{HOME}mine/"))


def test_news_is_asked_for_confirmed_and_left(mail_works, browser_of, visitor):
    assert "news/" in text_of(browser_of.get(f"{HOME}mine/"))
    answer = browser_of.post(NEWS, {"mail": "a@example.org"})
    assert "If a@example.org can get news here" in text_of(answer)
    link = re.search(r"https://klal.example(/\S+)", last_mail().text).group(1)
    stranger = visitor()  # the mail is read on another device
    assert "From now on news goes to" in text_of(stranger.get(link))
    assert readers() == []
    token = link.partition("token=")[2]
    for _ in range(2):
        assert "Done." in text_of(stranger.post(f"{NEWS}confirm/", {"token": token}))
    assert readers() == ["a@example.org"]
    known, unknown = (text_of(browser_of.post(NEWS, {"mail": one})) for one in ("a@example.org", "b@example.org"))
    assert "If a@example.org can get news" in known
    assert "If b@example.org can get news" in unknown


@pytest.fixture
def way_out(mail_works, here):
    from django.utils import timezone

    from klal.services.news import post_letters, send_letter
    from klal.store.models import Subscription

    Subscription.objects.create(conversation=here, email="a@example.org", confirmed=timezone.now())
    send_letter(here, {"en": "One"}, {"en": "Text"}, None)
    post_letters()
    return last_mail().headers["List-Unsubscribe"].strip("<>").removeprefix("https://klal.example")


def test_a_link_changes_nothing_until_the_button_is_pressed(way_out, visitor):
    client = visitor()
    assert "One click ends it." in text_of(client.get(way_out))
    assert readers() == ["a@example.org"]
    for _ in range(2):
        assert "no more news goes to a@example.org" in text_of(client.post(way_out))
    assert readers() == []


def test_a_mail_program_leaves_in_one_click_without_cookies(way_out, visitor):
    program = visitor(enforce_csrf_checks=True)
    assert program.post(way_out, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded").status_code == 200
    assert readers() == []


def test_one_can_leave_what_is_hidden(way_out, here, visitor):
    from klal.services.deleting import delete_later

    delete_later(here, None)
    assert visitor().post(way_out).status_code == 200
    assert readers() == []


def test_wrong_links_addresses_and_methods_are_refused(mail_works, browser_of):
    assert browser_of.get(f"{NEWS}confirm/?token=x").status_code == 422
    assert browser_of.post(f"{NEWS}confirm/", {"token": "x"}).status_code == 422
    assert browser_of.get(f"{NEWS}out/?token=x").status_code == 422
    assert browser_of.post(NEWS, {"mail": "nobody"}).status_code == 422
    for address in (NEWS, f"{NEWS}confirm/", f"{NEWS}out/"):
        assert browser_of.put(address).status_code == 405
