from __future__ import annotations

import json
import re

import numpy as np
import pytest

from klal.store.places import pack
from tests.web.pages import HOME, numbers, snapshot, text_of, vote

MAP = f"{HOME}map/"


def place(here, x=0.4, y=0.2, slot=1) -> bytes:
    who = here.participants.get().pk
    return pack(np.array([who]), np.array([[x, y]]), np.array([slot]))


def test_without_an_analysis_there_is_no_map(browser_of):
    page = browser_of.get(MAP)
    assert page.status_code == 200
    assert "There is no map yet." in text_of(page)
    assert json.loads(browser_of.get(f"{MAP}data").content)["map"] is None
    assert json.loads(browser_of.get(f"{MAP}part").content) == {"snapshot": 0}
    assert json.loads(browser_of.get(f"{MAP}me").content)["place"] is None


def test_the_map_is_drawn_with_its_groups_and_said_in_words(here, browser_of):
    snapshot(here)
    page = text_of(browser_of.get(MAP))
    assert "Two opinion groups, clearly apart" in page
    assert page.count('class="dots"') == 2
    assert "20 people · 62%" in page
    assert "32 of 40 people are drawn." in page
    assert "Even where agreement is least, surely more than 71% agree." in page
    assert "93%" in page
    assert "What divides" in page
    assert re.search(r'role="img" aria-label="Opinion map of 40 people"', page)


def test_a_gift_is_told_with_where_it_began(here, browser_of):
    from klal.store.models import Snapshot

    snapshot(here)
    made = Snapshot.objects.get(conversation=here)
    number = made.findings["common_ground"][0]["statement"]
    made.findings["gifts"] = [{"statement": number, "home": 1, "start": {"0": 0.31, "1": 0.82}, "now": {"0": 0.74, "1": 0.88}}]
    made.findings["common_ground"][0] |= {"least": 0.2, "platitude": True}
    made.save()
    page = text_of(browser_of.get(MAP))
    assert "Held first in group B." in page
    assert "At first 31% in group A" in page
    assert "Even among the 20% who agree least, surely more than 71% agree. Little is at stake in it." in page


def test_soft_borders_are_drawn_soft(here, browser_of):
    snapshot(here, kind="weak")
    page = text_of(browser_of.get(MAP))
    assert "Two opinion groups, with a soft border" in page
    assert 'class="area soft"' in page


def test_without_groups_everybody_is_one_body(here, browser_of):
    snapshot(here, kind="none")
    page = text_of(browser_of.get(MAP))
    assert "No separate groups: people stand in one body" in page
    assert 'class="legend"' not in page
    assert page.count('class="dots"') == 1
    assert "Even where agreement is least, surely more than 71% agree." in page


def test_too_few_people_are_not_drawn(here, browser_of):
    from klal.store.models import Snapshot

    snapshot(here)
    one = Snapshot.objects.get()
    one.findings["map"] = {"width": 0.0, "height": 0.0, "points": [], "shown": 0, "of": 3}
    one.save()
    assert "Too few people have voted to show a map" in text_of(browser_of.get(MAP))


def test_who_has_not_voted_is_told_how_to_appear(here, browser_of):
    snapshot(here)
    assert "you will find yourself on the map" in text_of(browser_of.get(MAP))


def test_who_has_voted_a_little_is_told_how_many_votes_are_missing(here, browser_of):
    vote(browser_of, numbers(here)[0])
    snapshot(here)
    assert "3 more votes, and you will be on the map." in text_of(browser_of.get(MAP))


def test_who_has_voted_enough_waits_for_the_next_drawing(here, browser_of):
    for number in numbers(here):
        vote(browser_of, number)
    snapshot(here)
    assert "The next drawing of the map will show you." in text_of(browser_of.get(MAP))


def test_ones_own_place_is_shown_to_oneself_alone(here, browser_of, visitor):
    for number in numbers(here):
        vote(browser_of, number, "disagree")
    snapshot(here, places=place(here))
    page = text_of(browser_of.get(MAP))
    assert "You stand with group B." in page
    assert 'class="you" transform="translate(200 -100)"' in page
    assert "You differ from group A mainly on these:" in page
    me = browser_of.get(f"{MAP}me")
    assert json.loads(me.content)["place"] == [200, -100]
    assert me["Cache-Control"] == "private, no-store"
    assert json.loads(visitor().get(f"{MAP}me").content)["place"] is None
    assert 'class="you" hidden' in text_of(visitor().get(MAP))


def test_with_one_body_one_stands_with_everyone(here, browser_of):
    for number in numbers(here):
        vote(browser_of, number)
    snapshot(here, kind="none", places=place(here, slot=0))
    assert "You stand with everyone" in text_of(browser_of.get(MAP))


def test_public_data_may_be_kept_when_asked_by_number(here, browser_of):
    snapshot(here)
    assert browser_of.get(f"{MAP}data", {"snapshot": "1"})["Cache-Control"] == "public, max-age=10"
    assert browser_of.get(f"{MAP}data", {"snapshot": "7"})["Cache-Control"] == "no-cache"
    data = json.loads(browser_of.get(f"{MAP}data").content)
    assert set(data) == {"snapshot", "counts", "verdict", "groups", "map"}
    assert "Set-Cookie" not in browser_of.get(f"{MAP}data").headers


def test_the_drawn_part_comes_in_the_language_asked_for(here, browser_of):
    snapshot(here)
    part = json.loads(browser_of.get(f"{MAP}part", {"language": "he"}).content)
    assert "שתי קבוצות דעה" in part["title"]
    assert part["view"].startswith("-560 ")
    assert "Two opinion groups" in json.loads(browser_of.get(f"{MAP}part", {"language": "xx"}).content)["title"]


def test_a_new_snapshot_is_shown_at_once(here, browser_of):
    snapshot(here)
    browser_of.get(MAP)
    snapshot(here, kind="none")
    assert "No separate groups" in text_of(browser_of.get(MAP))


def test_a_statement_that_is_no_longer_shown_leaves_the_lists(here, browser_of):
    from klal.services.revising import mark_revised

    snapshot(here)
    assert "Every street should have a bench." in text_of(browser_of.get(MAP))
    here.statements.filter(pk=numbers(here)[0]).update(state="rejected")
    mark_revised(here.pk)
    assert "Every street should have a bench." not in text_of(browser_of.get(MAP))


@pytest.mark.parametrize("address", ["", "data", "part", "me"])
def test_other_methods_are_refused(browser_of, address):
    assert browser_of.post(f"{MAP}{address}").status_code == 405


@pytest.mark.parametrize("query", ["snapshot=x", "snapshot=%00", "snapshot=-1", "language=%00"])
def test_odd_addresses_are_answered(here, browser_of, query):
    snapshot(here)
    for address in ("data", "part"):
        assert browser_of.get(f"{MAP}{address}?{query}").status_code == 200


def test_a_place_newer_than_the_drawing_stays_at_its_edge():
    from klal.web.picture import UNIT, spot_within

    findings = {"map": {"height": 0.6}}
    assert spot_within((0.5, 0.25), findings) == (UNIT // 2, -UNIT // 4)
    assert spot_within((1.7, 2.0), findings) == (UNIT, -300)
    assert spot_within((-1.7, -2.0), findings) == (-UNIT, 300)
