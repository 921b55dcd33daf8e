"""What may be published: nothing that would let a reader work out how one person voted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MIN_CELL = 5
"""Fewest votes behind a published per-group figure. Below it a single person's vote could be read off by whoever knows the others."""


def may_publish_cell(votes: int, *, min_cell: int = MIN_CELL) -> bool:
    """Say whether a figure that rests on so many votes of one group may be shown.

    Parameters
    ----------
    votes : int
        Votes of the group on the statement, passes included; >= 0.
    min_cell : int
        The fewest allowed, >= 1.

    Returns
    -------
    bool
        True if it may be shown.
    """
    return votes >= min_cell


def cells_to_withhold(votes: Sequence[int], *, total: int, min_cell: int = MIN_CELL) -> frozenset[int]:
    """Choose the groups whose figures on one statement stay unpublished.

    Figures that rest on too few votes are withheld first. If the votes withheld could then still be had by subtracting the
    published groups from the published total, the smallest published groups are withheld as well, until what is left in the
    dark is a crowd again.

    Parameters
    ----------
    votes : sequence of int
        Votes of each group on the statement, passes included.
    total : int
        Published votes on the statement; what is not in ``votes`` is hidden like a withheld cell.
    min_cell : int
        The fewest votes a published figure may rest on, >= 1.

    Returns
    -------
    frozenset of int
        Positions in ``votes`` to withhold.

    Examples
    --------
    >>> sorted(cells_to_withhold([40, 3], total=43))
    [0, 1]
    >>> sorted(cells_to_withhold([40, 3], total=60))
    [1]
    """
    withheld = {group for group, count in enumerate(votes) if not may_publish_cell(count, min_cell=min_cell)}
    shown = sorted((count, group) for group, count in enumerate(votes) if group not in withheld)
    hidden = total - sum(count for count, _ in shown)
    if hidden <= 0:  # nothing is hidden that subtraction could bring to light
        return frozenset(withheld)
    for count, group in shown:
        if hidden >= min_cell:
            break
        withheld.add(group)
        hidden += count
    return frozenset(withheld)


def is_crowd_of_changes(before: Mapping[str, int | None], after: Mapping[str, int | None], *, min_cell: int = MIN_CELL) -> bool:
    """Say whether figures may take the place of others: whoever has both learns of no change that fewer than a few people made.

    Parameters
    ----------
    before, after : mapping of str to int or None
        Votes by cell – a group and an answer, or everybody and an answer; None where withheld.
    min_cell : int
        The fewest people a change may come from, >= 1.

    Returns
    -------
    bool
        True if nothing changed, or if enough people must have had a part in it. Somebody new changes one cell of a group, and
        somebody who changes their mind or their group two, so that of n changed votes at least half as many people are sure.

    Examples
    --------
    >>> is_crowd_of_changes({"0/agree": 20}, {"0/agree": 21})
    False
    >>> is_crowd_of_changes({"0/agree": 20}, {"0/agree": 25})
    True
    """
    steps = {name: after[name] - value for name, value in before.items() if value is not None and after.get(name) is not None}  # type: ignore[operator]
    for start in ("*", ""):  # everybody's figures count the same people as the groups' together: each is looked at by itself
        own = [step for name, step in steps.items() if name.startswith("*") == bool(start)]
        sure = max(abs(sum(own)), -(-sum(map(abs, own)) // 2))
        if any(own) and sure < min_cell:
            return False
    return True
