from __future__ import annotations

from gc import collect
from weakref import ref

from klal.services.kept import Kept, forget_everything


def test_a_value_is_made_once_for_each_thing():
    made = []
    kept: Kept[int] = Kept(2)
    assert [kept.get(thing, 0, lambda thing=thing: made.append(thing) or thing) for thing in (1, 1, 2, 1)] == [1, 1, 2, 1]
    assert made == [1, 2]


def test_the_least_used_is_dropped():
    made = []
    kept: Kept[int] = Kept(2)
    for thing in (1, 2, 1, 3, 1, 2):
        kept.get(thing, 0, lambda thing=thing: made.append(thing) or thing)
    assert made == [1, 2, 3, 2]


def test_a_new_version_takes_the_place_of_the_old_one():
    class Large:
        pass

    kept: Kept[Large] = Kept(2)
    other = kept.get("other", 1, Large)
    gone = [ref(kept.get("here", version, Large)) for version in range(5)]
    collect()
    assert [one() is None for one in gone] == [True] * 4 + [False]
    assert kept.get("other", 1, Large) is other


def test_everything_can_be_forgotten():
    kept: Kept[str] = Kept(2)
    kept.get(1, 0, lambda: "before")
    forget_everything()
    assert kept.get(1, 0, lambda: "after") == "after"
