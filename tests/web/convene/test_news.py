from __future__ import annotations

from tests.web.pages import text_of

NEWS = "/convene/c/here/news/"
LETTER = {"subject_en": "What came of it", "text_en": "The bench is built.", "subject_he": "מה יצא מזה", "text_he": "הספסל נבנה."}


def mails():
    from klal.store.models import Mail

    return list(Mail.objects.order_by("pk").values_list("recipient", "subject"))


def test_owners_alone_write_letters(shut_out):
    shut_out(NEWS, allowed=("owner",), methods=("GET", "POST"))


def test_a_letter_is_shown_tried_and_sent(here, people):
    from django.utils import timezone

    from klal.services.news import post_letters
    from klal.store.models import Subscription

    Subscription.objects.create(conversation=here, email="reader@example.org", language="he", confirmed=timezone.now())
    owner = people("owner")
    assert "1 person has asked for news." in text_of(owner.get(NEWS))
    shown = text_of(owner.post(NEWS, {**LETTER, "what": "show"}))
    assert "What they will read" in shown
    assert "The bench is built.</textarea>" in shown
    assert mails() == []
    assert "A trial goes to owner@example.org." in text_of(owner.post(NEWS, {**LETTER, "what": "try"}))
    assert [one for one, _ in mails()] == ["owner@example.org"] * 2
    assert owner.post(NEWS, {**LETTER, "what": "send"})["Location"] == f"{NEWS}?sent=1"
    post_letters()
    assert mails()[-1] == ("reader@example.org", "מה יצא מזה")
    page = text_of(owner.get(f"{NEWS}?sent=1"))
    assert "The letter is on its way." in page
    assert "to 1 person" in page
    assert "reader@example.org" not in page


def test_half_a_letter_stays_in_the_form(people):
    answer = people("owner").post(NEWS, {"subject_en": "Only this", "what": "send"})
    assert answer.status_code == 422
    assert 'value="Only this"' in text_of(answer)
    assert "needs a subject and a text" in text_of(answer)


def test_who_has_no_address_is_told_so_and_keeps_the_letter(people):
    from django.contrib.auth.models import User

    owner = people("owner")
    User.objects.filter(username="owner").update(email="")
    answer = owner.post(NEWS, {**LETTER, "what": "try"})
    assert answer.status_code == 422
    assert "Your account has no mail address." in text_of(answer)
    assert "The bench is built.</textarea>" in text_of(answer)
    assert mails() == []
