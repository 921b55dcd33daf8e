from __future__ import annotations

from datetime import UTC, date, datetime

import pytest


@pytest.fixture
def decided(talk):
    """Return the conversation with statements rejected on two days, accepted ones, and one that was withdrawn."""
    from klal.services.revising import mark_revised

    first, second, third, fourth, fifth, _ = talk.said
    days = datetime(2026, 11, 20, 9, 30, tzinfo=UTC), datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    for one, values in (
        (first, {"state": "rejected", "reason_code": "unclear", "moderated": days[1]}),
        (second, {"state": "rejected", "reason_code": "hate", "moderated": days[0]}),
        (third, {"state": "rejected", "reason_code": "", "moderated": None}),
        (fourth, {"state": "accepted", "moderated": days[1]}),
        (fifth, {"state": "rejected", "is_withdrawn": True, "reason_code": "", "moderated": None}),
    ):
        talk.held.statements.filter(pk=one.pk).update(**values)
    mark_revised(talk.held.pk)
    talk.held.refresh_from_db()
    return talk


def test_the_log_goes_by_day_and_shows_only_what_harms_nobody(decided):
    from klal.services.moderation.policy import public_log

    days, pages = public_log(decided.held)
    assert pages == 1
    assert [(day.day, day.accepted, day.rejected) for day in days] == [(date(2026, 11, 21), 1, 1), (date(2026, 11, 20), 0, 1), (None, 0, 1)]
    assert [[(one.text, one.reason) for one in day.statements] for day in days] == [
        [(decided.said[0].text, "unclear")],
        [("", "hate")],
        [("", "")],
    ]


def test_the_totals_leave_out_what_authors_withdrew(decided):
    from klal.services.moderation.policy import totals

    found = totals(decided.held)
    assert (found.accepted, found.rejected, found.waiting, found.withdrawn) == (1, 3, 1, 1)
    assert found.reasons == (("", 1), ("hate", 1), ("unclear", 1))


def test_a_reason_that_klal_does_not_know_is_none(decided):
    from klal.services.moderation.policy import public_log, totals
    from klal.services.revising import mark_revised

    decided.held.statements.filter(reason_code="hate").update(reason_code="from elsewhere")
    mark_revised(decided.held.pk)
    decided.held.refresh_from_db()
    assert totals(decided.held).reasons == (("", 2), ("unclear", 1))
    assert {one.reason for day in public_log(decided.held)[0] for one in day.statements} == {"", "unclear"}


def test_the_log_is_turned_by_page(decided, monkeypatch):
    from klal.services.moderation import policy

    monkeypatch.setattr(policy, "PAGE", 2)
    for page, count in ((1, 2), (2, 1), (99, 1), (0, 2)):
        days, pages = policy.public_log(decided.held, page=page)
        assert (sum(len(day.statements) for day in days), pages) == (count, 2)


def test_the_addition_is_kept_by_language_and_noted_once(talk):
    from klal.services.moderation.policy import set_policy
    from klal.store.models import AuditEntry

    for texts in ({"en": "No names.", "he": "בלי שמות."}, {"en": "No names."}, {"he": ""}):
        set_policy(talk.held, talk.anna, texts)
    talk.held.refresh_from_db()
    assert talk.held.policy == {"en": "No names."}
    assert [one.act for one in AuditEntry.objects.all()] == ["policy_edited"] * 2
