from __future__ import annotations

import pytest

from tests.web.pages import HOME, close, numbers, snapshot, standing_votes, text_of, vote

MINE = f"{HOME}mine/"
NEW = "A choir in every quarter would bring people together."


@pytest.fixture
def spoken(here, browser_of):
    browser_of.post(f"{HOME}speak/", {"text": NEW, "agrees": "1"})
    return here.statements.get(text=NEW)


def test_somebody_new_has_nothing_here(browser_of):
    page = text_of(browser_of.get(MINE))
    assert "You have not voted yet." in page
    assert "You have not added a statement yet." in page


def test_votes_are_listed_for_their_owner_alone(here, browser_of, visitor):
    first, second, *_ = numbers(here)
    vote(browser_of, first)
    vote(browser_of, second, "disagree", important="1")
    response = browser_of.get(MINE)
    assert "no-store" in response["Cache-Control"]
    assert "Every street should have a bench." in text_of(response)
    assert f'id="vote-{first}"' not in text_of(visitor().get(MINE))


def test_votes_are_filtered(here, browser_of):
    first, second, third, _ = numbers(here)
    vote(browser_of, first)
    vote(browser_of, second, "disagree", important="1")
    vote(browser_of, third, "pass")
    for kind, shown in (("agree", first), ("disagree", second), ("important", second), ("pass", third)):
        page = text_of(browser_of.get(MINE, {"show": kind}))
        assert [n for n in numbers(here) if f'id="vote-{n}"' in page] == [shown]
    assert text_of(browser_of.get(MINE, {"show": "nonsense"})).count('id="vote-') == 3


def test_a_kind_without_votes_says_so(here, browser_of):
    vote(browser_of, numbers(here)[0])
    assert "None of your votes is of this kind." in text_of(browser_of.get(MINE, {"show": "pass"}))


def test_a_vote_is_changed_and_withdrawn_here(here, browser_of):
    first = numbers(here)[0]
    vote(browser_of, first, important="1")
    response = browser_of.post(MINE, {"statement": first, "choice": "disagree", "important": "1", "show": "important", "page": "1"})
    assert response["Location"] == f"{MINE}?show=important&page=1&saved=1#vote-{first}"
    assert standing_votes(here) == [(first, 1, True)]
    assert "Changed and saved." in text_of(browser_of.get(response["Location"]))
    browser_of.post(MINE, {"statement": first, "choice": "withdraw"})
    assert standing_votes(here) == []


def test_long_lists_come_in_pages(here, browser_of):
    from klal.domain.ballot import Ballot, CastVote, Choice
    from klal.domain.identity import COOKIE, from_cookie
    from klal.intake.writer import shared_writer
    from klal.services.revising import mark_revised
    from klal.store.models import Statement
    from klal.store.opening import configuration

    Statement.objects.bulk_create(
        Statement(conversation=here, label=f"n{i}", text=f"Statement {i}", state="accepted", language="en") for i in range(90)
    )
    mark_revised(here.pk)
    identity = from_cookie(browser_of.cookies[COOKIE].value, "here", configuration().secret_key)
    votes = tuple(CastVote(i + 1, number, Choice.AGREE) for i, number in enumerate(numbers(here)))
    shared_writer().cast(Ballot("here", identity, votes))
    page = text_of(browser_of.get(MINE))
    assert page.count('id="vote-') == 40
    assert "Page 1 of 3" in page
    assert text_of(browser_of.get(MINE, {"page": "2"})).count("Previous page") == 1
    assert text_of(browser_of.get(MINE, {"page": "99"})).count('id="vote-') == 14
    assert browser_of.get(MINE, {"page": "x"}).status_code == 200


def test_a_receipt_tells_votes_by_group_and_common_ground(here, browser_of, spoken):
    snapshot(here)
    page = text_of(browser_of.get(MINE))
    assert "Shown to everybody" in page
    assert "20 agree, 4 disagree, 2 pass" in page
    assert "10 agree, 2 disagree, 1 pass" in page
    assert "too few to show" in page
    assert "Common ground" not in page


