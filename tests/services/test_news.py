from __future__ import annotations

import re

import pytest

from tests.web.conftest import here, visitor  # noqa: F401 - fixtures


@pytest.fixture
def english():
    from klal.domain.language import get

    return get("en")


def mails():
    from klal.store.models import Mail

    return list(Mail.objects.order_by("pk"))


def token_in(mail):
    return re.search(r"token=(\S+)", mail.text).group(1)


def subscribe(conversation, *addresses, language="en"):
    from django.utils import timezone

    from klal.store.models import Subscription

    for one in addresses:
        Subscription.objects.create(conversation=conversation, email=one, language=language, confirmed=timezone.now())


def test_nothing_is_stored_before_it_is_confirmed(here, english):  # noqa: F811
    from klal.services.news import ask_for_news, check_confirmation, confirm_news
    from klal.store.models import Subscription

    ask_for_news(here, " Ann@Example.ORG ", english)
    assert not Subscription.objects.exists()
    token = token_in(mails()[0])
    assert check_confirmation(here, token) == "Ann@example.org"
    assert not Subscription.objects.exists()
    for _ in range(2):
        confirm_news(here, token)
    assert Subscription.objects.get().email == "Ann@example.org"
    ask_for_news(here, "Ann@example.org", english)
    assert len(mails()) == 1  # who gets news already is not asked again


def test_a_link_is_good_for_its_own_conversation_and_time(here, english):  # noqa: F811
    from klal.errors import BadMailLinkError
    from klal.services.news import ask_for_news, check_confirmation, read_way_out
    from klal.services.opening import open_conversation

    ask_for_news(here, "a@example.org", english)
    token = token_in(mails()[0])
    other = open_conversation("Another?", slug="other")
    for conversation, given in ((other, token), (here, token[:-2]), (here, "")):
        with pytest.raises(BadMailLinkError):
            check_confirmation(conversation, given)
    with pytest.raises(BadMailLinkError):
        read_way_out(token)


def test_nobodys_inbox_is_filled(here, english):  # noqa: F811
    from klal.errors import BadMailAddressError
    from klal.services.news import ask_for_news

    for _ in range(9):
        ask_for_news(here, "a@example.org", english)
    assert len(mails()) == 5
    with pytest.raises(BadMailAddressError):
        ask_for_news(here, "nobody", english)


def test_a_letter_reaches_everybody_once_in_their_language(here, monkeypatch):  # noqa: F811
    from klal.services.news import leave_news, post_letters, read_way_out, send_letter
    from klal.store.models import AuditEntry, News, Subscription

    monkeypatch.setattr("klal.services.news._BATCH", 2)
    subscribe(here, *(f"{n}@example.org" for n in range(4)))
    subscribe(here, "he@example.org", language="he")
    Subscription.objects.create(conversation=here, email="unconfirmed@example.org")
    send_letter(here, {"en": "It is  done", "he": "זה נעשה"}, {"en": "Read it.\r\nAll.", "he": "אפשר לקרוא."}, None)
    subscribe(here, "late@example.org")
    for _ in range(5):
        post_letters()
    sent = mails()
    assert [one.recipient for one in sent] == [*(f"{n}@example.org" for n in range(4)), "he@example.org"]
    assert sent[0].subject == "It is done"
    assert sent[0].text.startswith("Read it.\nAll.\n\n-- \n")
    assert sent[4].subject == "זה נעשה"
    assert sent[0].headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = token_in(sent[0])
    assert f"token={token}>" in sent[0].headers["List-Unsubscribe"]
    letter = News.objects.get()
    assert (letter.recipients, letter.posted is not None) == (5, True)
    assert AuditEntry.objects.get(act="letter_sent").facts == {"title": "It is done"}
    assert read_way_out(token) == (here.pk, "0@example.org")
    for _ in range(2):
        leave_news(token)
    assert not Subscription.objects.filter(email="0@example.org").exists()


def test_of_two_processes_one_posts_a_batch(here):  # noqa: F811
    from klal.services.news import _post_some, send_letter
    from klal.store.models import News

    subscribe(here, "a@example.org")
    send_letter(here, {"en": "One"}, {"en": "Text"}, None)
    first, second = (News.objects.select_related("conversation").get() for _ in range(2))
    _post_some(first)
    _post_some(second)
    assert len(mails()) == 1


def test_a_letter_without_the_readers_language_comes_in_the_main_one(here):  # noqa: F811
    from klal.services.news import post_letters, send_letter

    subscribe(here, "a@example.org", language="he")
    send_letter(here, {"en": "One"}, {"en": "Text"}, None)
    type(here).objects.filter(pk=here.pk).update(languages=["he"])
    send_letter(here, {"en": "Two"}, {"en": "Text"}, None)
    post_letters()
    assert [one.subject for one in mails()] == ["One", "Two"]


def test_nobody_hears_of_what_is_to_be_deleted(here):  # noqa: F811
    from klal.services.deleting import delete_later
    from klal.services.news import post_letters, send_letter

    subscribe(here, "a@example.org")
    send_letter(here, {"en": "One"}, {"en": "Text"}, None)
    delete_later(here, None)
    post_letters()
    assert mails() == []


@pytest.mark.parametrize(
    ("subject", "text"), [({}, {}), ({"en": "A"}, {}), ({"en": "A", "he": "ב"}, {"en": "B"}), ({"en": " "}, {"en": "B"})]
)
def test_half_a_letter_is_none(here, subject, text):  # noqa: F811
    from klal.errors import EmptyLetterError
    from klal.services.news import letter_of

    with pytest.raises(EmptyLetterError):
        letter_of(subject, text)


def test_one_tries_a_letter_on_oneself(here):  # noqa: F811
    from django.contrib.auth.models import User

    from klal.errors import BadMailAddressError
    from klal.services.news import try_letter

    try_letter(here, {"en": "One"}, {"en": "Text"}, User(email="me@example.org"))
    assert [one.recipient for one in mails()] == ["me@example.org"]
    with pytest.raises(BadMailAddressError):
        try_letter(here, {"en": "One"}, {"en": "Text"}, User())


def test_the_same_letter_sent_twice_goes_out_once(here):  # noqa: F811
    from klal.services.news import post_letters, send_letter
    from klal.store.models import AuditEntry, News

    subscribe(here, "a@example.org")
    first, again, other = (send_letter(here, {"en": "One"}, {"en": text}, None) for text in ("Text", "Text ", "More"))
    assert (first.pk, other.pk) == (again.pk, News.objects.last().pk)
    post_letters()
    assert len(mails()) == AuditEntry.objects.filter(act="letter_sent").count() == 2
