from __future__ import annotations

from threading import Barrier, Thread

import pytest

from klal.domain.moderation import Act
from klal.errors import AnotherModeratorError, BadRequestError, NoSuchStatementError, StaleStatementError


def decide(talk, act, statements, *, by=None, **more):
    from klal.services.moderation.deciding import Decision
    from klal.services.moderation.deciding import decide as decide_on

    return decide_on(talk.held, by or talk.anna, Decision(act, **more), statements)


def undo(talk, batch, *, by=None):
    from klal.services.moderation.deciding import undo as take_back

    return take_back(talk.held, by or talk.anna, batch)


def revision(talk):
    return type(talk.held).objects.get(pk=talk.held.pk).revision


def acts(talk):
    from klal.store.models import AuditEntry

    return [(one.act, one.name, one.facts) for one in AuditEntry.objects.order_by("pk")]


def test_an_accepted_statement_is_shown_and_the_act_written_down(talk, seen):
    from klal.services.taking_part import shown_statements

    first = talk.said[0]
    assert first.pk not in shown_statements(talk.held)
    before = revision(talk)
    done = decide(talk, Act.ACCEPT, seen(first), note="Thank you.")
    talk.held.refresh_from_db()
    first.refresh_from_db()
    assert (done.changed, done.left) == ((first.pk,), ())
    assert (first.state, first.reason, first.version, first.moderator) == ("accepted", "Thank you.", 1, talk.anna)
    assert first.pk in shown_statements(talk.held)
    assert revision(talk) == before + 1
    act = first.acts.get()
    assert (act.act, act.before["state"], act.after["state"], act.account) == ("accept", "pending", "accepted", talk.anna)
    assert acts(talk) == [("statements_accepted", "anna", {"count": 1, "reason": ""})]


def test_a_rejection_needs_a_reason_of_the_policy(talk, seen):
    for reason in ("", "replaced", "because"):
        with pytest.raises(BadRequestError):
            decide(talk, Act.REJECT, seen(talk.said[0]), reason=reason)
    with pytest.raises(BadRequestError):
        decide(talk, Act.REJECT, seen(talk.said[0]), reason="hate", note="x" * 501)
    with pytest.raises(BadRequestError):
        decide(talk, Act.MERGE, seen(talk.said[0]))
    decide(talk, Act.REJECT, seen(talk.said[0]), reason="hate")
    talk.said[0].refresh_from_db()
    assert (talk.said[0].state, talk.said[0].reason_code) == ("rejected", "hate")


def test_many_are_decided_at_once_and_taken_back_at_once(talk, seen):
    done = decide(talk, Act.REJECT, seen(*talk.said), reason="off_topic")
    assert len(done.changed) == len(talk.said)
    assert undo(talk, done.batch).changed == done.changed
    assert set(talk.held.statements.values_list("state", "reason_code", "moderator", "version")) == {("pending", "", None, 2)}
    assert undo(talk, done.batch).changed == ()
    assert acts(talk)[-1] == ("decision_undone", "anna", {"count": len(talk.said)})


def test_who_acts_on_an_older_version_is_told_what_happened(talk, seen):
    looked_at = seen(*talk.said[:2])
    decide(talk, Act.ACCEPT, looked_at[:1], by=talk.boaz)
    with pytest.raises(StaleStatementError) as told:
        decide(talk, Act.REJECT, looked_at[:1], reason="spam")
    assert told.value.facts == {"happened": "accepted", "by": "other"}
    with pytest.raises(StaleStatementError) as told:
        decide(talk, Act.REJECT, looked_at[:1], by=talk.boaz, reason="spam")
    assert told.value.facts["by"] == "own"
    done = decide(talk, Act.REJECT, looked_at, reason="spam")
    assert done.changed == (talk.said[1].pk,)
    assert [number for number, _ in done.left] == [talk.said[0].pk]


def test_a_form_sent_twice_decides_once(talk, seen):
    looked_at = seen(talk.said[0])
    first = decide(talk, Act.ACCEPT, looked_at)
    second = decide(talk, Act.ACCEPT, looked_at)
    assert (second.batch, second.changed) == (first.batch, first.changed)
    assert talk.said[0].acts.count() == 1
    undo(talk, first.batch)
    with pytest.raises(StaleStatementError):
        decide(talk, Act.ACCEPT, looked_at)


