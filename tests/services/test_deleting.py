from __future__ import annotations

import time

import numpy as np
import pytest

from tests.services.stored import store_table
from tests.web.conftest import here, visitor  # noqa: F401 - fixtures


def fresh(one):
    return type(one).objects.get(pk=one.pk)


@pytest.fixture
def busy(database):
    """Two conversations with votes, and in the first one everything that can hang on it."""
    from django.contrib.auth.models import User

    from klal.services.recompute import recompute
    from klal.services.revising import mark_revised
    from klal.store import models

    table = np.random.default_rng(1).integers(-1, 2, size=(70, 25)).astype(float)
    one, other = store_table(table, slug="one"), store_table(table, slug="other")
    for each in (one, other):
        mark_revised(each.pk)
        recompute(each.pk)
    account = User.objects.create_user("owner")
    first, second = one.statements.order_by("pk")[:2]
    author = one.participants.first()
    models.Membership.objects.create(conversation=one, account=account, role="owner")
    models.ModerationAct.objects.create(conversation=one, statement=first, act="accept")
    models.Lineage.objects.create(child=first, parent=second, kind="merged")
    models.Proposal.objects.create(statement=first, kind="reworded", texts=["x"])
    models.Appeal.objects.create(statement=first, author=author, text="Please.")
    models.Channel.objects.create(conversation=one, code="p", name="Poster")
    models.Admission.objects.create(conversation=one, external_id="7", digest="d", participant=author)
    models.Subscription.objects.create(conversation=one, email="a@example.org")
    models.News.objects.create(conversation=one, subject={}, text={})
    models.Alert.objects.create(conversation=one, kind="waiting")
    return one, other


def rows_of(conversation):
    from klal.store.models import Vote, VoteEvent

    number = conversation.pk
    counts = [model.objects.filter(participant__conversation_id=number).count() for model in (Vote, VoteEvent)]
    return [*counts, conversation.participants.count(), conversation.statements.count(), conversation.snapshots.count()]


def test_everything_of_one_goes_and_nothing_of_another(busy):
    from klal.services.deleting import delete_due, delete_now
    from klal.store import models

    one, other = busy
    before = rows_of(other)
    delete_now(one, None, " one ")
    for _ in range(100):
        delete_due()
        if not models.Conversation.objects.filter(pk=one.pk).exists():
            break
    assert rows_of(one) == [0, 0, 0, 0, 0]
    assert rows_of(other) == before
    for model in (models.Channel, models.Admission, models.Subscription, models.News, models.Alert, models.Appeal, models.Proposal):
        assert not model.objects.exists(), model
    acts = models.AuditEntry.objects.filter(slug="one").order_by("pk").values_list("act", "conversation_id")
    assert list(acts) == [("deletion_set", None), ("deleted", None)]


def test_it_stops_when_its_time_is_over_and_goes_on_later(busy):
    from klal.services.deleting import delete_everything, delete_now

    one, _ = busy
    delete_now(one, None, "one")
    assert not delete_everything(one.pk, time.monotonic())
    assert rows_of(one)[2:] == [70, 25, 0]
    assert fresh(one).analysed_changes == fresh(one).changes  # the worker has nothing to do with what is half gone
    assert delete_everything(one.pk, time.monotonic() + 60)
    assert delete_everything(one.pk, time.monotonic() + 60)


def test_the_chore_gives_way_to_others(busy, monkeypatch):
    from klal.services.deleting import delete_due, delete_now

    one, other = busy
    for each in busy:
        delete_now(each, None, each.slug)
    monkeypatch.setattr("klal.services.deleting._SECONDS", -1.0)
    delete_due()
    assert rows_of(one)[2:4] == rows_of(other)[2:4] == [70, 25]
    assert fresh(one).claimed_by == "deletion"


def test_what_another_process_is_at_is_left_to_it(busy):
    from datetime import timedelta

    from django.utils import timezone

    from klal.services.deleting import delete_due, delete_now, restore

    one, _ = busy
    delete_now(one, None, "one")
    type(one).objects.filter(pk=one.pk).update(claimed_by="a worker", claimed_until=timezone.now() + timedelta(seconds=30))
    delete_due()
    assert rows_of(one)[2:4] == [70, 25]
    type(one).objects.filter(pk=one.pk).update(claimed_by="deletion")
    assert not restore(one, None)  # too late
    assert fresh(one).deletes_at is not None


def test_there_is_grace_and_it_can_be_kept_after_all(here):  # noqa: F811
    from klal.errors import UnknownConversationError
    from klal.services.deleting import delete_due, delete_later, restore
    from klal.services.taking_part import find_conversation
    from klal.store.live import LiveSource

    delete_later(here, None)
    at = fresh(here).deletes_at
    delete_later(here, None)
    assert fresh(here).deletes_at == at
    delete_due()
    with pytest.raises(UnknownConversationError):
        find_conversation("here")
    assert LiveSource().pulses(["here"]) == {}
    assert restore(here, None)
    assert restore(here, None)
    assert (find_conversation("here").phase, fresh(here).deletes_at) == ("closed", None)


def test_now_needs_the_address_typed(here):  # noqa: F811
    from klal.errors import NotTypedError
    from klal.services.deleting import delete_later, delete_now

    with pytest.raises(NotTypedError):
        delete_now(here, None, "there")
    assert fresh(here).deletes_at is None
    delete_later(here, None)
    later = fresh(here).deletes_at
    delete_now(here, None, "here")
    assert fresh(here).deletes_at < later


def test_a_draft_that_is_kept_after_all_is_still_a_draft(here):  # noqa: F811
    from klal.errors import UnknownConversationError
    from klal.services.deleting import delete_later, restore
    from klal.services.taking_part import find_conversation

    type(here).objects.filter(pk=here.pk).update(phase="draft")
    delete_later(here, None)
    restore(here, None)
    assert (fresh(here).phase, fresh(here).deletes_at) == ("draft", None)
    with pytest.raises(UnknownConversationError):
        find_conversation("here")


def test_no_worker_takes_what_is_being_deleted_for_its_own(busy, monkeypatch):
    from klal.services.deleting import delete_due, delete_now
    from klal.worker.claim import unclaimed

    one, _ = busy
    delete_now(one, None, "one")
    monkeypatch.setattr("klal.services.deleting._SECONDS", -1.0)
    delete_due()
    assert fresh(one).claimed_by == "deletion"
    assert not unclaimed(type(one).objects.filter(pk=one.pk)).exists()


def test_many_statements_go_without_reading_all_votes_for_each(busy, monkeypatch):
    from django.db import connection

    from klal.services.deleting import delete_everything, delete_now

    def indexes():
        with connection.cursor() as cursor:
            return {name for name in connection.introspection.get_constraints(cursor, "store_vote") if name.startswith("klal_deletion")}

    one, _ = busy
    monkeypatch.setattr("klal.services.deleting._FEW", 3)
    delete_now(one, None, "one")
    assert not delete_everything(one.pk, time.monotonic())
    assert indexes() == set()  # not while people go: their votes are found by them
    one.participants.all().delete()
    assert not delete_everything(one.pk, time.monotonic())
    assert indexes() == ({"klal_deletion_votes"} if connection.vendor == "postgresql" else set())
    assert delete_everything(one.pk, time.monotonic() + 60)
    assert indexes() == set()
