"""The perception check page: the right person, the wrong one, the wrong method, and twice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.web.pages import HOME, close, numbers, snapshot, text_of, vote

GUESS = f"{HOME}guess/"
FIGURES = {"-1": [0.8, 0.75, 0.85], "0": [0.9, 0.85, 0.95], "1": [0.7, 0.6, 0.8]}


def document(here: Any, **changes: Any) -> dict[str, Any]:
    """Return what a snapshot says: the first three statements may be guessed at."""
    asked = [
        {"statement": one, "kind": "shared" if place % 2 else "divides", "figures": FIGURES} for place, one in enumerate(numbers(here)[:3])
    ]
    return {"kind": "groups", "anchor": None, "questions": asked, "gap": None, "counted": {}} | changes


def show(here: Any, slot: int = 0, **changes: Any) -> None:
    """Write a snapshot in which everybody is placed in a group."""
    import numpy as np

    from klal.store.models import Participant, Snapshot
    from klal.store.places import pack

    people = np.array(Participant.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int64)
    snapshot(here, places=pack(people, np.zeros((len(people), 2)), np.full(len(people), slot, dtype=np.int32)))
    newest = Snapshot.objects.order_by("-number")[0]
    newest.findings = newest.findings | {"perception": document(here, **changes)}
    newest.save(update_fields=["findings"])


@pytest.fixture
def voted(here, browser_of):
    """Return the browser of somebody who has voted on eight statements, in group A."""
    from klal.services.revising import mark_revised
    from klal.store.models import Statement

    Statement.objects.bulk_create(Statement(conversation=here, label=f"n{i}", text=f"More {i}.", state="accepted") for i in range(5))
    mark_revised(here.pk)
    for one in numbers(here)[:2] + numbers(here)[3:]:
        vote(browser_of, one)
    show(here)
    return browser_of


def kept(here: Any) -> list[tuple[int, ...]]:
    from klal.store.models import Guess

    rows = Guess.objects.filter(participant__conversation=here).order_by("time")
    return list(rows.values_list("statement_id", "target", "own", "share", "spread", "round"))


def send(client: Any, statement: int, target: int = 1, share: int | str = 30, spread: int | str = 10, **more: Any) -> Any:
    return client.post(GUESS, {"statement": statement, "target": target, "share": share, "spread": spread, **more})


def test_a_guess_is_asked_kept_and_answered(here, voted):
    page = text_of(voted.get(GUESS))
    assert "Guess 1 of 4" in page
    assert "You agreed with this." in page
    assert "70%" not in page
    first, second = numbers(here)[:2]
    response = send(voted, first)
    assert (response.status_code, response["Location"]) == (303, GUESS)
    send(voted, second, -1, 95, 0)
    assert [row[:5] for row in kept(here)] == [(first, 1, 0, 30, 10), (second, -1, 0, 95, 0)]
    page = text_of(voted.get(GUESS))
    assert "You have made 2 guesses." in page
    assert "70%" not in page
    before = type(here).objects.get(pk=here.pk).changes
    assert voted.post(GUESS, {"reveal": "1"})["Location"] == f"{GUESS}?seen=1"
    assert type(here).objects.get(pk=here.pk).changes == before + 1
    page = text_of(voted.get(f"{GUESS}?seen=1"))
    assert "You guessed 40 too few." in page
    assert "You guessed 15 too many." in page
    assert "On one statement you put others 60 away from your own group. They are 20 away." in page


def test_a_guess_can_be_changed_until_its_answer_was_seen(here, voted):
    first = numbers(here)[0]
    send(voted, first)
    assert 'value="30"' in text_of(voted.get(f"{GUESS}?again={first}"))
    send(voted, first, share=45)
    assert [row[3] for row in kept(here)] == [45]
    voted.post(GUESS, {"reveal": "1"})
    voted.post(GUESS, {"reveal": "1"})
    assert send(voted, first, share=70).status_code == 303
    assert [row[3] for row in kept(here)] == [45]
    send(voted, numbers(here)[1])
    assert [row[5] for row in kept(here)] == [1, 2]


def test_nobody_guesses_before_their_own_vote_nor_what_is_not_asked(here, voted, visitor):
    unvoted, first, last = numbers(here)[2], numbers(here)[0], numbers(here)[-1]
    for statement, target in ((unvoted, 1), (last, 1), (first, 0), (first, 7), (10**9, 1)):
        assert send(voted, statement, target).status_code == 409, (statement, target)
    assert send(visitor(), first).status_code in {403, 409}
    assert kept(here) == []
    assert "More 4." not in text_of(voted.get(GUESS))


def test_a_figure_that_cannot_be_is_refused(here, voted):
    first = numbers(here)[0]
    for share, spread in ((101, 0), (30, 51), ("x", 1), ("", 1), (30, "-1")):
        assert send(voted, first, share=share, spread=spread).status_code == 400
    assert send(voted, first, target="-2").status_code == 400
    assert kept(here) == []


def test_a_statement_can_be_passed_over(here, voted):
    first, second = numbers(here)[:2]
    page = text_of(voted.get(f"{GUESS}?skip={first},x"))
    assert f'name="statement" value="{second}"' in page
    assert send(voted, second, skipped=f"{first}")["Location"] == f"{GUESS}?skip={first}"
    assert "See the answers" in text_of(voted.get(f"{GUESS}?skip={first}"))
    nothing = text_of(voted.get(f"{GUESS}?skip={first},{second}"))
    assert "You have made one guess." in nothing


def test_who_has_voted_little_or_has_no_place_is_told_so(here, browser_of, visitor):
    assert "Vote on 7 more statements first" in text_of(visitor().get(GUESS))
    vote(browser_of, numbers(here)[0])
    show(here)
    assert "Vote on 6 more statements first" in text_of(browser_of.get(GUESS))


def test_who_is_not_placed_yet_comes_back_later(here, voted):
    from klal.store.models import Snapshot

    Snapshot.objects.update(places=b"")
    type(here).objects.update(snapshot_number=2)
    Snapshot.objects.update(number=2)
    assert "Your place on the map is not known yet." in text_of(voted.get(GUESS))


def test_where_nothing_may_be_guessed_the_page_says_so(here, voted):
    show(here, questions=[])
    assert "There is nothing to guess yet" in text_of(voted.get(GUESS))
    assert "Guess what the others think" not in text_of(voted.get(f"{HOME}map/"))


def test_a_closed_conversation_takes_no_guesses_but_shows_the_answers(here, voted):
    send(voted, numbers(here)[0])
    close(here)
    assert send(voted, numbers(here)[1]).status_code == 409
    assert "See the answers" in text_of(voted.get(GUESS))
    voted.post(GUESS, {"reveal": "1"})
    assert "You guessed 40 too few." in text_of(voted.get(GUESS))


def test_somebody_else_sees_none_of_it(here, voted, visitor):
    send(voted, numbers(here)[0])
    other = visitor()
    other.get(HOME)
    assert other.post(GUESS, {"reveal": "1"}).status_code == 303
    assert "You have made" not in text_of(other.get(GUESS))
    assert kept(here) != []


def test_sides_take_the_place_of_groups_where_there_are_none(here, voted):
    anchor = numbers(here)[3]
    show(here, kind="sides", anchor=anchor)
    page = text_of(voted.get(GUESS))
    assert "Of 100 people who disagreed with the statement below" in page
    assert "The market should stay where it is." in page
    send(voted, numbers(here)[0])
    assert kept(here)[0][1:3] == (1, 0)
    voted.post(GUESS, {"reveal": "1"})
    page = text_of(voted.get(f"{GUESS}?seen=1"))
    assert "you put the other side 60 away from your own" in page
    show(here, kind="sides", anchor=numbers(here)[4])
    assert "This figure is not shown any more." in text_of(voted.get(GUESS))


def test_whom_no_side_fits_guesses_about_the_whole(here, voted):
    show(here, kind="whole", questions=[{"statement": numbers(here)[0], "kind": "shared", "figures": {"-1": [0.8, 0.7, 0.9]}}])
    assert "Of 100 of all who took part" in text_of(voted.get(GUESS))
    assert send(voted, numbers(here)[0], -1).status_code == 303


DIRECTION = {
    "people": 30,
    "outcome": "further",
    "believed": [0.6, 0.5, 0.7],
    "real": [0.18, 0.1, 0.2],
    "gap": [0.42, 0.3, 0.5],
    "statements": [],
}
WHOLE = {**DIRECTION, "from": -1, "about": -1, "outcome": "closer", "gap": [-0.2, -0.3, -0.1]}


@pytest.mark.parametrize(
    ("gap", "said"),
    [
        ({}, "People thought they were 60 apart; they are 18 apart."),
        ({"outcome": "same"}, "The difference may be chance."),
        ({"gap": None, "believed": None, "real": None}, "People thought 60 of 100 would see it like the majority; 18 do."),
        ({"gap": None, "believed": None, "real": None, "whole": None}, "40 people have guessed so far: not enough to say."),
    ],
)
def test_the_map_says_how_far_apart_people_think_they_are(here, voted, gap, said):
    directions = [{**DIRECTION, "from": 0, "about": 1}, {**DIRECTION, "from": 1, "about": 0, "gap": None}]
    found = {**DIRECTION, "people": 40, "directions": directions, "whole": WHOLE} | gap
    show(here, gap=found)
    page = text_of(voted.get(f"{HOME}map/"))
    assert said in page
    assert "Group A about group B: thought 60 apart, in truth 18" in page
    assert "Guess what the others think" in page
    assert said not in text_of(voted.get(GUESS))  # who has yet to guess is not told what others thought
    show(here, gap=found, kind="sides", anchor=numbers(here)[3])
    assert "Those who agreed about those who disagreed" in text_of(voted.get(f"{HOME}map/"))


def test_a_guess_is_in_ones_own_data_and_goes_with_them(here, voted):
    send(voted, numbers(here)[0])
    (guess,) = voted.get(f"{HOME}mine/data.json").json()["guesses"]
    assert (guess["share"], guess["give_or_take"], guess["about"], guess["answer_seen"]) == (30, 10, 1, "")
    voted.post(f"{HOME}leave/", {"sure": "1", "statements": "keep"})
    from klal.services.leaving import erase
    from klal.store.models import Participant

    erase(here, Participant.objects.first(), keeps_statements=True)
    assert kept(here) == []


def test_convenors_are_told_how_many_have_guessed_once_they_are_a_crowd(here, voted, visitor):
    from django.contrib.auth.models import User

    from klal.store.models import Guess, Participant

    desk = visitor()
    desk.force_login(User.objects.create(username="host", is_superuser=True))
    page = "/convene/c/here/"
    assert "Fewer than five people have taken the perception check." in text_of(desk.get(page))
    people = Participant.objects.bulk_create(Participant(conversation=here, label=f"p{i}") for i in range(5))
    Guess.objects.bulk_create(
        Guess(participant=one, statement_id=numbers(here)[0], target=1, own=0, share=30, spread=5, snapshot_number=1, time=1, seen=2)
        for one in people
    )
    show(here, gap={**DIRECTION, "people": 5, "directions": [], "whole": None})
    shown = text_of(desk.get(page))
    assert "5 people have guessed and seen the answers." in shown
    assert "People thought they were 60 apart; they are 18 apart." in shown
