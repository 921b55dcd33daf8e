from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.utils import timezone

from klal.domain.moderation import Act


@pytest.fixture
def decide(talk, seen):
    from klal.services.moderation.deciding import Decision
    from klal.services.moderation.deciding import decide as decide_on

    def make(statement, act=Act.ACCEPT, by=None, **more):
        done = decide_on(talk.held, by or talk.anna, Decision(act, **more), seen(statement))
        talk.held.refresh_from_db()
        return done

    return make


def ids(items):
    return [one.statement.pk for one in items]


def test_each_part_of_the_queue_has_what_belongs_there_and_counts_it(talk, seen, decide):
    from klal.services.moderation.appealing import appeal
    from klal.services.moderation.proposing import propose
    from klal.services.moderation.queue import Tab, appeals, counts, page
    from klal.services.receipts import withdraw_statement

    accepted, rejected, second, asked, withdrawn, waiting = talk.said
    decide(accepted)
    decide(rejected, Act.REJECT, reason="unclear")
    decide(second, Act.ASK_SECOND)
    propose(talk.held, talk.anna, seen(asked)[0], ["A bench in every street of the town."])
    withdraw_statement(talk.held, talk.authors[0], withdrawn.pk)
    appeal(talk.held, rejected.author, rejected.pk, "Look again.")
    talk.held.refresh_from_db()
    assert counts(talk.held) == {"waiting": 1, "second": 1, "asked": 1, "shown": 1, "rejected": 1, "all": 6, "appeals": 1}
    expected = {
        Tab.WAITING: [waiting],
        Tab.SECOND: [second],
        Tab.ASKED: [asked],
        Tab.SHOWN: [accepted],
        Tab.REJECTED: [rejected],
        Tab.ALL: talk.said[::-1],
    }
    for tab, statements in expected.items():
        assert ids(page(talk.held, talk.boaz, tab).items) == [one.pk for one in statements], tab
    assert [one.statement for one in appeals(talk.held)] == [rejected]
    assert appeals(talk.held, after=appeals(talk.held)[0].pk) == ()
    (item,) = page(talk.held, talk.boaz, Tab.ASKED).items
    assert (item.is_asked, item.is_theirs) == (True, False)
    (item,) = page(talk.held, talk.anna, Tab.SECOND).items
    assert item.is_theirs


def test_pages_follow_each_other_without_a_gap(talk):
    from klal.services.moderation.queue import Tab, page

    for tab, order in ((Tab.WAITING, talk.said), (Tab.ALL, talk.said[::-1])):
        found, after = [], 0
        while True:
            part = page(talk.held, talk.anna, tab, after=after, most=4)
            found, after = found + ids(part.items), part.after
            if not after:
                break
        assert found == [one.pk for one in order]


def test_what_is_on_a_screen_is_not_dealt_to_another(talk):
    from klal.services.moderation.queue import Tab, deal, first_free

    first = ids(deal(talk.held, talk.anna, Tab.WAITING, most=2))
    second = ids(deal(talk.held, talk.boaz, Tab.WAITING, most=2))
    assert (first, second) == ([one.pk for one in talk.said[:2]], [one.pk for one in talk.said[2:4]])
    assert ids(deal(talk.held, talk.anna, Tab.WAITING, most=2)) == first
    assert ids(deal(talk.held, talk.anna, Tab.WAITING, most=1, keep=first)) == [talk.said[4].pk]
    assert first_free(talk.held, talk.boaz, Tab.WAITING).statement.pk == second[0]


def test_use_renews_and_time_frees(talk):
    from klal.services.moderation.queue import HOLD, Tab, deal

    first = ids(deal(talk.held, talk.anna, Tab.WAITING, most=6))
    soon = timezone.now() + timedelta(seconds=1)
    talk.held.statements.update(held_until=soon)
    deal(talk.held, talk.anna, Tab.WAITING, most=1, keep=first[:3])
    renewed = talk.held.statements.filter(held_until__gt=soon + HOLD / 2)
    assert [one.pk for one in renewed.order_by("pk")] == first[:4]  # and one more, dealt again to who had it
    talk.held.statements.update(held_until=timezone.now() - timedelta(seconds=1))
    assert ids(deal(talk.held, talk.boaz, Tab.WAITING, most=6)) == first


def test_nobody_renews_what_another_has(talk):
    from klal.services.moderation.queue import Tab, deal

    mine = ids(deal(talk.held, talk.anna, Tab.WAITING, most=6))
    assert deal(talk.held, talk.boaz, Tab.WAITING, most=6, keep=mine) == ()
    assert set(talk.held.statements.values_list("held_by", flat=True)) == {talk.anna.pk}


