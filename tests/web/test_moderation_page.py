from __future__ import annotations

import pytest

from tests.web.pages import HOME, close, numbers, text_of

PAGE, MINE = f"{HOME}moderation/", f"{HOME}mine/"
MINE_SAID, OTHER_WORDS = "Lamps and benches for the park.", "The park needs lamps."


@pytest.fixture
def spoken(here, browser_of):
    """Return the reader's own statement, which waits."""
    type(here).objects.filter(pk=here.pk).update(moderation_mode="before")
    here.refresh_from_db()
    browser_of.post(f"{HOME}speak/", {"text": MINE_SAID})
    here.refresh_from_db()
    return here.statements.get(text=MINE_SAID)


@pytest.fixture
def anna(here):
    from django.contrib.auth.models import User

    return User.objects.create_user("anna", "anna@example.org")


def reject(here, anna, statement, reason="unclear", note="What is meant?"):
    from klal.domain.moderation import Act
    from klal.services.moderation.acting import Seen
    from klal.services.moderation.deciding import Decision, decide

    statement.refresh_from_db()
    decide(here, anna, Decision(Act.REJECT, reason, note), [Seen(statement.pk, statement.version)])


def propose(here, anna, statement, *texts):
    from klal.services.moderation.acting import Seen
    from klal.services.moderation.proposing import propose as put

    return put(here, anna, Seen(statement.pk, statement.version), texts, note="Clearer?")


def test_anybody_reads_the_reasons_and_that_nothing_was_rejected(visitor):
    page = text_of(visitor().get(PAGE))
    assert "It degrades people for what they are." in page
    assert "Nothing has been rejected so far." in page
    assert "In this conversation" not in page


def test_the_log_tells_what_and_why_but_not_who_nor_when_in_the_day(here, visitor, anna):
    first, second, *_ = (here.statements.get(pk=number) for number in numbers(here))
    reject(here, anna, first, "off_topic", "A note between us.")
    reject(here, anna, second, "personal")
    page = text_of(visitor().get(PAGE))
    assert first.text in page
    assert second.text not in page
    assert "(text not shown)" in page
    first.refresh_from_db()
    for hidden in ("anna", "A note between us.", f"{first.moderated:%H:%M}"):
        assert hidden not in page


def test_a_page_of_the_log_that_is_not_there_is_the_nearest(visitor):
    for asked in ("?page=99", "?page=x", "?page=0"):
        assert visitor().get(f"{PAGE}{asked}").status_code == 200


def test_a_long_log_is_turned(here, visitor, anna, monkeypatch):
    from klal.services.moderation import policy

    monkeypatch.setattr(policy, "PAGE", 1)
    for number in numbers(here)[:3]:
        reject(here, anna, here.statements.get(pk=number))
    middle = text_of(visitor().get(f"{PAGE}?page=2"))
    assert ("?page=1#log" in middle, "?page=3#log" in middle, "Page 2 of 3" in middle) == (True, True, True)


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_other_methods_are_refused(visitor, method):
    assert getattr(visitor(), method)(PAGE).status_code == 405


def test_a_conversation_that_is_not_there_has_no_log(visitor):
    assert visitor().get("/c/nowhere/moderation/").status_code == 404


def test_the_author_reads_the_policys_reason_and_the_note(here, browser_of, spoken, anna):
    reject(here, anna, spoken)
    page = text_of(browser_of.get(MINE))
    assert "It is not clear what it says. The moderator’s reason: What is meant?" in page
    assert "Ask for another look" in page


def test_the_vote_a_waiting_statement_was_sent_with_waits_too(here, browser_of, spoken):
    browser_of.post(f"{HOME}speak/", {"text": "The park needs a fountain.", "agrees": "1"})
    page = text_of(browser_of.get(MINE))
    assert "your vote on it is not counted" not in page
    assert page.count("Waiting for a moderator") == 3


def test_an_author_asks_once_for_another_look(here, browser_of, spoken, anna):
    from klal.store.models import Appeal

    reject(here, anna, spoken)
    for _ in range(2):
        answer = browser_of.post(MINE, {"appeal": spoken.pk, "why": "It is clear."})
        assert answer.status_code == 303
    assert Appeal.objects.get().text == "It is clear."
    page = text_of(browser_of.get(answer["Location"]))
    assert ("Your request arrived." in page, "It has not been decided yet." in page) == (True, True)
    assert "<summary>Ask for another look" not in page
    assert browser_of.post(MINE, {"appeal": spoken.pk, "why": "Once more."}).status_code == 409
    from klal.services.moderation.appealing import answer_appeal

    answer_appeal(here, anna, Appeal.objects.get().pk, granted=False, note="Still not.")
    page = text_of(browser_of.get(MINE))
    assert ("It stays as it was decided." in page, "They write: Still not." in page) == (True, True)


def test_nobody_appeals_for_another(here, visitor, spoken, anna):
    reject(here, anna, spoken)
    assert visitor().post(MINE, {"appeal": spoken.pk}).status_code == 409
    assert visitor().post(MINE, {"appeal": "x"}).status_code == 400


@pytest.mark.parametrize("parts", [(OTHER_WORDS,), (OTHER_WORDS, "The park needs benches.")])
def test_an_author_agrees_to_other_words(here, browser_of, spoken, anna, parts):
    made = propose(here, anna, spoken, *parts)
    page = text_of(browser_of.get(MINE))
    assert all(text in page for text in (*parts, "They write: Clearer?", "Yes, put it so"))
    for _ in range(2):
        answer = browser_of.post(MINE, {"proposal": made.pk, "answer": "agree"})
        assert answer.status_code == 303
    page = text_of(browser_of.get(answer["Location"]))
    assert ("Your new words are there." in page, "Other words took its place." in page, "What became of it:" in page) == (True, True, True)
    assert [here.statements.get(text=text).author for text in parts] == [spoken.author] * len(parts)


def test_an_author_declines(here, browser_of, spoken, anna):
    made = propose(here, anna, spoken, OTHER_WORDS)
    answer = browser_of.post(MINE, {"proposal": made.pk, "answer": "decline"})
    page = text_of(browser_of.get(answer["Location"]))
    assert ("Your words stay as they are." in page, "Yes, put it so" in page) == (True, False)
    assert browser_of.post(MINE, {"proposal": made.pk, "answer": "agree"}).status_code == 409


def test_nobody_answers_for_another(here, visitor, spoken, anna):
    made = propose(here, anna, spoken, OTHER_WORDS)
    stranger = visitor()
    assert OTHER_WORDS not in text_of(stranger.get(MINE))
    assert stranger.post(MINE, {"proposal": made.pk, "answer": "agree"}).status_code == 403
    assert stranger.post(MINE, {"proposal": made.pk, "answer": "perhaps"}).status_code == 400
    assert stranger.post(MINE, {"proposal": "x", "answer": "agree"}).status_code == 400
    spoken.refresh_from_db()
    assert spoken.state == "pending"


def test_when_it_is_over_no_new_words_come(here, browser_of, spoken, anna):
    made = propose(here, anna, spoken, OTHER_WORDS)
    close(here)
    assert browser_of.post(MINE, {"proposal": made.pk, "answer": "agree"}).status_code == 409


def test_a_sentence_that_an_address_makes_up_is_not_said(browser_of):
    assert 'class="good"' not in text_of(browser_of.get(f"{MINE}?said=anything"))