def test_a_receipt_says_that_it_became_common_ground(here, browser_of, spoken):
    here.statements.filter(pk=numbers(here)[0]).update(author=spoken.author)
    snapshot(here)
    assert "Common ground: a majority of every group agrees with it." in text_of(browser_of.get(MINE))


def test_a_receipt_before_any_count_says_so(browser_of, spoken):
    assert "have not been counted yet" in text_of(browser_of.get(MINE))


def test_a_receipt_with_too_few_votes_says_so_instead_of_telling_them(here, browser_of, spoken):
    withheld = {"agree": None, "disagree": None, "pass": None, "seen": None, "groups": {"0": None, "1": None}}
    snapshot(here, statements={str(spoken.pk): withheld})
    page = text_of(browser_of.get(MINE))
    assert "Too few people have voted on it to tell their votes." in page
    assert "- agree" not in page


@pytest.mark.parametrize(("reason", "said"), [("Two ideas at once.", "Two ideas at once."), ("", "No reason was given.")])
def test_a_rejected_statement_comes_with_its_reason(browser_of, spoken, reason, said):
    spoken.state, spoken.reason = "rejected", reason
    spoken.save()
    page = text_of(browser_of.get(MINE))
    assert "Not accepted" in page
    assert said in page


def test_the_author_withdraws_a_statement_and_doing_it_twice_changes_nothing(here, browser_of, spoken):
    before = type(here).objects.get(pk=here.pk).revision
    for _ in range(2):
        assert browser_of.post(MINE, {"withdraw": spoken.pk}).status_code == 303
    spoken.refresh_from_db()
    assert (spoken.state, spoken.is_withdrawn) == ("rejected", True)
    assert type(here).objects.get(pk=here.pk).revision == before + 1
    assert "You withdrew it" in text_of(browser_of.get(MINE))
    assert vote(browser_of, spoken.pk).status_code == 404


def test_only_the_author_withdraws(here, browser_of, visitor, spoken):
    stranger = visitor()
    stranger.get(HOME)
    assert stranger.post(MINE, {"withdraw": spoken.pk}).status_code == 403
    vote(stranger, numbers(here)[0])
    assert stranger.post(MINE, {"withdraw": spoken.pk}).status_code == 403
    spoken.refresh_from_db()
    assert not spoken.is_withdrawn


def test_what_is_not_shown_is_unknown_to_others(here, visitor, spoken):
    here.moderation_mode = "before"
    here.save()
    stranger = visitor()
    vote(stranger, numbers(here)[0])
    assert stranger.post(MINE, {"withdraw": spoken.pk}).status_code == 404


@pytest.mark.parametrize(("number", "status"), [("999999", 404), ("x", 400), ("", 400), ("9" * 25, 400)])
def test_odd_numbers_are_refused(browser_of, number, status):
    assert browser_of.post(MINE, {"withdraw": number}).status_code == status


def test_in_a_closed_conversation_all_is_kept(here, browser_of, spoken):
    close(here)
    page = text_of(browser_of.get(MINE))
    assert NEW in page
    assert 'value="withdraw"' not in page
    assert browser_of.post(MINE, {"withdraw": spoken.pk}).status_code == 409
    assert browser_of.post(MINE, {"statement": spoken.pk, "choice": "withdraw"}).status_code == 409


def test_a_vote_on_a_statement_that_is_gone_is_shown_as_such(here, browser_of):
    from klal.services.revising import mark_revised

    vote(browser_of, numbers(here)[0])
    here.statements.filter(pk=numbers(here)[0]).update(state="rejected")
    mark_revised(here.pk)
    page = text_of(browser_of.get(MINE))
    assert "This statement is no longer shown" in page
    assert here.statements.get(pk=numbers(here)[0]).text not in page, "what was taken down stays down, for those who had voted on it too"


def test_other_methods_are_refused(browser_of):
    assert browser_of.delete(MINE).status_code == 405
