"""Why: do influences and smallest changes say what really happens when votes are left out and all is fitted again?"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science.metrics import REPORT, mean_over_seeds
from klal.core.arrays import Codes, Ints
from klal.core.person_model import PersonModel
from klal.core.pipeline import analyse
from klal.core.results import Analysis
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.core.why import SmallestChange, smallest_change, stacked, why_group, why_person
from klal.core.why_statement import why_statement
from klal.simulation.publics import KINDS, SEPARATED, collect_votes, draw_public

PUBLICS = {name: {**KINDS, **SEPARATED}[name] for name in ("50/30/20 axes", "60/40 axes", "50/50 apart")}
PEOPLE, STATEMENTS = 300, 40
RANKS = (1, 5, 12)
_VOTES_LEFT_OUT = 20
_PEOPLE_ASKED, _VOTES_ASKED, _FEWEST, _MOST = 3, 10, 4, 9

Figures = dict[str, list[float]]


def run(options: Options) -> None:
    seeds = list(REPORT)[: 1 if options.quick else 5]
    figures = {name: measure(name, seeds) for name in PUBLICS}
    publish(options, "science-why", _page(figures, len(seeds)), figures)


def measure(name: str, seeds: list[int]) -> Figures:
    found: Figures = {}
    for seed in seeds:
        public = draw_public(PUBLICS[name], seed, participants=PEOPLE, statements=STATEMENTS)
        analysis = analyse(collect_votes(public, seed).votes)
        for key, values in (*_statements(analysis), *_people(analysis, seed), *_changes(analysis), *_groups(analysis)):
            found.setdefault(key, []).extend(values)
    return found


def _statements(analysis: Analysis) -> list[tuple[str, list[float]]]:
    """Leave out every vote on a few statements and fit all again."""
    same, slope = [], []
    for rank in RANKS:
        column = int(np.flatnonzero(analysis.common_ground.rank == rank)[0])
        found = why_statement(analysis, column)
        asked = np.linspace(0, len(found.voters) - 1, min(_VOTES_LEFT_OUT, len(found.voters))).astype(int)
        brute = [found.bound - analyse(_less(analysis, int(found.voters[k]), column)).common_ground.bound[column] for k in asked]
        same.append(float(spearmanr(brute, found.influence[asked]).statistic))
        slope.append(float(np.polyfit(found.influence[asked], brute, 1)[0]))
    return [("statement rank", same), ("statement size", slope)]


def _people(analysis: Analysis, seed: int) -> list[tuple[str, list[float]]]:
    """Leave out votes of a few people and fit all again: does the lead of their group change as said?"""
    model = PersonModel.of(analysis)
    if model.n_groups < 2:
        return []
    rng = np.random.default_rng(seed)
    able = np.flatnonzero((analysis.grouping.labels >= 0) & (analysis.votes.votes_per_participant >= _VOTES_ASKED))
    same, slope = [], []
    for row in rng.choice(able, _PEOPLE_ASKED, replace=False).tolist():
        found = why_person(analysis, row, model=model)
        asked = np.linspace(0, len(found.statements) - 1, min(_VOTES_ASKED, len(found.statements))).astype(int)
        whole = _lead(analysis, row, found.group)
        brute = [whole - _lead(analyse(_less(analysis, row, int(found.statements[k]))), row, found.group, like=analysis) for k in asked]
        kept = ~np.isnan(brute)
        if kept.sum() > 4:
            same.append(float(spearmanr(np.array(brute)[kept], found.effect[asked][kept]).statistic))
            slope.append(float(np.polyfit(found.effect[asked][kept], np.array(brute)[kept], 1)[0]))
    return [("person rank", same), ("person size", slope)]


def _lead(analysis: Analysis, row: int, group: int, *, like: Analysis | None = None) -> float:
    """Return the log-odds of a person's group against the next likeliest, by memberships fitted anew; NaN if the groups are others."""
    model = PersonModel.of(analysis)
    if like is not None:
        if model.n_groups != like.grouping.n_groups:
            return float("nan")
        group = int(np.bincount(analysis.grouping.labels[like.grouping.labels == group] + 1, minlength=2)[1:].argmax())
    columns, codes = _ballot(analysis, row)
    odds = model.log_odds(stacked(columns, [codes]))[0]
    return float(odds[group] - np.delete(odds, group).max())


