from __future__ import annotations

from klal.services.kept import Kept, forget_everything


def test_a_value_is_made_once_for_each_key():
    made = []
    kept: Kept[int] = Kept(2)
    assert [kept.get(key, lambda key=key: made.append(key) or key) for key in (1, 1, 2, 1)] == [1, 1, 2, 1]
    assert made == [1, 2]


def test_the_least_used_is_dropped():
    made = []
    kept: Kept[int] = Kept(2)
    for key in (1, 2, 1, 3, 1, 2):
        kept.get(key, lambda key=key: made.append(key) or key)
    assert made == [1, 2, 3, 2]


def test_everything_can_be_forgotten():
    kept: Kept[str] = Kept(2)
    kept.get(1, lambda: "before")
    forget_everything()
    assert kept.get(1, lambda: "after") == "after"
