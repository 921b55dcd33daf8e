"""A draft from its first word to its opening: stored once, changed while it is a draft, opened once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from klal.errors import AlreadyOpenError, BadOptionError, ConversationExistsError, NoTopicError


@pytest.fixture
def dana(database):
    from django.contrib.auth.models import User

    return User.objects.create_user("dana")


def words(topic="What joins our town?", languages=("en",), slug="", **more):
    from klal.services.creating import Words

    return Words(tuple(languages), {"en": {"topic": topic, **more}, "he": {"topic": "מה מחבר את עירנו?"}}, slug)


def acts():
    from klal.store.models import AuditEntry

    return list(AuditEntry.objects.order_by("pk").values_list("act", flat=True))


def test_a_draft_is_its_owners_and_nobody_elses(dana):
    from klal.domain.roles import Role
    from klal.services.convening import role_of
    from klal.services.creating import start_draft, words_of

    made = start_draft(dana, words(languages=("he", "en"), shared_purpose=" To act. "), "form")
    assert (made.slug, made.phase, made.languages) == (made.slug, "draft", ["he", "en"])
    assert made.topic == "מה מחבר את עירנו?"
    assert words_of(made)["en"] == {"topic": "What joins our town?", "description": "", "shared_purpose": "To act."}
    assert role_of(dana, made) is Role.OWNER
    assert acts() == ["created"]


def test_the_same_form_sent_twice_is_one_draft(dana):
    from klal.services.creating import start_draft
    from klal.store.models import Conversation

    first = start_draft(dana, words(), "form")
    again = start_draft(dana, words("What divides our town?"), "form")
    assert (first.pk, again.topic) == (again.pk, "What divides our town?")
    start_draft(dana, words(), "another")
    assert Conversation.objects.count() == 2


def test_an_address_can_be_wished_for_and_moved_while_it_is_a_draft(dana):
    from klal.services.creating import change_words, start_draft

    made = start_draft(dana, words(slug="town"), "a")
    start_draft(dana, words(slug="city"), "b")
    with pytest.raises(ConversationExistsError):
        start_draft(dana, words(slug="town"), "c")
    with pytest.raises(ConversationExistsError):
        change_words(made, dana, words(slug="city"))
    with pytest.raises(BadOptionError):
        change_words(made, dana, words(slug="No Address"))
    moved = change_words(made, dana, words(slug="village"))
    assert (moved.slug, moved.source) == ("village", "village")


def test_without_a_question_nothing_is_stored(dana):
    from klal.services.creating import start_draft
    from klal.store.models import Conversation

    with pytest.raises(NoTopicError):
        start_draft(dana, words(topic=" "), "a")
    assert not Conversation.objects.exists()


def test_what_is_left_of_a_language_that_is_unticked_is_nothing(dana):
    from klal.services.creating import change_words, start_draft

    made = start_draft(dana, words(languages=("he", "en")), "a")
    assert change_words(made, dana, words(languages=("en",))).texts == {}


def test_rules_are_set_and_the_draft_opens_once(dana):
    from django.utils import timezone

    from klal.domain.records import Voters
    from klal.services.creating import Rules, change_words, open_draft, set_rules, start_draft

    made = start_draft(dana, words(), "a")
    before = made.revision
    day = timezone.now() + timedelta(days=1)
    ruled = set_rules(made, dana, Rules(voters=Voters.INVITED, zone="Asia/Jerusalem", opens_at=day))
    ruled.refresh_from_db()
    assert (ruled.voters, ruled.settings["time_zone"], ruled.revision > before) == ("invited", "Asia/Jerusalem", True)
    assert open_draft(ruled, dana, at_once=False).opens_at == day
    assert open_draft(ruled, dana, at_once=True).opens_at == day  # it is open already
    for change in (lambda: set_rules(ruled, dana, Rules()), lambda: change_words(ruled, dana, words())):
        with pytest.raises(AlreadyOpenError):
            change()
    assert acts() == ["created", "rules_set", "opened"]


def test_opened_at_once_it_is_open_whatever_its_date(dana):
    from django.utils import timezone

    from klal.services.creating import Rules, open_draft, set_rules, start_draft
    from klal.services.taking_part import is_open
    from klal.store.models import Conversation

    made = set_rules(start_draft(dana, words(), "a"), dana, Rules(opens_at=timezone.now() + timedelta(days=1)))
    assert is_open(open_draft(made, dana, at_once=True), timezone.now())
    bare = Conversation.objects.create(slug="bare", phase="draft")
    with pytest.raises(NoTopicError):
        open_draft(bare, dana, at_once=True)


def test_dates_that_passed_while_it_was_a_draft_do_not_close_it(dana):
    from django.utils import timezone

    from klal.services.creating import Rules, open_draft, set_rules, start_draft
    from klal.services.taking_part import is_open

    now, day = timezone.now(), timedelta(days=1)
    rules = Rules(opens_at=now - 3 * day, statements_until=now - 2 * day, closes_at=now - day)
    opened = open_draft(set_rules(start_draft(dana, words(), "a"), dana, rules), dana, at_once=False)
    assert (is_open(opened, now), opened.statements_until) == (True, None)
    lasting = open_draft(set_rules(start_draft(dana, words(), "b"), dana, Rules(closes_at=now + day)), dana, at_once=True)
    assert lasting.closes_at == now + day
