"""How soon a newcomer is placed: the share put into the right group after a few of their votes, on the public conversations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.typing import NDArray

from benchmarks._data import Shared, shared_sets
from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science._live import by_klal, by_polis, evenly
from benchmarks.science.metrics import REPORT, Mean, mean_over_seeds
from klal.core.votes import AGREE, DISAGREE, VoteMatrix
from klal.domain.draw import Draws
from klal.domain.routes import Answers, Position, Routes, find_position

Floats = NDArray[np.float64]
AFTER = (2, 4, 7, 10, 15)
NEWCOMERS = 80
_ONE_IN = 10
_ENOUGH = 25
_PLACED = 7
RULES: dict[str, Callable[[VoteMatrix, NDArray[np.int64]], Routes]] = {"any, evenly": evenly, "Polis": by_polis, "klal": by_klal}


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """The groups of a conversation as Gaussians on the map."""

    means: Floats
    covariances: Floats
    shares: Floats

    def of(self, position: Position) -> int:
        """Return the likeliest group of somebody who is known to stand somewhere with some doubt."""
        spread = self.covariances + np.array([[position.xx, position.xy], [position.xy, position.yy]])
        away = np.array([position.x, position.y]) - self.means
        distance = np.einsum("ga,gab,gb->g", away, np.linalg.inv(spread), away)
        return int(np.argmax(np.log(self.shares) - 0.5 * (np.log(np.linalg.det(spread)) + distance)))


def run(options: Options) -> None:
    figures: dict[str, dict[str, list[list[float]]]] = {}
    sets = shared_sets()
    for seed in list(REPORT)[: 3 if options.quick else 10]:
        for shared in sets:
            for rule, found in place_newcomers(shared, seed).items():
                figures.setdefault(shared.name, {}).setdefault(rule, []).append(found)
    if figures:
        publish(options, "science-placing", _page(figures), figures)


def place_newcomers(shared: Shared, seed: int) -> dict[str, list[float]]:
    """Let some of the people come anew, and ask them what they had answered in the order of each rule.

    Returns
    -------
    dict of str to list of float
        By rule, the share put into the group into which all their votes put them, after each number of votes of ``AFTER``.
    """
    votes = shared.votes.select(~shared.rejected)
    n, m = votes.shape
    enough = np.flatnonzero((votes.votes_per_participant >= min(_ENOUGH, int(0.6 * m))) & (shared.published >= 0))
    newcomers = np.random.default_rng([seed, 4]).permutation(enough)[: min(NEWCOMERS, n // _ONE_IN)]
    others = np.ones(n, dtype=bool)
    others[newcomers] = False
    known, numbers = votes.select_rows(others), np.arange(m)
    model = by_klal(known, numbers)
    rows = list(zip(model.appeal, model.x, model.y, strict=True))
    groups = _groups(known, shared.published[others], rows)
    found = {}
    for rule, law in RULES.items():
        drawn_by, draws = law(known, numbers), Random(seed)
        right = [_path(drawn_by, rows, groups, dict(zip(*_own(votes, person), strict=True)), draws) for person in newcomers.tolist()]
        found[rule] = np.mean(right, axis=0).tolist()
    return found


def _own(votes: VoteMatrix, person: int) -> tuple[list[int], list[int]]:
    part = slice(votes.indptr[person], votes.indptr[person + 1])
    return votes.columns[part].tolist(), votes.codes[part].tolist()


def _answers(votes: dict[int, int]) -> Answers:
    masks = [sum(1 << one for one, code in votes.items() if code == choice) for choice in (AGREE, DISAGREE)]
    return Answers(sum(1 << one for one in votes), *masks)


def _groups(votes: VoteMatrix, labels: NDArray[np.int64], rows: list[tuple[float, float, float]]) -> Groups:
    everything = (1 << len(rows)) - 1
    placed = np.flatnonzero((labels >= 0) & (votes.votes_per_participant >= _PLACED))
    at = [find_position(rows, _answers(dict(zip(*_own(votes, i), strict=True))), everything) for i in placed.tolist()]
    points = np.array([(position.x, position.y) for position in at])
    members = [points[labels[placed] == group] for group in np.unique(labels[placed])]
    return Groups(
        np.array([own.mean(axis=0) for own in members]),
        np.array([np.cov(own.T) + 0.02 * np.eye(2) for own in members]),
        np.array([len(own) / len(points) for own in members]),
    )


def _path(drawn_by: Routes, rows: list[tuple[float, float, float]], groups: Groups, own: dict[int, int], draws: Random) -> list[bool]:
    """Ask one newcomer; only what they had answered can be asked, so only that is open to them."""
    drawing = Draws(drawn_by, range(len(rows)), [one in own for one in range(len(rows))])
    everything = (1 << len(rows)) - 1
    right, said, found = groups.of(find_position(rows, _answers(own), everything)), dict[int, int](), []
    for turn in range(1, max(AFTER) + 1):
        for one in drawing.draw(_answers(said), draws, 1):
            said[one] = own[one]
        if turn in AFTER:
            found.append(groups.of(find_position(rows, _answers(said), everything)) == right)
    return found


def _page(figures: dict[str, dict[str, list[list[float]]]]) -> str:
    rows = []
    for rule in RULES:
        per_seed = np.mean([found[rule] for found in figures.values()], axis=0)
        rows.append([f"**{rule}**, mean of the conversations", *[str(mean_over_seeds(column)) for column in per_seed.T]])
    for name, found in figures.items():
        rows += [[f"{name}, {rule}", *[f"{value:.3f}" for value in np.mean(found[rule], axis=0)]] for rule in RULES]
    ours, theirs = (np.mean([found[rule] for found in figures.values()], axis=0) for rule in ("klal", "Polis"))
    ahead: Mean = mean_over_seeds(ours[:, AFTER.index(7)] - theirs[:, AFTER.index(15)])
    return (
        f"## Placing a newcomer\n\nOne in {_ONE_IN} people of each public conversation, {NEWCOMERS} at most, who voted much come anew, "
        "the votes of the others known; they are asked what they had answered, in the order of each rule. Share put into the group "
        "into which all of their votes put them (Polis's published groups, as Gaussians on klal's map). Mean over odd seeds, 90 % "
        "interval in brackets. "
        "`python -m benchmarks.science.placing`\n\n"
        + table(["rule", *[f"after {count}" for count in AFTER]], rows)
        + f"\n\nklal's rule after 7 votes less Polis's after 15: {ahead.value:+.3f} ({ahead.lower:+.3f} … {ahead.upper:+.3f})."
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
