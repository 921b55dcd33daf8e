from __future__ import annotations

from datetime import timedelta

import pytest

from tests.web.conftest import here, visitor  # noqa: F401 - fixtures


@pytest.fixture
def now():
    from django.utils import timezone

    return timezone.now()


def fresh(one):
    return type(one).objects.get(pk=one.pk)


def test_the_stage_is_what_people_meet(here, now):  # noqa: F811
    from klal.services.phases import Stage, can_speak, stage_of

    day = timedelta(days=1)
    for fields, stage, speaks in (
        ({}, Stage.OPEN, True),
        ({"phase": "draft"}, Stage.DRAFT, False),
        ({"phase": "paused"}, Stage.PAUSED, False),
        ({"phase": "closed"}, Stage.CLOSED, False),
        ({"phase": "voting"}, Stage.VOTING, False),
        ({"opens_at": now + day}, Stage.SCHEDULED, False),
        ({"closes_at": now - day}, Stage.CLOSED, False),
        ({"statements_until": now - day}, Stage.VOTING, False),
        ({"speakers": "convenors"}, Stage.OPEN, False),
    ):
        one = fresh(here)
        for name, value in fields.items():
            setattr(one, name, value)
        assert (stage_of(one, now), can_speak(one, now)) == (stage, speaks), fields


def test_a_phase_is_set_once_and_written_down(here):  # noqa: F811
    from klal.domain.records import Phase
    from klal.services.phases import set_phase
    from klal.store.models import AuditEntry

    before = fresh(here)
    set_phase(here, Phase.PAUSED, None)
    set_phase(here, Phase.PAUSED, None)
    after = fresh(here)
    assert (after.phase, after.revision) == ("paused", before.revision + 1)
    assert AuditEntry.objects.filter(act="phase_set").values_list("facts", flat=True).get() == {"phase": "paused", "before": "open"}


def test_opening_drops_dates_that_would_keep_it_closed(here, now):  # noqa: F811
    from klal.domain.records import Phase
    from klal.services.phases import Stage, set_phase, stage_of

    past, future = now - timedelta(days=1), now + timedelta(days=1)
    type(here).objects.filter(pk=here.pk).update(opens_at=future, statements_until=past, closes_at=past)
    set_phase(here, Phase.OPEN, None)
    assert stage_of(fresh(here), now) is Stage.OPEN
    type(here).objects.filter(pk=here.pk).update(phase="draft", opens_at=future, closes_at=future + timedelta(days=1))
    set_phase(here, Phase.OPEN, None)
    assert stage_of(fresh(here), now) is Stage.SCHEDULED  # a draft keeps its opening
    set_phase(here, Phase.CLOSED, None)
    assert fresh(here).opens_at == future


def test_what_is_to_be_deleted_is_not_opened(here):  # noqa: F811
    from klal.domain.records import Phase
    from klal.errors import DeletionSetError
    from klal.services.deleting import delete_later
    from klal.services.phases import set_phase

    delete_later(here, None)
    with pytest.raises(DeletionSetError):
        set_phase(here, Phase.OPEN, None)


def test_moments_are_read_and_said_in_the_conversations_own_zone(here, now):  # noqa: F811
    from datetime import UTC, datetime

    from klal.domain.language import get
    from klal.errors import BadMomentError
    from klal.services.schedule import moment_in_words, read_moment, write_moment, zone_in_words, zone_name, zone_of

    found = read_moment("2026-11-22T18:00", "Asia/Jerusalem")
    assert found == datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert write_moment(found, "Asia/Jerusalem") == "2026-11-22T18:00"
    assert write_moment(None, "UTC") == ""
    assert read_moment("  ", "UTC") is None
    assert moment_in_words(found, "Asia/Jerusalem", get("en")) == "22 November 2026, 18:00 (Israel time)"
    assert moment_in_words(found, "UTC", get("he")) == "22 בנובמבר 2026, 16:00 (UTC)"
    assert zone_in_words("America/New_York", get("en"), found) == "New York time, UTC-05:00"
    for text, zone in (("tomorrow", "UTC"), ("2026-11-22T18:00", "Nowhere/Land"), ("1822-11-22T18:00", "UTC")):
        with pytest.raises(BadMomentError):
            read_moment(text, zone)
    assert zone_of("UTC") is UTC
    assert zone_name(here) == "UTC"
    here.languages = ["he"]
    assert zone_name(here) == "Asia/Jerusalem"
    here.settings = {"time_zone": "Europe/Paris"}
    assert zone_name(here) == "Europe/Paris"


def test_nobody_speaks_while_only_votes_count(here):  # noqa: F811
    from klal.domain.identity import new_identity
    from klal.domain.language import get
    from klal.errors import VotesOnlyError
    from klal.services.speaking import Draft, speak

    type(here).objects.filter(pk=here.pk).update(phase="voting")
    with pytest.raises(VotesOnlyError):
        speak(fresh(here), new_identity(), Draft("A new idea for the town."), (get("en"),))


def test_what_is_opened_is_no_longer_put_away(here):  # noqa: F811
    from klal.domain.records import Phase
    from klal.services.caring import archive
    from klal.services.phases import set_phase

    archive(here, None)
    set_phase(here, Phase.CLOSED, None)
    assert fresh(here).archived is not None
    set_phase(here, Phase.VOTING, None)
    assert (fresh(here).phase, fresh(here).archived) == ("voting", None)
