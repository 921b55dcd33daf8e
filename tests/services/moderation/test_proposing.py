from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from klal.domain.moderation import Act
from klal.errors import (
    BadRequestError,
    ClosedError,
    EmptyStatementError,
    NoAuthorError,
    NoSuchStatementError,
    NotYoursError,
    RepeatedStatementError,
    StaleStatementError,
)

WORDS = "Buses should run until two at night."
PARTS = ("Buses should run at night on weekdays.", "Buses should run at night on holidays.")


@pytest.fixture
def put(talk, seen):
    """Return a function that puts words to the author of the first statement."""
    from klal.services.moderation.proposing import propose

    return lambda *texts, statement=None, **more: propose(talk.held, talk.anna, seen(statement or talk.said[0])[0], texts, **more)


@pytest.fixture
def say(talk):
    from klal.services.moderation.proposing import answer_proposal

    return lambda made, agrees=True, who=None: answer_proposal(talk.held, who or talk.authors[0], made.pk, agrees=agrees)


def children(statement):
    return [one.child for one in statement.children.order_by("child")]


@pytest.mark.parametrize(("texts", "kind"), [((WORDS,), "reworded"), ((PARTS[0], "", PARTS[1]), "split")])
def test_with_consent_the_new_words_are_the_authors(talk, put, say, texts, kind):
    from klal.store.models import Vote

    made = put(*texts, note="Clearer?")
    assert (made.kind, made.note, made.answer) == (kind, "Clearer?", "")
    say(made)
    old = talk.said[0]
    old.refresh_from_db()
    assert (old.state, old.reason_code, old.moderator) == ("rejected", "replaced", talk.anna)
    assert [(one.text, one.state, one.author) for one in children(old)] == [(text, "accepted", talk.authors[0]) for text in texts if text]
    assert set(old.children.values_list("kind", flat=True)) == {kind}
    assert not Vote.objects.exists()
    say(made)
    assert old.acts.count() == 1


def test_without_consent_everything_stays(talk, put, say):
    made = put(WORDS)
    say(made, agrees=False)
    talk.said[0].refresh_from_db()
    assert (talk.said[0].state, talk.said[0].version, children(talk.said[0])) == ("pending", 0, [])
    with pytest.raises(StaleStatementError):
        say(made)


def test_only_the_author_answers(talk, put, say):
    made = put(WORDS)
    for stranger in (talk.authors[1],):
        with pytest.raises(NotYoursError):
            say(made, who=stranger)
    from klal.services.moderation.proposing import answer_proposal

    with pytest.raises(NotYoursError):
        answer_proposal(talk.held, None, made.pk, agrees=True)
    with pytest.raises(NoSuchStatementError):
        answer_proposal(talk.held, talk.authors[0], made.pk + 1, agrees=True)


def test_a_second_proposal_takes_the_place_of_the_first(talk, put, say):
    first, second = put(WORDS), put(PARTS[0])
    with pytest.raises(StaleStatementError):
        say(first)
    say(second)
    assert [one.text for one in children(talk.said[0])] == [PARTS[0]]


def test_what_cannot_be_a_statement_is_not_proposed(talk, put):
    for texts, error in (
        ((), EmptyStatementError),
        (("...",), EmptyStatementError),
        ((talk.said[0].text,), RepeatedStatementError),
        ((WORDS, WORDS.upper()), BadRequestError),
        ([f"Bus line {n} should run at night." for n in range(5)], BadRequestError),
    ):
        with pytest.raises(error):
            put(*texts)
    with pytest.raises(BadRequestError):
        put(WORDS, note="x" * 501)


def test_there_has_to_be_an_author(talk, put):
    talk.said[0].author = None
    talk.said[0].save()
    with pytest.raises(NoAuthorError):
        put(WORDS)


def test_what_changed_since_is_not_proposed_on(talk, seen):
    from klal.services.moderation.acting import Seen
    from klal.services.moderation.deciding import Decision, decide
    from klal.services.moderation.proposing import propose

    looked_at = seen(talk.said[0])
    decide(talk.held, talk.boaz, Decision(Act.ACCEPT), looked_at)
    with pytest.raises(StaleStatementError):
        propose(talk.held, talk.anna, looked_at[0], [WORDS])
    with pytest.raises(NoSuchStatementError):
        propose(talk.held, talk.anna, Seen(0, 0), [WORDS])


def test_a_withdrawn_statement_or_a_closed_conversation_takes_no_consent(talk, put, say):
    from klal.services.receipts import withdraw_statement

    made, other = put(WORDS), put(PARTS[0], statement=talk.said[2])
    withdraw_statement(talk.held, talk.authors[0], talk.said[0].pk)
    with pytest.raises(StaleStatementError):
        say(made)
    for over in ({"closes_at": timezone.now()}, {"closes_at": None, "phase": "closed"}):
        type(talk.held).objects.filter(pk=talk.held.pk).update(**over)
        with pytest.raises(ClosedError):
            say(other)


def test_after_a_fortnight_it_lapses(talk, put, say):
    from klal.services.moderation.proposing import LAPSES, lapse_proposals
    from klal.store.models import Proposal

    old, new = put(WORDS), put(PARTS[0], statement=talk.said[2])
    Proposal.objects.filter(pk=old.pk).update(made=timezone.now() - LAPSES - timedelta(minutes=1))
    for _ in range(2):
        lapse_proposals()
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.answer, new.answer) == ("lapsed", "")
    with pytest.raises(StaleStatementError):
        say(old)
