from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.web.conftest import here, visitor  # noqa: F401 - fixtures


def fresh(one):
    return type(one).objects.get(pk=one.pk)


@pytest.fixture
def owner(here):  # noqa: F811
    from django.contrib.auth.models import User

    return User.objects.create_user("owner")


def test_words_and_rules_are_edited_together(here, owner):  # noqa: F811
    from klal.domain.records import ModerationMode, Speakers, Voters
    from klal.services.caring import Words, edit_settings, settings_of, version_of
    from klal.store.models import AuditEntry

    found = settings_of(here)
    new = replace(
        found,
        words={"en": Words("What joins  us?", "One.\r\nTwo.", "To act."), "he": Words("מה מחבר אותנו?", "", "לפעול")},
        zone="Europe/Paris",
        voters=Voters.INVITED,
        speakers=Speakers.CONVENORS,
        moderation_mode=ModerationMode.BEFORE,
        is_listed=False,
    )
    edit_settings(here, new, version_of(here), owner)
    held = fresh(here)
    assert (held.topic, held.description) == ("What joins us?", "One.\nTwo.")
    assert held.texts == {"he": {"topic": "מה מחבר אותנו?", "shared_purpose": "לפעול"}}
    assert (held.languages, held.settings["time_zone"], held.is_listed) == (["en", "he"], "Europe/Paris", False)
    assert (held.voters, held.speakers, held.moderation_mode) == ("invited", "convenors", "before")
    assert held.revision == here.revision + 1
    entry = AuditEntry.objects.get(act="settings_edited")
    assert entry.facts == {"fields": "is_listed, moderation_mode, speakers, voters, words, zone"}
    edit_settings(held, settings_of(held), version_of(held), owner)
    assert fresh(here).revision == held.revision  # the same again changes nothing


def test_the_second_of_two_owners_is_told(here, owner):  # noqa: F811
    from klal.errors import SettingsChangedError
    from klal.services.caring import Words, edit_settings, settings_of, version_of

    version, found = version_of(here), settings_of(here)
    edit_settings(here, replace(found, words={**found.words, "en": Words("First?")}), version, owner)
    with pytest.raises(SettingsChangedError):
        edit_settings(here, replace(found, words={**found.words, "en": Words("Second?")}), version, owner)
    assert fresh(here).topic == "First?"


def test_a_new_statement_is_no_change_of_the_settings(here):  # noqa: F811
    from klal.services.caring import version_of
    from klal.services.revising import mark_revised

    before = version_of(here)
    mark_revised(here.pk)
    assert version_of(fresh(here)) == before


def test_a_conversation_keeps_a_question_and_dates_in_order(here, owner):  # noqa: F811
    from django.utils import timezone

    from klal.errors import BadMomentError, NoTopicError
    from klal.services.caring import Words, edit_settings, settings_of, version_of

    found, now = settings_of(here), timezone.now()
    with pytest.raises(NoTopicError):
        edit_settings(here, replace(found, words={**found.words, "en": Words(" ")}), version_of(here), owner)
    with pytest.raises(BadMomentError):
        edit_settings(here, replace(found, opens_at=now, closes_at=now - timedelta(days=1)), version_of(here), owner)


def test_what_was_imported_in_no_known_language_can_be_edited(here, owner):  # noqa: F811
    from klal.services.caring import Words, edit_settings, main_code, settings_of, version_of

    type(here).objects.filter(pk=here.pk).update(languages=[], topic="מה מחבר?")
    held = fresh(here)
    assert main_code(held) == "he"
    found = settings_of(held)
    edit_settings(held, replace(found, words={**found.words, "en": Words("What joins?")}), version_of(held), owner)
    assert fresh(here).languages == ["he", "en"]