def _changes(analysis: Analysis) -> list[tuple[str, list[float]]]:
    """Compare smallest changes with the best of all sets of votes, for people with few votes."""
    model = PersonModel.of(analysis)
    if model.n_groups < 2:
        return []
    same = []
    for row in np.flatnonzero(analysis.grouping.labels >= 0).tolist():
        columns, codes = _ballot(analysis, row)
        if not _FEWEST <= len(codes) <= _MOST:
            continue
        group = int(np.argmax(model.log_odds(stacked(columns, [codes]))[0]))
        for withdraw in (True, False):
            found = smallest_change(model, columns, codes, group, withdraw=withdraw)
            same.append(float(_size(found) == _by_all(model, (columns, codes), group, withdraw=withdraw)))
    return [("smallest", same)]


def _groups(analysis: Analysis) -> list[tuple[str, list[float]]]:
    """Fit all again without the statement that holds a group together most, and without one in the middle: is it told apart less?"""
    if analysis.grouping.n_groups < 2:
        return []
    found = why_group(analysis, 0)
    strongest, middle = found.statements[0], found.statements[len(found.statements) // 2]
    doubt = [_doubt(analysis, int(one)) for one in (strongest, middle)]
    return [("group", [float(doubt[0] > doubt[1])])]


def _doubt(analysis: Analysis, statement: int) -> float:
    kept = np.arange(analysis.votes.shape[1]) != statement
    membership = analyse(analysis.votes.select(kept)).grouping.membership
    placed = membership.sum(axis=1) > 0
    return float(1 - membership[placed].max(axis=1).mean()) if membership.shape[1] > 1 else 1.0


def _by_all(model: PersonModel, ballot: tuple[Ints, Codes], group: int, *, withdraw: bool) -> int:
    columns, codes = ballot
    other = np.zeros_like(codes) if withdraw else np.where(codes == AGREE, DISAGREE, AGREE).astype(np.int8)
    for size in range(1, len(codes) + 1):
        ballots = []
        for those in combinations(range(len(codes)), size):
            one = codes.copy()
            one[list(those)] = other[list(those)]
            ballots.append(one)
        if (np.argmax(model.log_odds(stacked(columns, ballots)), axis=1) != group).any():
            return size
    return 0


def _size(change: SmallestChange | None) -> int:
    return 0 if change is None else len(change.statements)


def _ballot(analysis: Analysis, row: int) -> tuple[Ints, Codes]:
    votes = analysis.votes
    part = slice(int(votes.indptr[row]), int(votes.indptr[row + 1]))
    decided: NDArray[np.bool_] = votes.codes[part] != PASS
    return votes.columns[part][decided].astype(np.int64), votes.codes[part][decided]


def _less(analysis: Analysis, row: int, column: int) -> VoteMatrix:
    votes = analysis.votes
    rows = votes.row_of_vote()
    kept = ~((rows == row) & (votes.columns == column))
    return VoteMatrix.from_rows(
        rows[kept],
        votes.columns[kept].astype(np.int64),
        votes.codes[kept],
        participants=votes.participants,
        statements=votes.statements,
    )


COLUMNS = {
    "statement rank": "a vote's influence on a statement's bound: rank correlation",
    "statement size": "the same: slope of real on stated change",
    "person rank": "an answer's effect on one's lead: rank correlation",
    "person size": "the same: slope of real on stated change",
    "smallest": "smallest change is the smallest of all",
    "group": "a group is told apart less without its strongest statement than without a middling one",
}


def _page(figures: dict[str, Figures], seeds: int) -> str:
    text = (
        f"## Why\n\nWhat is said about influence, against leaving the vote out and fitting everything again: {seeds} publics of each kind "
        f"(odd seeds), {PEOPLE} people, {STATEMENTS} statements. The slope is 1 where stated and real changes are of one size. Smallest "
        "changes are compared with the best of all sets of votes, for people with four to nine. Means with 90 % intervals."
    )
    names = list(figures)
    rows = [
        [label, *(str(mean_over_seeds(figures[name][key])) if figures[name].get(key) else "–" for name in names)]
        for key, label in COLUMNS.items()
    ]
    return text + "\n\n" + table(["", *names], rows)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
