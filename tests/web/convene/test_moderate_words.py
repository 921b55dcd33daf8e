from __future__ import annotations

import pytest

from tests.web.pages import text_of

DESK = "/convene/c/here/moderate/"
FIRST, SECOND = "Buses should run at night.", "The night buses should run in the suburbs too."
NEW = "Buses should run at night, in the suburbs too."


@pytest.fixture
def said(here):
    from klal.services.revising import mark_revised
    from klal.store.models import Participant, Statement

    type(here).objects.filter(pk=here.pk).update(moderation_mode="before", next_statement=20)
    author = Participant.objects.create(conversation=here, label="p0", key="key-0")
    made = [
        Statement.objects.create(conversation=here, label=str(10 + n), text=text, language="en", author=author)
        for n, text in enumerate((FIRST, SECOND, "Opera <i>only</i> on Sundays."))
    ]
    mark_revised(here.pk)
    here.refresh_from_db()
    return made


@pytest.fixture
def anna(people):
    return people("moderator")


def keys(*statements):
    return [f"{one.pk}:{one.version}" for one in statements]


def pair(client, *statements, **fields):
    return client.post(f"{DESK}{statements[0].pk}/pair/", {"statement": keys(*statements), **fields})


def words(client, statement, **fields):
    return client.post(f"{DESK}{statement.pk}/words/", {"statement": keys(statement), **fields})


def test_side_by_side_the_words_of_one_alone_are_marked_and_said_to_be(said, anna):
    assert said[0].text in text_of(anna.get(f"{DESK}{said[0].pk}/pair/"))
    page = text_of(anna.get(f"{DESK}{said[0].pk}/pair/?with={said[1].pk}"))
    assert '<mark><span class="hidden"> (only here:) </span>The night</mark>' in page
    assert "buses should run" in page
    page = text_of(anna.get(f"{DESK}{said[0].pk}/pair/?with={said[2].pk}"))
    assert "&lt;i&gt;only&lt;/i&gt;" in page


def test_what_is_like_nothing_has_nothing_beside_it(said, anna):
    assert "No other statement says nearly the same." in text_of(anna.get(f"{DESK}{said[2].pk}/pair/"))
    assert "No other statement says nearly the same." in text_of(anna.get(f"{DESK}{said[2].pk}/pair/?with={said[2].pk}"))


@pytest.mark.parametrize("path", ["pair", "words"])
def test_a_statement_that_is_not_here_is_not_found(said, anna, path):
    assert anna.get(f"{DESK}999999/{path}/").status_code == 404
    assert anna.get(f"{DESK}{said[0].pk}/pair/?with=999999").status_code == 404


def test_one_of_two_is_kept(said, anna):
    answer = pair(anna, said[0], said[1], keep=said[1].pk)
    said[0].refresh_from_db()
    assert (answer.status_code, said[0].state, said[0].reason_code) == (303, "rejected", "duplicate")
    assert "Merged." in text_of(anna.get(answer["Location"]))
    again = pair(anna, said[0], said[1], keep=said[1].pk)  # the version is known by now: it is a duplicate of the same one once more
    assert again.status_code == 303
    assert said[1].parents.count() == 1


def test_new_words_stand_for_both(said, here, anna):
    answer = pair(anna, said[0], said[1], text=NEW)
    assert (answer.status_code, here.statements.get(text=NEW).state) == (303, "accepted")
    assert pair(anna, said[0], said[1], text="Something else for both of them.").status_code == 409


def test_words_that_will_not_do_stay_in_the_form(said, anna):
    answer = pair(anna, said[0], said[1], text="x" * 300)
    assert (answer.status_code, "x" * 300 in text_of(answer)) == (422, True)
    answer = words(anna, said[0], text="y" * 300, part=["", "A second idea."])
    page = text_of(answer)
    assert (answer.status_code, "y" * 300 in page, "A second idea." in page) == (422, True, True)
    answer = words(anna, said[0], text="Every street should have a bench.")
    assert (answer.status_code, "Somebody has said this already" in text_of(answer)) == (409, True)