def test_a_copy_has_words_rules_and_seeds_and_nobody_in_it(here, owner):  # noqa: F811
    from django.db import transaction

    from klal.domain.identity import new_identity
    from klal.services.caring import clone
    from klal.services.joining import find_or_join
    from klal.store.models import Membership

    with transaction.atomic():
        find_or_join(here, new_identity())
    here.statements.filter(label="0").update(state="rejected")
    type(here).objects.filter(pk=here.pk).update(moderation_mode="before", settings={"time_zone": "Europe/Paris"})
    made = clone(fresh(here), owner)
    assert (made.phase, made.topic, made.moderation_mode) == ("draft", here.topic, "before")
    assert made.slug != here.slug
    assert made.statements.count() == 3
    assert list(made.statements.order_by("pk").values_list("label", flat=True)) == ["0", "1", "2"]
    assert (made.participants.count(), made.next_statement, made.settings) == (0, 3, {"time_zone": "Europe/Paris"})
    assert Membership.objects.get(conversation=made).account == owner


def test_putting_away_closes_and_taking_out_leaves_it_closed(here, owner):  # noqa: F811
    from klal.services.caring import archive, unarchive

    archive(here, owner)
    held = fresh(here)
    assert held.archived is not None
    assert held.phase == "closed"
    archive(here, owner)
    assert fresh(here).revision == held.revision
    unarchive(here, owner)
    unarchive(here, owner)
    assert (fresh(here).archived, fresh(here).phase, fresh(here).revision) == (None, "closed", held.revision + 1)


def test_a_draft_put_away_stays_a_draft(here, owner):  # noqa: F811
    from klal.errors import DeletionSetError
    from klal.services.caring import archive, unarchive
    from klal.services.deleting import delete_later

    type(here).objects.filter(pk=here.pk).update(phase="draft")
    archive(here, owner)
    assert fresh(here).phase == "draft"
    unarchive(here, owner)
    delete_later(here, owner)
    with pytest.raises(DeletionSetError):
        archive(here, owner)


def test_names_fall_back_to_the_other_language_and_to_letters(here, owner):  # noqa: F811
    from klal.domain.language import get
    from klal.errors import SettingsChangedError
    from klal.services.naming import axis_end, give_names, group_name, named_letter

    names = {"groups": {"0": {"en": " The  neighbours ", "he": "שכנים"}, "1": {"en": ""}}, "axes": {"x": {"low": {"he": "שינוי"}}}}
    give_names(here, names, {}, owner)
    held = fresh(here)
    assert held.names == {"groups": {"0": {"en": "The neighbours", "he": "שכנים"}}, "axes": {"x": {"low": {"he": "שינוי"}}}}
    english = get("en")
    assert group_name(held.names, 0, english) == "The neighbours"
    assert named_letter(held.names, 0, english) == "A (The neighbours)"
    assert named_letter(held.names, 1, english) == "B"
    assert axis_end(held.names, "x", "low", english) == "שינוי"
    assert axis_end(held.names, "y", "low", english) == ""
    give_names(held, names, held.names, owner)
    assert fresh(here).revision == held.revision
    with pytest.raises(SettingsChangedError):
        give_names(held, {}, {}, owner)


def test_the_report_calls_groups_by_their_names(database):
    import zlib

    import numpy as np

    from klal.services.naming import give_names
    from klal.services.recompute import draw_report, recompute
    from klal.store.models import ReportPage
    from tests.services.stored import store_table

    rng = np.random.default_rng(1)
    side = np.repeat([1.0, -1.0], 30)
    table = np.where(rng.random((60, 12)) < 0.9, side[:, None], -side[:, None])
    stored = store_table(table)
    give_names(stored, {"groups": {"0": {"en": "Old <i>town", "he": "העיר העתיקה"}}}, {}, None)
    assert recompute(stored.pk).findings["verdict"]["kind"] != "none"
    draw_report(stored.pk)
    pages = {one.language: zlib.decompress(bytes(one.html)).decode() for one in ReportPage.objects.all()}
    assert "(<bdi>Old &lt;i&gt;town</bdi>)" in pages["en"]
    assert "(<bdi>העיר העתיקה</bdi>)" in pages["he"]
