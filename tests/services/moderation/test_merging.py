from __future__ import annotations

import pytest

from klal.domain.moderation import Act
from klal.errors import BadRequestError, NoSuchStatementError, RepeatedStatementError, StaleStatementError

NEW = "Buses should run at night, in the suburbs too."


def vote(participant, statement, choice=3):
    from klal.store.models import Vote, VoteEvent

    Vote.objects.create(participant=participant, statement=statement, choice=choice)
    VoteEvent.objects.create(participant=participant, statement=statement, choice=choice)


def lineage(child):
    return list(child.parents.order_by("parent").values_list("parent", "kind"))


def test_of_two_one_stays_and_the_other_is_its_duplicate(talk, seen):
    from klal.services.moderation.merging import keep_one
    from klal.store.models import Vote

    first, second = talk.said[:2]
    vote(talk.authors[0], second)
    keep_one(talk.held, talk.anna, *seen(first, second), note="See the other one.")
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.version) == ("pending", 0)
    assert (second.state, second.reason_code, second.reason) == ("rejected", "duplicate", "See the other one.")
    assert lineage(first) == [(second.pk, "merged")]
    assert list(Vote.objects.values_list("statement")) == [(second.pk,)]
    assert (first.author, second.author) == tuple(talk.authors)


def test_new_words_for_both_are_a_new_statement_without_votes(talk, seen):
    from klal.services.moderation.merging import reword_both
    from klal.store.models import Statement, Vote

    first, second = talk.said[:2]
    for author in talk.authors:
        vote(author, first)
    reword_both(talk.held, talk.anna, *seen(first, second), f"  {NEW} ")
    child = Statement.objects.get(text=NEW)
    assert (child.state, child.author, child.language, child.label, child.is_seed) == ("accepted", None, "en", "6", False)
    assert lineage(child) == [(first.pk, "merged"), (second.pk, "merged")]
    assert not Vote.objects.filter(statement=child).exists()
    assert set(talk.held.statements.filter(pk__in=[first.pk, second.pk]).values_list("state", "reason_code")) == {("rejected", "replaced")}


def test_a_merge_is_taken_back_with_what_it_made(talk, seen):
    from klal.services.moderation.deciding import undo
    from klal.services.moderation.merging import keep_one, reword_both
    from klal.store.models import Lineage, Statement

    first, second, third = talk.said[:3]
    done = reword_both(talk.held, talk.anna, *seen(first, second), NEW)
    assert undo(talk.held, talk.anna, done.batch).changed == (first.pk, second.pk)
    assert not Statement.objects.filter(text=NEW).exists()
    done = keep_one(talk.held, talk.anna, *seen(first, third))
    undo(talk.held, talk.anna, done.batch)
    assert set(talk.held.statements.values_list("state")) == {("pending",)}
    assert not Lineage.objects.exists()


def test_what_has_been_voted_on_stays(talk, seen):
    from klal.services.moderation.deciding import undo
    from klal.services.moderation.merging import reword_both
    from klal.store.models import Statement

    done = reword_both(talk.held, talk.anna, *seen(*talk.said[:2]), NEW)
    vote(talk.authors[0], Statement.objects.get(text=NEW))
    with pytest.raises(StaleStatementError):
        undo(talk.held, talk.anna, done.batch)
    assert Statement.objects.filter(text=NEW, state="accepted").exists()


def test_nothing_is_merged_that_has_changed_since(talk, seen):
    from klal.services.moderation.deciding import Decision, decide
    from klal.services.moderation.merging import keep_one, reword_both

    looked_at = seen(*talk.said[:2])
    decide(talk.held, talk.boaz, Decision(Act.ACCEPT), looked_at[1:])
    for merge in (keep_one, lambda *given: reword_both(*given, NEW)):
        with pytest.raises(StaleStatementError):
            merge(talk.held, talk.anna, *looked_at)
    assert talk.held.statements.count() == len(talk.said)


def test_two_are_needed_and_one_that_can_stay(talk, seen):
    from klal.services.moderation.acting import Seen
    from klal.services.moderation.deciding import Decision, decide
    from klal.services.moderation.merging import keep_one, reword_both

    first, second = talk.said[:2]
    with pytest.raises(BadRequestError):
        keep_one(talk.held, talk.anna, *seen(first, first))
    with pytest.raises(NoSuchStatementError):
        keep_one(talk.held, talk.anna, *seen(first), Seen(0, 0))
    decide(talk.held, talk.anna, Decision(Act.REJECT, "spam"), seen(first))
    with pytest.raises(BadRequestError):
        keep_one(talk.held, talk.anna, *seen(first, second))
    with pytest.raises(RepeatedStatementError):
        reword_both(talk.held, talk.anna, *seen(first, second), second.text.upper())


def test_words_that_are_shown_already_are_not_said_again(talk, seen):
    from klal.services.moderation.deciding import Decision, decide
    from klal.services.moderation.merging import reword_both

    decide(talk.held, talk.anna, Decision(Act.ACCEPT), seen(talk.said[2]))
    talk.held.refresh_from_db()
    with pytest.raises(RepeatedStatementError):
        reword_both(talk.held, talk.anna, *seen(*talk.said[:2]), talk.said[2].text)
