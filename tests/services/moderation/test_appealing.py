from __future__ import annotations

import pytest

from klal.domain.moderation import Act
from klal.errors import AnotherModeratorError, BadRequestError, NoAppealError, NoSuchStatementError, StaleStatementError


@pytest.fixture
def reject(talk, seen):
    from klal.services.moderation.deciding import Decision, decide

    def make(statement=None, by=None):
        decide(talk.held, by or talk.anna, Decision(Act.REJECT, "unclear"), seen(statement or talk.said[0]))

    return make


@pytest.fixture
def ask(talk):
    from klal.services.moderation.appealing import appeal
    from klal.store.models import Appeal

    def make(text="It is clear to me.", who=None, statement=None):
        appeal(talk.held, who or talk.authors[0], (statement or talk.said[0]).pk, text)
        return Appeal.objects.get(statement=statement or talk.said[0])

    return make


@pytest.fixture
def answer(talk):
    from klal.services.moderation.appealing import answer_appeal

    return lambda made, by, granted=True, note="": answer_appeal(talk.held, by, made.pk, granted=granted, note=note)


def test_somebody_else_looks_again_and_accepts(talk, reject, ask, answer):
    reject()
    asked = ask()
    with pytest.raises(AnotherModeratorError):
        answer(asked, talk.anna)
    for _ in range(2):
        answer(asked, talk.boaz, note="You are right.")
    talk.said[0].refresh_from_db()
    asked.refresh_from_db()
    assert (talk.said[0].state, talk.said[0].reason_code, talk.said[0].moderator) == ("accepted", "", talk.boaz)
    assert (asked.answer, asked.note, asked.account) == ("accepted", "You are right.", talk.boaz)
    assert talk.said[0].acts.count() == 2
    with pytest.raises(StaleStatementError):
        answer(asked, talk.boaz, granted=False)


def test_an_appeal_can_be_declined(talk, reject, ask, answer):
    from klal.store.models import AuditEntry

    reject()
    asked = ask()
    answer(asked, talk.boaz, granted=False, note="Still unclear.")
    talk.said[0].refresh_from_db()
    assert (talk.said[0].state, talk.said[0].reason_code) == ("rejected", "unclear")
    assert AuditEntry.objects.latest("pk").act == "appeal_declined"
    with pytest.raises(NoAppealError):
        ask("Once more.")


def test_who_moderates_alone_looks_again_alone(talk, reject, ask, answer):
    talk.boaz.memberships.update(role="viewer")
    reject()
    answer(ask(), talk.anna)
    talk.said[0].refresh_from_db()
    assert talk.said[0].state == "accepted"


def test_one_asks_once_for_what_is_ones_own_and_was_rejected(talk, reject, ask):
    from klal.services.moderation.appealing import appeal
    from klal.store.models import Appeal

    with pytest.raises(NoAppealError):
        ask()
    reject()
    for stranger in (talk.authors[1], None):
        with pytest.raises(NoAppealError):
            appeal(talk.held, stranger, talk.said[0].pk, "")
    with pytest.raises(NoAppealError):
        appeal(talk.held, talk.authors[0], 0, "")
    with pytest.raises(BadRequestError):
        ask("x" * 501)
    ask()
    ask()
    assert Appeal.objects.count() == 1
    with pytest.raises(NoAppealError):
        ask("another reason")


def test_what_was_agreed_to_or_withdrawn_cannot_be_appealed(talk, reject, ask, answer):
    from klal.services.receipts import withdraw_statement

    talk.held.statements.filter(pk=talk.said[0].pk).update(state="rejected", reason_code="replaced")
    with pytest.raises(NoAppealError):
        ask()
    withdraw_statement(talk.held, talk.authors[0], talk.said[2].pk)
    with pytest.raises(NoAppealError):
        ask(statement=talk.said[2])


def test_an_appeal_on_what_was_accepted_meanwhile_is_granted_without_another_act(talk, reject, ask, answer, seen):
    from klal.services.moderation.deciding import Decision, decide

    reject()
    asked = ask()
    decide(talk.held, talk.boaz, Decision(Act.ACCEPT), seen(talk.said[0]))
    answer(asked, talk.anna)
    assert talk.said[0].acts.count() == 2


def test_there_has_to_be_one(talk):
    from klal.services.moderation.appealing import answer_appeal

    with pytest.raises(NoSuchStatementError):
        answer_appeal(talk.held, talk.anna, 1, granted=True)


def test_a_withdrawn_statement_is_not_looked_at_again(talk, reject, ask, answer):
    reject()
    asked = ask()
    talk.held.statements.filter(pk=talk.said[0].pk).update(is_withdrawn=True)
    with pytest.raises(StaleStatementError):
        answer(asked, talk.boaz)
