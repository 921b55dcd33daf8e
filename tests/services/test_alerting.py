from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.conftest import here, visitor  # noqa: F401 - fixtures


@pytest.fixture
def now():
    from django.utils import timezone

    return timezone.now()


@pytest.fixture
def members(here):  # noqa: F811
    """An owner who reads Hebrew and wants every mail, and a viewer who wants none."""
    from django.contrib.auth.models import User

    from klal.services.alerting import Kind, choose_alerts
    from klal.store.models import Conversation, Membership

    Conversation.objects.filter(pk=here.pk).update(analysed_changes=here.changes)
    for name in ("owner", "viewer", "silent"):
        account = User.objects.create_user(name, email="" if name == "silent" else f"{name}@example.org")
        member = Membership.objects.create(conversation=here, account=account, role="owner")
        choose_alerts(member, () if name == "viewer" else (*Kind, "nonsense"), "he" if name == "owner" else "xx")
    return here


def look(now):
    from klal.services.alerting import look_at_all

    look_at_all(now)


def mails():
    from klal.store.models import Mail

    return list(Mail.objects.order_by("pk").values_list("recipient", "subject"))


def change(conversation, **fields):
    type(conversation).objects.filter(pk=conversation.pk).update(**fields)


def test_what_is_in_order_is_not_mailed(members, now):
    look(now)
    assert mails() == []


def test_statements_that_wait_long_are_mailed_once_in_the_members_language(members, now):
    from klal.store.models import Alert, Mail

    change(members, moderation_mode="before")
    members.statements.filter(label="0").update(state="pending", created=now - timedelta(hours=11))
    look(now)
    assert mails() == []
    look(now + timedelta(hours=2))
    look(now + timedelta(hours=3))
    assert mails() == [("owner@example.org", "היגדים ממתינים: \u2068What joins our town?\u2069")]
    assert "/convene/c/here/" in Mail.objects.get().text
    members.statements.update(state="accepted")
    look(now + timedelta(hours=4))
    assert not Alert.objects.exists()
    members.statements.filter(label="0").update(state="pending")
    look(now + timedelta(hours=5))
    assert len(mails()) == 2  # it is over, and comes again


def test_many_waiting_statements_are_mailed_at_once(members, now, monkeypatch):
    monkeypatch.setattr("klal.services.alerting.MANY_WAITING", 2)
    change(members, moderation_mode="before")
    members.statements.filter(label__in=("0", "1")).update(state="pending", created=now)
    look(now)
    assert len(mails()) == 1


def test_the_analysis_is_behind_only_if_it_stands_still(members, now):
    from klal.store.models import Alert

    change(members, changes=50, analysed_changes=40)
    look(now)
    look(now + timedelta(minutes=9))
    assert mails() == []
    change(members, changes=90, analysed_changes=80)
    look(now + timedelta(minutes=11))  # it is slow, but it moves
    look(now + timedelta(minutes=20))
    assert mails() == []
    look(now + timedelta(minutes=22))
    look(now + timedelta(minutes=23))
    assert [subject[:7] for _, subject in mails()] == ["הניתוח "]
    change(members, analysed_changes=90)
    look(now + timedelta(minutes=24))
    assert not Alert.objects.exists()


def test_the_last_day_is_announced(members, now):
    change(members, closes_at=now + timedelta(hours=30))
    look(now)
    assert mails() == []
    look(now + timedelta(hours=7))
    assert "(UTC)" in _text()
    change(members, phase="closed")
    look(now + timedelta(hours=8))
    assert len(mails()) == 1


def _text():
    from klal.store.models import Mail

    return Mail.objects.get().text


def snapshot(conversation, now, **turnout):
    from klal.store.models import Snapshot

    Snapshot.objects.create(
        conversation=conversation, number=1, changes=0, milliseconds=1, findings={}, places=b"", turnout=turnout, made=now
    )
    change(conversation, snapshot_number=1)


def test_a_silent_day_is_told(members, now):
    hour = int(now.timestamp()) // 3600
    snapshot(members, now, hours=[[hour - 20, 5, 1]])
    change(members, created=now - timedelta(days=9))
    look(now)
    assert mails() == []
    look(now + timedelta(hours=6))
    assert [subject[:7] for _, subject in mails()] == ["איש לא "]


def test_a_rush_is_told_if_it_is_unusual(members, now):
    minute = int(now.timestamp()) // 60
    steady = [[minute - ago, 40, 0] for ago in range(100)]
    snapshot(members, now, minutes=steady)
    look(now)
    assert mails() == []
    type(members.snapshots.get()).objects.update(turnout={"minutes": [[minute - 60, 20, 0], [minute - 2, 400, 0]]})
    look(now)
    assert [subject[:7] for _, subject in mails()] == ["הצבעות "]


def test_of_two_processes_one_mails(members, now):
    from klal.services.alerting import Kind, _Look, _raise

    seen = _Look(members, None, now)
    _raise(seen, Kind.SILENT, {})
    _raise(seen, Kind.SILENT, {})
    assert len(mails()) == 1


def test_the_chore_looks_once_a_minute(members, monkeypatch):
    from klal.services import alerting

    looked = []
    monkeypatch.setattr(alerting, "look_at_all", looked.append)
    monkeypatch.setattr(alerting, "_looked", [-100.0])
    monkeypatch.setattr(alerting.time, "monotonic", lambda: 0.0)
    alerting.raise_alerts()
    alerting.raise_alerts()
    assert len(looked) == 1


def test_what_has_closed_by_its_date_is_not_silent(members, now):
    change(members, created=now - timedelta(days=9), closes_at=now - timedelta(hours=1))
    look(now)
    assert mails() == []


def test_what_was_opened_today_is_not_silent_however_long_it_was_a_draft(members, now):
    from klal.services.auditing import note_act

    change(members, created=now - timedelta(days=9))
    note_act("opened", None, members)
    look(now + timedelta(hours=23))
    assert mails() == []
    look(now + timedelta(hours=25))
    assert len(mails()) == 1
