"""What may be published: nothing that would let a reader work out how one person voted."""

from __future__ import annotations

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
