"""Channels: a link each, counted apart; a removed one's code is never given again."""

from __future__ import annotations

import pytest

from klal.errors import BadRequestError


@pytest.fixture
def here(database):
    from klal.services.opening import open_conversation

    return open_conversation("What joins our town?", slug="here")


@pytest.fixture
def dana(here):
    from django.contrib.auth.models import User

    return User.objects.create_user("dana")


def join(here, *codes):
    from klal.store.models import Participant

    for number, code in enumerate(codes, Participant.objects.count()):
        Participant.objects.create(conversation=here, label=str(number), channel=code)


def test_a_channel_has_a_code_of_its_name_and_counts_who_came(here, dana):
    from klal.services.sharing import add_channel, others_of, ways_of

    poster, school, hebrew = (add_channel(here, dana, name) for name in ("Library poster!", "School", "כרזה"))
    assert (poster.code, school.code) == ("library-poster", "school")
    assert hebrew.code.isascii()
    join(here, "school", "school", "", "gone")
    ways = ways_of(here)
    assert [(way.name, way.people) for way in ways] == [("Library poster!", 0), ("School", 2), ("כרזה", 0)]
    assert others_of(here, ways) == 2


def test_the_same_name_twice_is_one_channel(here, dana):
    from klal.services.sharing import add_channel

    assert add_channel(here, dana, "School").pk == add_channel(here, dana, " school ").pk


def test_the_code_of_a_removed_channel_is_not_given_again_while_people_came_by_it(here, dana):
    from klal.services.sharing import add_channel, find_channel, remove_channel
    from klal.store.models import AuditEntry

    code = add_channel(here, dana, "School").code
    join(here, code)
    remove_channel(here, dana, code)
    remove_channel(here, dana, code)
    assert find_channel(here, code) is None
    assert add_channel(here, dana, "School").code.startswith("school-")
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True)) == ["channel_added", "channel_removed", "channel_added"]


def test_renaming_keeps_the_link(here, dana):
    from klal.services.sharing import add_channel, find_channel, rename_channel

    code = add_channel(here, dana, "School").code
    rename_channel(here, dana, code, "Two schools")
    rename_channel(here, dana, code, "Two schools")
    rename_channel(here, dana, "unknown", "Two schools")
    found = find_channel(here, code)
    assert found is not None
    assert found.name == "Two schools"


def test_a_channel_needs_a_name_and_there_are_not_endlessly_many(here, dana, monkeypatch):
    from klal.services import sharing

    monkeypatch.setattr(sharing, "MOST_CHANNELS", 1)
    with pytest.raises(BadRequestError):
        sharing.add_channel(here, dana, " \u202e ")
    sharing.add_channel(here, dana, "One")
    with pytest.raises(BadRequestError):
        sharing.add_channel(here, dana, "Two")


def test_links_carry_the_code(here):
    from klal.services.sharing import find_channel, link_to

    assert link_to("https://klal.example", here) == "https://klal.example/c/here/"
    assert link_to("https://klal.example", here, "school") == "https://klal.example/c/here/?from=school"
    assert find_channel(here, "") is None
