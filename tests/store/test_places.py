from __future__ import annotations

import numpy as np
import pytest

from klal.store.places import Place, find, pack, unpack


def test_everybody_packed_is_found_and_nobody_else():
    rng = np.random.default_rng(0)
    people = rng.permutation(np.arange(0, 3000, 3))[:500]
    positions, slots = rng.uniform(-1, 1, (500, 2)), rng.integers(0, 5, 500)
    packed = pack(people, positions, slots)
    for row, one in enumerate(people.tolist()):
        place = find(packed, one)
        assert (place.x, place.y) == pytest.approx(tuple(positions[row]), abs=1e-3)
        assert place.slot == slots[row]
        assert find(packed, one + 1) is None


def test_large_numbers_and_views_are_found():
    packed = pack(np.array([1 << 62, 5]), np.array([[-1.0, 1.0], [0.5, 0.25]]), np.array([7, 0]))
    assert find(memoryview(packed), 1 << 62) == Place(-1.0, 1.0, 7)
    assert len(packed) == 2 * 17


def test_nobody_is_placed_in_nothing():
    nothing = pack(np.empty(0, dtype=np.int64), np.empty((0, 2)), np.empty(0, dtype=np.int32))
    assert nothing == b""
    assert find(nothing, 1) is None


def test_places_are_unpacked_in_order_of_the_participants_numbers():
    records = unpack(pack(np.array([9, 4]), np.array([[0.5, 0.25], [-0.5, 1.0]]), np.array([1, 0])))
    assert records["participant"].tolist() == [4, 9]
    assert records["x"].tolist() == [-0.5, 0.5]
    assert records["slot"].tolist() == [0, 1]
