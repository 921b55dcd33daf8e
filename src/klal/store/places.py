"""Who stands where on the map, packed: 17 bytes a participant, in order of their number, so that one is found without unpacking.

Only ``pack`` and ``unpack`` need NumPy, and only the worker calls them.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from klal.core.arrays import Floats, Ints, Labels

_RECORD = struct.Struct("<qffb")
_FIELDS = [("participant", "<i8"), ("x", "<f4"), ("y", "<f4"), ("slot", "i1")]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one participant stands.

    Attributes
    ----------
    x, y : float
        −1 … 1, on the same scale as the map's points.
    slot : int
        Of their group.
    """

    x: float
    y: float
    slot: int


def find(places: bytes | memoryview, participant: int) -> Place | None:
    """Find one participant.

    Parameters
    ----------
    places : bytes or memoryview
        As packed; PostgreSQL gives it back as a view.
    participant : int
        Number of the participant in the store.

    Returns
    -------
    Place or None
        None if they are not placed.
    """
    packed = memoryview(places)
    first, last = 0, len(packed) // _RECORD.size
    while first < last:
        middle = (first + last) // 2
        one, x, y, slot = _RECORD.unpack_from(packed, middle * _RECORD.size)
        if one == participant:
            return Place(round(x, 3), round(y, 3), slot)
        first, last = (middle + 1, last) if one < participant else (first, middle)
    return None


def pack(participants: Ints, positions: Floats, slots: Labels) -> bytes:
    """Pack places.

    Parameters
    ----------
    participants : ndarray of int64
        Shape (k,): numbers in the store, in any order.
    positions : ndarray of float
        Shape (k, 2): −1 … 1.
    slots : ndarray of int
        Shape (k,): slot of each one's group.

    Returns
    -------
    bytes
        17 for each.
    """
    import numpy as np

    order = np.argsort(participants)
    records = np.empty(len(order), dtype=_FIELDS)
    records["participant"], records["slot"] = participants[order], slots[order]
    records["x"], records["y"] = positions[order, 0], positions[order, 1]
    return records.tobytes()


def unpack(places: bytes | memoryview) -> NDArray[Any]:
    """Return all places as records with the fields participant, x, y and slot, in order of the participants' numbers."""
    import numpy as np

    return np.frombuffer(places, dtype=_FIELDS)
