"""Keeping what people see steady from one analysis to the next: groups keep their slot (letter and colour), the map its directions."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import linear_sum_assignment

from klal.core.arrays import Floats, Ints, Labels, frozen
from klal.core.results import Analysis, CommonGround, Representativeness, VoteTally

SLOTS = 5
"""Slots that have a colour of their own."""

_ALIKE = 0.8
"""Axes may be exchanged only while the shorter one is at least so long, in spread, as the longer one: then neither is the main one."""
_CLEARLY = 0.2
"""How much better, in correlation summed over both axes, exchanged axes must fit."""


def match_groups(previous: Labels, current: Labels, n_groups: int, *, slots: int = SLOTS) -> tuple[int, ...]:
    """Give each group the slot it had before.

    Parameters
    ----------
    previous : ndarray of int
        Shape (n,): slot of each participant's group before, −1 where there was none.
    current : ndarray of int32
        Shape (n,): group of each participant now, −1 = not placed; 0 the largest.
    n_groups : int
        Number of groups now, >= 1.
    slots : int
        Slots there are; more are used only if there are more groups.

    Returns
    -------
    tuple of int
        Slot of each group, all different. The slots are given so that as many people as possible keep theirs. A group none of whose
        members keeps a slot is new and gets the lowest slot not in use before; one that a vanished group left only if no other is
        free. A single group always has slot 0.
    """
    if n_groups == 1:
        return (0,)
    both = (previous >= 0) & (current >= 0)
    used = np.unique(previous[previous >= 0]).tolist()
    kept = np.zeros((n_groups, max(used, default=-1) + 1), dtype=np.int64)
    np.add.at(kept, (current[both], previous[both]), 1)
    groups, places = linear_sum_assignment(kept, maximize=True)
    found = {int(group): int(slot) for group, slot in zip(groups, places, strict=True) if kept[group, slot]}
    left = [slot for slot in range(slots) if slot not in used]
    left += [slot for slot in used if slot not in found.values()]
    left += [slot for slot in range(slots, slots + n_groups) if slot not in used]
    fresh = iter(left)
    return tuple(found[group] if group in found else next(fresh) for group in range(n_groups))


@dataclass(frozen=True, slots=True)
class Turn:
    """How to look at a map: which axis lies across, and which way each points.

    Attributes
    ----------
    exchanged : bool
        Whether the second axis lies across and the first along.
    signs : tuple of float
        +1 or −1 for each axis as shown, across first.
    """

    exchanged: bool = False
    signs: tuple[float, float] = (1.0, 1.0)

    def apply(self, points: Floats) -> Floats:
        """Return points as they are shown, shape (…, 2)."""
        shown: Floats = (points[..., ::-1] if self.exchanged else points) * np.array(self.signs)
        return shown


def find_turn(previous: Floats, current: Floats, spread: Floats) -> Turn:
    """Find how to show a map so that people stay where they were.

    Parameters
    ----------
    previous, current : ndarray of float
        Shape (k, 2): positions of the same k people, as shown before and as found now.
    spread : ndarray of float
        Shape (2,): standard deviation of positions along the axes found now.

    Returns
    -------
    Turn
        Each axis points the way in which people's positions correlate best with those before. The axes are exchanged only if that
        fits clearly better and both spread people about as much, so that the one across is never much the lesser one.
    """
    fit = _correlation(previous, current)
    straight, crosswise = np.abs(np.diag(fit)).sum(), abs(fit[0, 1]) + abs(fit[1, 0])
    alike = spread.min() >= _ALIKE * spread.max() > 0
    exchanged = bool(alike and crosswise > straight + _CLEARLY)
    across, along = (fit[0, 1], fit[1, 0]) if exchanged else (fit[0, 0], fit[1, 1])
    return Turn(exchanged, (-1.0 if across < 0 else 1.0, -1.0 if along < 0 else 1.0))


def turn_analysis(analysis: Analysis, turn: Turn) -> Analysis:
    """Return the same analysis with its map as it is to be shown.

    Parameters
    ----------
    analysis : Analysis
        As found.
    turn : Turn
        From ``find_turn``.

    Returns
    -------
    Analysis
        Map and centres of groups turned; everything else is the same.
    """
    found = analysis.opinion_map
    order: Ints = np.array([1, 0] if turn.exchanged else [0, 1])
    uncertainty = found.uncertainty[:, [2, 1, 0]] if turn.exchanged else found.uncertainty
    opinion_map = replace(
        found,
        positions=frozen(turn.apply(found.positions)),
        uncertainty=frozen(uncertainty * np.array([1.0, turn.signs[0] * turn.signs[1], 1.0])),
        axes=frozen(turn.apply(found.axes)),
        explained=frozen(found.explained[order]),
        spread=frozen(found.spread[order]),
    )
    grouping = replace(analysis.grouping, centres=frozen(turn.apply(analysis.grouping.centres)))
    return replace(analysis, opinion_map=opinion_map, grouping=grouping)


def order_groups(analysis: Analysis, order: Ints) -> Analysis:
    """Return the same analysis with its groups in another order.

    Parameters
    ----------
    analysis : Analysis
        As found.
    order : ndarray of int64
        Shape (g,): which group comes first, second, ….

    Returns
    -------
    Analysis
        With the same numbers.
    """
    place = np.argsort(order)
    grouping, tally, ground, found = analysis.grouping, analysis.group_tally, analysis.common_ground, analysis.representativeness
    together = analysis.coordination
    return replace(
        analysis,
        grouping=replace(
            grouping,
            labels=frozen(np.where(grouping.labels >= 0, place[grouping.labels], -1).astype(np.int32)),
            membership=frozen(grouping.membership[:, order]),
            centres=frozen(grouping.centres[order]),
        ),
        group_tally=VoteTally(*(frozen(part[order]) for part in (tally.agree, tally.disagree, tally.passed))),
        representativeness=Representativeness(
            ratio=frozen(found.ratio[:, order]),
            ratio_z=frozen(found.ratio_z[:, order]),
            share_z=frozen(found.share_z[:, order]),
            chosen=tuple(found.chosen[group] for group in order.tolist()),
        ),
        common_ground=_ordered_ground(ground, order),
        gifts=analysis.gifts and analysis.gifts.ordered(order),
        coordination=together and replace(together, without=_ordered_ground(together.without, order)),
    )


def _ordered_ground(ground: CommonGround, order: Ints) -> CommonGround:
    place, near = np.argsort(order), ground.near_misses
    return replace(
        ground,
        agreement=frozen(ground.agreement[order]),
        lower=frozen(ground.lower[order]),
        upper=frozen(ground.upper[order]),
        weakest_group=frozen(place[ground.weakest_group]),
        near_misses=replace(near, group=frozen(np.where(near.group >= 0, place[near.group], near.group))),
    )


def _correlation(previous: Floats, current: Floats) -> Floats:
    """Return the correlation of each axis before (rows) with each axis now (columns), shape (2, 2); 0 where nothing varies."""
    if len(previous) < 2:
        return np.zeros((2, 2))
    before, now = previous - previous.mean(axis=0), current - current.mean(axis=0)
    lengths = np.outer(np.linalg.norm(before, axis=0), np.linalg.norm(now, axis=0))
    return np.asarray(np.where(lengths > 1e-12, before.T @ now / np.maximum(lengths, 1e-12), 0.0))