def test_a_withdrawn_statement_is_left_to_its_author(talk, seen):
    from klal.services.receipts import withdraw_statement

    looked_at = seen(talk.said[0])
    withdraw_statement(talk.held, talk.authors[0], talk.said[0].pk)
    for known in (looked_at, seen(talk.said[0])):
        with pytest.raises(StaleStatementError) as told:
            decide(talk, Act.ACCEPT, known)
        assert told.value.facts["by"] == "author"


def test_what_is_elsewhere_is_not_found(talk, seen):
    from klal.services.opening import open_conversation

    other = open_conversation("Something else", slug="there", seeds=["A seed of another talk."])
    with pytest.raises(NoSuchStatementError):
        decide(talk, Act.ACCEPT, seen(other.statements.get()))


def test_meta_is_marked_and_taken_away_and_changes_nothing_else(talk, seen):
    decide(talk, Act.MARK_META, seen(talk.said[0]))
    talk.said[0].refresh_from_db()
    assert (talk.said[0].is_meta, talk.said[0].state) == (True, "pending")
    decide(talk, Act.UNMARK_META, seen(talk.said[0]))
    talk.said[0].refresh_from_db()
    assert not talk.said[0].is_meta


def test_a_second_opinion_is_somebody_elses(talk, seen):
    first = talk.said[0]
    decide(talk, Act.ASK_SECOND, seen(first))
    with pytest.raises(AnotherModeratorError):
        decide(talk, Act.ACCEPT, seen(first))
    decide(talk, Act.MARK_META, seen(first))
    decide(talk, Act.ACCEPT, seen(first), by=talk.boaz)
    first.refresh_from_db()
    assert (first.needs_second, first.state) == (False, "accepted")


def test_who_moderates_alone_decides_alone(talk, seen):
    type(talk.boaz).objects.filter(pk=talk.boaz.pk).update(is_active=False)
    decide(talk, Act.ASK_SECOND, seen(talk.said[0]))
    assert decide(talk, Act.ACCEPT, seen(talk.said[0])).changed


def test_what_changed_since_is_not_taken_back(talk, seen):
    done = decide(talk, Act.ACCEPT, seen(*talk.said[:2]))
    decide(talk, Act.REJECT, seen(talk.said[0]), by=talk.boaz, reason="hate")
    found = undo(talk, done.batch)
    assert (found.changed, [number for number, _ in found.left]) == ((talk.said[1].pk,), [talk.said[0].pk])
    with pytest.raises(StaleStatementError):
        undo(talk, done.batch)
    talk.said[0].refresh_from_db()
    assert talk.said[0].state == "rejected"


def test_an_earlier_decision_comes_back_with_its_moderator_and_time(talk, seen):
    decide(talk, Act.ACCEPT, seen(talk.said[0]), by=talk.boaz)
    talk.said[0].refresh_from_db()
    when = talk.said[0].moderated
    done = decide(talk, Act.WAIT, seen(talk.said[0]))
    undo(talk, done.batch)
    talk.said[0].refresh_from_db()
    assert (talk.said[0].state, talk.said[0].moderator, talk.said[0].moderated) == ("accepted", talk.boaz, when)


@pytest.mark.parametrize("batch", ["", "no such"])
def test_one_takes_back_ones_own_only(talk, seen, batch):
    done = decide(talk, Act.ACCEPT, seen(talk.said[0]))
    with pytest.raises(BadRequestError):
        undo(talk, done.batch, by=talk.boaz)
    with pytest.raises(BadRequestError):
        undo(talk, batch)


def test_of_two_moderators_on_one_statement_exactly_one_decides(talk, seen):
    """Both press at once, six statements in turn: one decision each, the other moderator is told."""
    told = list[object]()
    for statement in talk.said:
        looked_at, ready = seen(statement), Barrier(2)

        def press(act, who, looked_at=looked_at, ready=ready, **more):
            from django.db import connection

            try:
                ready.wait()
                told.append(decide(talk, act, looked_at, by=who, **more))
            except StaleStatementError as error:
                told.append(error)
            finally:
                connection.close()

        both = [
            Thread(target=press, args=(Act.ACCEPT, talk.anna)),
            Thread(target=press, args=(Act.REJECT, talk.boaz), kwargs={"reason": "spam"}),
        ]
        for one in both:
            one.start()
        for one in both:
            one.join()
        assert statement.acts.count() == 1
    assert sum(isinstance(one, StaleStatementError) for one in told) == len(talk.said)
    assert len(told) == 2 * len(talk.said)
