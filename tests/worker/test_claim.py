from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

from klal.store.configuration import Configuration
from tests.waiting import PATIENCE


@pytest.fixture
def two():
    """Return the claims of two workers."""
    from klal.worker.claim import Claims, worker_name

    one, other = Claims(worker_name()), Claims(worker_name())
    yield one, other
    one.close()
    other.close()


def conversation(slug: str = "here"):
    from klal.store.models import Conversation

    return Conversation.objects.create(slug=slug, topic="?", changes=1)


def set_until(seconds: float) -> None:
    """Say when the claim ends, from now by the database's clock."""
    from django.db.models.functions import Now

    from klal.store.models import Conversation

    Conversation.objects.update(claimed_until=Now() + timedelta(seconds=seconds))


def test_a_conversation_belongs_to_one_worker_at_a_time(database: Configuration, two) -> None:
    from klal.worker.claim import changed, unclaimed

    one, other = two
    found = conversation()
    with one.claim(changed(), found.pk) as mine:
        assert mine
        assert not unclaimed(changed()).exists()
        with other.claim(changed(), found.pk) as theirs:
            assert not theirs
        found.refresh_from_db()
        assert found.claimed_by == one.name
    assert unclaimed(changed()).exists()
    with other.claim(changed(), found.pk) as theirs:
        assert theirs


def test_what_another_worker_has_done_meanwhile_is_not_claimed(database: Configuration, two) -> None:
    from klal.worker.claim import changed

    found = conversation()
    type(found).objects.update(analysed_changes=1)
    with two[0].claim(changed(), found.pk) as mine:
        assert not mine


@pytest.mark.parametrize("seconds", [-0.1, 3600])
def test_a_claim_that_ended_or_ends_implausibly_late_is_taken_over(seconds: float, database: Configuration, two) -> None:
    from klal.worker.claim import changed

    one, other = two
    found = conversation()
    with one.claim(changed(), found.pk):
        set_until(seconds)
        with other.claim(changed(), found.pk) as theirs:
            assert theirs
    found.refresh_from_db()
    assert found.claimed_by == ""  # of the later one, which released it; the first had nothing to release


def test_a_worker_that_lost_its_claim_does_not_release_the_others(database: Configuration, two) -> None:
    from klal.worker.claim import changed

    one, other = two
    found = conversation()
    with other.claim(changed(), found.pk):
        type(found).objects.update(claimed_by="somebody-else")
        with one.claim(changed(), found.pk) as mine:
            assert not mine
    found.refresh_from_db()
    assert found.claimed_by == "somebody-else"


def test_a_claim_of_ones_own_that_an_outage_left_behind_is_no_hindrance(database: Configuration, two) -> None:
    from klal.worker.claim import changed, unclaimed

    one, other = two
    found = conversation()
    type(found).objects.update(claimed_by=one.name)
    set_until(5)
    assert unclaimed(changed(), one.name).exists()
    assert not unclaimed(changed(), other.name).exists()
    with one.claim(changed(), found.pk) as mine:
        assert mine


def test_a_claim_is_renewed_while_the_work_lasts(database: Configuration, two, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.worker import claim

    monkeypatch.setattr(claim, "CLAIM_SECONDS", 0.5)
    found = conversation()
    with two[0].claim(claim.changed(), found.pk):
        found.refresh_from_db()
        first = found.claimed_until
        deadline = time.monotonic() + PATIENCE
        while found.claimed_until - first < timedelta(seconds=1) and time.monotonic() < deadline:
            time.sleep(0.05)
            found.refresh_from_db()
        assert found.claimed_until - first >= timedelta(seconds=1)  # twice as long as one claim lasts


def test_of_many_who_try_one_works(database: Configuration) -> None:
    from django.db import connection

    from klal.worker.claim import Claims, changed

    found = conversation()
    inside, most, turns = [0], [0], [0]
    lock = threading.Lock()

    def work(name: str) -> None:
        claims = Claims(name)
        for _ in range(15):
            with claims.claim(changed(), found.pk) as mine:
                if mine:
                    with lock:
                        inside[0] += 1
                        most[0] = max(most[0], inside[0])
                        turns[0] += 1
                    time.sleep(0.005)
                    with lock:
                        inside[0] -= 1
        claims.close()
        connection.close()

    threads = [threading.Thread(target=work, args=(f"worker-{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1]
    assert turns[0] >= 4


def test_work_is_waiting_where_something_changed_or_a_report_is_old(database: Configuration) -> None:
    from klal.store.models import ReportPage
    from klal.worker.claim import work_is_waiting

    assert not work_is_waiting()
    found = conversation()
    assert work_is_waiting()
    type(found).objects.update(analysed_changes=1, snapshot_number=3)
    assert work_is_waiting()
    ReportPage.objects.create(conversation=found, language="en", snapshot_number=2, html=b"")
    assert work_is_waiting()
    ReportPage.objects.update(snapshot_number=3)
    assert not work_is_waiting()


def test_a_renewal_that_fails_is_tried_again(database: Configuration, two, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    from klal.worker import claim

    monkeypatch.setattr(claim, "CLAIM_SECONDS", 0.5)
    failures = [2]
    real = claim.Conversation.objects.filter

    def filter_(*args, **kwargs):
        if threading.current_thread().name == "claims" and failures[0]:
            failures[0] -= 1
            raise OperationalError("gone")
        return real(*args, **kwargs)

    found = conversation()
    with two[0].claim(claim.changed(), found.pk):
        monkeypatch.setattr(claim.Conversation.objects, "filter", filter_)
        deadline = time.monotonic() + PATIENCE
        first = found.claimed_until
        while (failures[0] or found.claimed_until == first) and time.monotonic() < deadline:
            time.sleep(0.05)
            found.refresh_from_db()
        monkeypatch.undo()
        assert not failures[0]
        assert found.claimed_until != first