@pytest.mark.parametrize(
    "fields", [{"statement": []}, {"statement": ["1:0"]}, {"statement": ["1:0", "x"]}, {"statement": ["1:0", "1:0", "1:0"]}]
)
def test_what_is_no_pair_is_refused(said, anna, fields):
    assert anna.post(f"{DESK}{said[0].pk}/pair/", fields).status_code == 400


def test_an_author_is_asked_and_the_queue_says_so(said, here, anna):
    answer = words(anna, said[0], text=NEW, note="Clearer?")
    page = text_of(anna.get(answer["Location"]))
    assert "The author was asked." in page
    assert 'data-count="asked">1<' in page
    assert said[0].proposals.get().texts == [NEW]
    assert words(anna, said[0], text=NEW, part=["And a second idea."]).status_code == 303
    assert sorted(said[0].proposals.values_list("kind", "answer")) == [("reworded", "lapsed"), ("split", "")]


def test_a_seed_has_no_author_to_ask(here, said, anna):
    seed = here.statements.filter(is_seed=True).first()
    assert words(anna, seed, text=NEW).status_code == 409


def test_the_policy_is_edited_in_each_language_and_published(here, people):
    owner = people("owner")
    assert 'name="policy-he"' in text_of(owner.get(f"{DESK}policy/"))
    for _ in range(2):
        answer = owner.post(f"{DESK}policy/", {"policy-en": "No names of neighbours.", "policy-he": "בלי שמות של שכנים."})
    assert "Saved and published." in text_of(owner.get(answer["Location"]))
    assert "No names of neighbours." in text_of(people("nobody").get("/c/here/moderation/"))
    assert "בלי שמות של שכנים." in text_of(people("nobody", "he").get("/c/here/moderation/"))
    assert owner.post(f"{DESK}policy/", {"policy-en": "x" * 2001}).status_code == 400


def test_a_conversation_without_languages_has_the_policy_in_the_readers(here, people):
    type(here).objects.filter(pk=here.pk).update(languages=[])
    assert 'name="policy-en"' in text_of(people("owner").get(f"{DESK}policy/"))


@pytest.fixture
def asked(said, here):
    """Return an appeal against what the moderator rejected."""
    from django.contrib.auth.models import User

    from klal.domain.moderation import Act
    from klal.services.moderation.acting import Seen
    from klal.services.moderation.appealing import appeal
    from klal.services.moderation.deciding import Decision, decide
    from klal.store.models import Appeal, Membership

    for who in ("moderator", "owner"):
        account, _ = User.objects.get_or_create(username=who, defaults={"email": f"{who}@example.org"})
        Membership.objects.get_or_create(conversation=here, account=account, defaults={"role": who})
    decide(here, User.objects.get(username="moderator"), Decision(Act.REJECT, "unclear", "What is meant?"), [Seen(said[0].pk, 0)])
    appeal(here, said[0].author, said[0].pk, "It is <b>clear</b>.")
    here.refresh_from_db()
    return Appeal.objects.get()


def test_an_appeal_is_shown_to_all_and_answered_by_somebody_else(asked, people, said):
    page = text_of(people("moderator").get(f"{DESK}?tab=appeals"))
    assert ("It is &lt;b&gt;clear&lt;/b&gt;." in page, "You rejected it, so somebody else" in page) == (True, True)
    assert "Accept after all" not in page
    answer = people("moderator").post(f"{DESK}appeal/", {"appeal": asked.pk, "answer": "grant", "tab": "appeals"})
    assert (answer.status_code, "Somebody else has to decide this" in text_of(answer)) == (409, True)
    for _ in range(2):
        answer = people("owner").post(f"{DESK}appeal/", {"appeal": asked.pk, "answer": "grant", "note": "Right."})
        assert answer.status_code == 303
    assert "The author sees your answer." in text_of(people("owner").get(answer["Location"]))
    said[0].refresh_from_db()
    assert said[0].state == "accepted"
    assert people("owner").post(f"{DESK}appeal/", {"appeal": asked.pk, "answer": "decline"}).status_code == 409


@pytest.mark.parametrize("fields", [{}, {"appeal": "x", "answer": "grant"}, {"appeal": "1", "answer": "perhaps"}])
def test_an_answer_that_makes_no_sense_is_refused(asked, people, fields):
    assert people("owner").post(f"{DESK}appeal/", fields).status_code == 400