def test_a_decision_lets_go(talk, decide):
    from klal.services.moderation.queue import Tab, deal

    deal(talk.held, talk.anna, Tab.WAITING, most=6)
    decide(talk.said[0])
    talk.said[0].refresh_from_db()
    assert (talk.said[0].held_by, talk.said[0].held_until) == (None, None)


def test_two_who_are_dealt_to_at_the_same_moment_get_different_ones(talk):
    """Three times over both ask at once for three of six: together they have all six, and none twice."""
    from klal.services.moderation.queue import Tab, deal

    for _ in range(3):
        talk.held.statements.update(held_by=None, held_until=None)
        dealt, ready = {}, Barrier(2)

        def ask(who, dealt=dealt, ready=ready):
            from django.db import connection

            ready.wait()
            dealt[who.username] = ids(deal(talk.held, who, Tab.WAITING, most=3))
            connection.close()

        both = [Thread(target=ask, args=(who,)) for who in (talk.anna, talk.boaz)]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert not set(dealt["anna"]) & set(dealt["boaz"])
        left = ids(deal(talk.held, talk.anna, Tab.WAITING, most=6)) + ids(deal(talk.held, talk.boaz, Tab.WAITING, most=6))
        assert sorted(left) == [one.pk for one in talk.said]


def test_a_second_opinion_is_not_dealt_to_who_asked(talk, decide):
    from klal.services.moderation.queue import Tab, deal

    decide(talk.said[0], Act.ASK_SECOND)
    assert deal(talk.held, talk.anna, Tab.SECOND, most=3) == ()
    assert ids(deal(talk.held, talk.boaz, Tab.SECOND, most=3)) == [talk.said[0].pk]
    talk.boaz.memberships.update(role="viewer")
    talk.held.statements.update(held_by=None)
    assert ids(deal(talk.held, talk.anna, Tab.SECOND, most=3)) == [talk.said[0].pk]


def test_where_statements_are_shown_at_once_those_most_voted_on_come_first(talk):
    from klal.services.moderation.queue import Tab, deal, page
    from klal.store.models import Conversation, Snapshot

    figures = {str(one.pk): {"seen": 10 + place} for place, one in enumerate(talk.said[:5])}
    Snapshot.objects.create(conversation=talk.held, number=1, changes=0, milliseconds=1, findings={"statements": figures}, places=b"")
    Conversation.objects.filter(pk=talk.held.pk).update(moderation_mode="after", snapshot_number=1)
    talk.held.refresh_from_db()
    order = [one.pk for one in [*reversed(talk.said[:5]), talk.said[5]]]
    first = page(talk.held, talk.anna, Tab.WAITING, most=4)
    assert ids(first.items) + ids(page(talk.held, talk.anna, Tab.WAITING, after=first.after, most=4).items) == order
    assert [one.votes for one in first.items] == [14, 13, 12, 11]
    assert ids(deal(talk.held, talk.anna, Tab.WAITING, most=2)) == order[:2]
    assert ids(deal(talk.held, talk.boaz, Tab.WAITING, most=9)) == order[2:]


def test_one_is_found_by_its_number_in_its_conversation_only(talk):
    from klal.services.moderation.queue import one
    from klal.services.opening import open_conversation

    assert one(talk.held, talk.anna, talk.said[0].pk).near[0][0] == talk.said[1]
    other = open_conversation("Something else", slug="there", seeds=["A seed of another talk."])
    assert one(talk.held, talk.anna, other.statements.get().pk) is None


def test_the_workload_is_that_of_the_last_hour(talk, decide):
    from klal.services.moderation.queue import workload

    now = timezone.now()
    talk.held.statements.filter(pk__in=[one.pk for one in talk.said[:4]]).update(created=now - timedelta(hours=2))
    decide(talk.said[0])
    decide(talk.said[1], Act.MARK_META)
    found = workload(talk.held, timezone.now())
    assert (found.waiting, found.arriving, found.decided, found.hours) == (5, 2, 1, None)


def test_an_index_that_has_words_to_think_about_keeps_them_within_bounds(monkeypatch):
    from klal.services import word_index

    monkeypatch.setattr(word_index, "_MOST_KEPT", 2)
    index = word_index.WordIndex()
    index.add([(1, ("buses should run at night",))])
    for _ in range(2):
        assert [one.id for one in index.search("night buses should run", most=1, at_least=0.4, keep=bool)] == [1]
    assert len(index._kept) <= 2
