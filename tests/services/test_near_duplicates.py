from __future__ import annotations

import random
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klal.services import word_index
from klal.services.word_index import WordIndex
from tests.waiting import PATIENCE

SAID = {
    1: ("Buses should run at night.",),
    2: ("The night buses should also reach the suburbs.",),
    3: ("Every street should have a bench.", "צריך ספסל בכל רחוב"),
    4: ("הקהילות בעולם צריכות ללמוד זו מזו",),
    5: ("Schools should open their yards in the afternoon.",),
    6: ("החגים מחברים בינינו גם כשאיננו מאמינים באותם דברים.",),
}


def index(said=SAID):
    made = WordIndex()
    made.add(said.items())
    return made


def ids(made, text, *, keep=lambda number: True, most=3, at_least=0.4):
    return [one.id for one in made.search(text, most=most, at_least=at_least, keep=keep)]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("benches on every street", 3),
        ("ספסלים ברחוב", 3),
        ("קהילה לומדת מקהילה אחרת בעולם", 4),
        ("night bus runs", 1),
        ("the scool yards shuold be open", 5),
        ("חגים שמחברים את המאמינים", 6),
    ],
)
def test_other_endings_prefixes_order_and_spelling_find_it(text, number):
    assert ids(index(), text)[0] == number


@pytest.mark.parametrize("text", ["", "bench", "quantum physics of neutron stars", "...", "\x00"])
def test_what_is_unlike_everything_finds_nothing(text):
    assert ids(index(), text) == []


def test_only_what_may_be_returned_is():
    assert 3 not in ids(index(), "a bench in every street", keep=lambda number: number != 3)


def test_a_statement_put_in_again_replaces_the_old_words():
    made = index()
    made.add([(3, ("Dogs need a park of their own.",))])
    assert ids(made, "a bench in every street") == []
    assert ids(made, "a park for dogs, their own") == [3]
    assert len(made) == 6
    assert made.words_of(3) == (("dogs", "need", "a", "park", "of", "their", "own"),)
    assert made.words_of(99) == ()


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 5))
def test_the_answer_does_not_depend_on_when_a_statement_was_added(seed, parts):
    chance = random.Random(seed)
    items = list(SAID.items())
    chance.shuffle(items)
    grown = WordIndex()
    for start in range(0, len(items), parts):
        grown.add(items[start : start + parts])
    for texts in SAID.values():
        assert grown.search(texts[0], most=4, at_least=0.1, keep=bool) == index().search(texts[0], most=4, at_least=0.1, keep=bool)


def test_memory_has_an_end(monkeypatch):
    monkeypatch.setattr(word_index, "MOST_TEXTS", 10)
    made = WordIndex()
    made.add((number, (f"statement about subject{number}",)) for number in range(25))
    assert len(made) < 20
    assert ids(made, "about subject24 statement", most=1) == [24]
    assert 0 not in ids(made, "statement about subject0", most=30)


def test_frequent_words_are_not_gone_through_to_the_end(monkeypatch):
    monkeypatch.setattr(word_index, "_WORK", 50)
    made = WordIndex()
    made.add((number, (f"we all want subject{number:03}",)) for number in range(200))
    assert ids(made, "we want subject117", most=1) == [117]
    assert ids(made, "we all want") != []


def statements(held, *texts):
    from klal.store.models import Statement

    start = held.statements.count()
    return [Statement.objects.create(conversation=held, label=str(start + n), text=text, state="accepted") for n, text in enumerate(texts)]


@pytest.fixture
def held(database):
    from klal.store.models import Conversation

    return Conversation.objects.create(slug="here", topic="What joins us?")


def test_nobody_waits_until_many_statements_are_read(held, monkeypatch):
    from klal.services import near_duplicates

    monkeypatch.setattr(near_duplicates, "_AT_A_TIME", 2)
    statements(held, *(texts[0] for texts in SAID.values()))
    begun = threading.Event()
    monkeypatch.setattr(near_duplicates.time, "sleep", lambda _: begun.wait(PATIENCE))
    made = near_duplicates.index_of(held)
    assert len(made) < 6  # the others are being read
    assert near_duplicates.index_of(held) is made  # one reader is enough
    begun.set()
    monkeypatch.undo()
    near_duplicates.wait_until_read()
    assert len(near_duplicates.index_of(held)) == 6


def test_new_statements_are_added_to_the_index_there_is(held):
    from klal.services.near_duplicates import find_near, index_of

    first, *_ = statements(held, *(texts[0] for texts in SAID.values()))
    made = index_of(held)
    assert len(made) == 6
    (new,) = statements(held, "Night buses should run until morning.")
    assert index_of(held) is made
    assert len(made) == 7
    assert find_near(first, most=2)[0][0] == new


def test_a_withdrawn_statement_is_nobodys_duplicate(held):
    from klal.services.near_duplicates import find_near

    first, second = statements(held, "Buses should run at night.", "Buses should run at night, too.")
    assert [one.pk for one, _ in find_near(first, most=3)] == [second.pk]
    second.is_withdrawn = True
    second.save()
    assert find_near(first, most=3) == ()


def test_a_translation_that_was_added_since_is_found(held):
    from klal.services.near_duplicates import search_now

    texts = {1: ("Every street should have a bench.",)}
    (one,) = statements(held, *texts[1])
    now = {one.pk: texts[1]}

    def search(text):
        return [found.id for found in search_now(held, text, lambda number: now.get(number, ()), most=3, at_least=0.4)]

    assert search("a bench for every street") == [one.pk]
    now[one.pk] = (*texts[1], "צריך ספסל בכל רחוב")
    assert search("a bench for every street") == [one.pk]
    assert search("ספסל ברחוב") == [one.pk]
