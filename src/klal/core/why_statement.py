"""Why a statement stands where it does: how far each group's votes decide it, and how many changed minds would alter it.

A "what if" is asked by putting changed versions of the statement beside each other, as statements of their own, and letting the rule of
common ground judge them; who belongs to which group and where people stand is held as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from klal.core.arrays import Bools, Codes, Floats, Ints, frozen
from klal.core.bridging import full_covariance
from klal.core.common_ground import Judges
from klal.core.index import IdIndex
from klal.core.results import Analysis, Bridging, CommonGround
from klal.core.votes import AGREE, DISAGREE, PASS, VoteMatrix
from klal.domain.privacy import MIN_CELL

TOP = 10
_MOST_ASKED = 500
"""Most votes left out one by one; of more, an even part."""


@dataclass(frozen=True, slots=True, eq=False)
class WhyStatement:
    """Why one statement stands where it does; g groups. Nothing in it but ``voters`` and ``influence`` speaks of single people.

    Attributes
    ----------
    column, rank : int
        The statement and its rank as common ground, 1 the strongest.
    bound : float
        The least lower end over the groups, as in ``CommonGround``.
    in_top, is_common : bool
        Whether it is among the first ten, and whether it is common ground: its bound above one half.
    by_agree, by_disagree : ndarray of float
        Shape (g,): mean change of the bound by one vote of a member that agrees, that disagrees; NaN where fewer than five did.
    without_group : ndarray of float
        Shape (g,): the bound if nobody of the group had voted on it; NaN where fewer than five did.
    to_leave_top, to_leave_common : ndarray of int64
        Shape (g,): fewest members who would have to change their mind to turn ``in_top``, ``is_common`` into the opposite; −1 where
        even all of the group do not suffice.
    voters : ndarray of int64
        Shape (q,): rows of those asked one by one. Never to be published.
    influence : ndarray of float
        Shape (q,): the bound with each one's vote less the bound without it. Never to be published.
    """

    column: int
    rank: int
    bound: float
    in_top: bool
    is_common: bool
    by_agree: Floats
    by_disagree: Floats
    without_group: Floats
    to_leave_top: Ints
    to_leave_common: Ints
    voters: Ints
    influence: Floats


def why_statement(analysis: Analysis, column: int) -> WhyStatement:
    """Say how far each group's votes decide a statement's place, and the smallest change that would alter it.

    Parameters
    ----------
    analysis : Analysis
        Of m statements.
    column : int
        Position of the statement, 0 … m−1.

    Returns
    -------
    WhyStatement
        What each group's votes do follows from leaving them out; the statement's own parameters of the bridging model follow to first
        order (influence functions), positions of people stay.
    """
    asked = _Asked.of(analysis, column)
    ground = analysis.common_ground
    voters = _even(np.arange(len(asked.rows)), _MOST_ASKED)
    base = asked.bound_of([asked.codes])[0]
    influence = base - asked.bound_of([_without(asked.codes, [k]) for k in voters], follow=True)
    g = analysis.grouping.n_groups
    members = [np.flatnonzero(asked.labels == one) for one in range(g)]
    told = np.array([len(one) >= MIN_CELL for one in members])
    without = asked.bound_of([_without(asked.codes, one) for one in members], follow=True)
    standing, bound = int(ground.rank[column]), float(ground.bound[column])
    to_beat = _bar(ground, column)
    changes = [asked.until(one, (to_beat, standing <= TOP), by_margin=True) for one in members]
    common = [asked.until(one, (1 / 2, bound > 1 / 2)) for one in members]
    return WhyStatement(
        column=column,
        rank=standing,
        bound=bound,
        in_top=standing <= TOP,
        is_common=bound > 1 / 2,
        by_agree=frozen(_mean_by_group(influence, voters, asked, int(AGREE))),
        by_disagree=frozen(_mean_by_group(influence, voters, asked, int(DISAGREE))),
        without_group=frozen(np.where(told, without, np.nan)),
        to_leave_top=frozen(np.array(changes, dtype=np.int64)),
        to_leave_common=frozen(np.array(common, dtype=np.int64)),
        voters=frozen(asked.rows[voters]),
        influence=frozen(influence),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """The votes on one statement that agree or disagree, and what judges versions of them."""

    analysis: Analysis
    column: int
    rows: Ints
    codes: Codes
    labels: Ints
    judges: Judges

    @classmethod
    def of(cls, analysis: Analysis, column: int) -> _Asked:
        votes = analysis.votes
        on = np.flatnonzero((votes.columns == column) & (votes.codes != PASS))
        rows = votes.row_of_vote()[on]
        settings = analysis.provenance.settings.common_ground
        judges = Judges.of(votes, analysis.grouping, analysis.bridging, settings=settings)
        return cls(analysis, column, rows, votes.codes[on], analysis.grouping.labels[rows].astype(np.int64), judges)

    def bound_of(self, versions: list[Codes], *, follow: bool = False) -> Floats:
        """Return the bound of each version of the votes, shape (versions,)."""
        return self.judged(versions, follow=follow)[1]

    def judged(self, versions: list[Codes], *, follow: bool = False) -> tuple[Floats, Floats]:
        """Return margin and bound of each version of the votes, code 0 standing for no vote, both of shape (versions,).

        Versions are judged together, so that the rule's work per group is done once.
        """
        if not versions:
            return np.zeros(0), np.zeros(0)
        table = np.stack(versions, axis=1)
        analysis, count = self.analysis, len(versions)
        cast = table != 0
        indptr = np.zeros(analysis.votes.shape[0] + 1, dtype=np.int64)
        np.add.at(indptr, self.rows + 1, cast.sum(axis=1))
        columns = np.broadcast_to(np.arange(count), table.shape)[cast].astype(np.int32)
        votes = VoteMatrix(np.cumsum(indptr), columns, table[cast], analysis.votes.participants, IdIndex(np.arange(count)))
        bridging = _repeated(analysis.bridging, self.column, count)
        if follow:
            bridging = _followed(bridging, table, self)
        return self.judges.judge(votes, bridging)

    def until(self, members: Ints, way: tuple[float, bool], *, by_margin: bool = False) -> int:
        """Return how many members must change their mind until the bound (or margin) crosses a bar; −1 if all are not enough."""
        bar, above = way
        of_those = members[self.codes[members] == (AGREE if above else DISAGREE)]
        versions = []
        for count in range(1, len(of_those) + 1):
            changed = self.codes.copy()
            changed[of_those[:count]] = DISAGREE if above else AGREE
            versions.append(changed)
        found = self.judged(versions)[0 if by_margin else 1]
        turned = np.flatnonzero(found <= bar if above else found > bar)
        return int(turned[0]) + 1 if len(turned) else -1


def _bar(ground: CommonGround, column: int) -> float:
    """Return the margin at which a statement leaves the first ten, or enters them: that of the tenth of all others."""
    others = np.sort(np.delete(ground.margin, column))[::-1]
    return float(others[TOP - 1]) if len(others) >= TOP else -np.inf


def _repeated(bridging: Bridging, column: int, count: int) -> Bridging:
    return replace(
        bridging,
        statement=np.repeat(bridging.statement[[column]], count, axis=0),
        statement_cov=np.repeat(bridging.statement_cov[[column]], count, axis=0),
        score=np.repeat(bridging.score[[column]], count),
    )


def _followed(bridging: Bridging, table: Codes, asked: _Asked) -> Bridging:
    """Let the statement's parameters follow from the votes left out: one Newton step, people's positions held."""
    people = asked.analysis.bridging.person[asked.rows]
    z = np.concatenate([np.ones((len(people), 1)), people[:, 1:]], axis=1)
    value = bridging.mean + people[:, 0] + z @ bridging.statement[0]
    chance = 1 / (1 + np.exp(-np.clip(value, -30, 30)))
    pull, weight = (asked.codes == AGREE) - chance, chance * (1 - chance)
    gone = (table == 0).astype(np.float64)
    whole = np.linalg.inv(full_covariance(bridging.statement_cov[:1]))[0]
    precision = whole - np.einsum("iv,i,ia,ib->vab", gone, weight, z, z)
    # what is left of the precision is never less than a little of what there was, however many votes go
    values, vectors = np.linalg.eigh(precision)
    least = np.linalg.eigvalsh(whole)[0] * 0.05
    cov = (vectors / np.maximum(values, least)[:, None, :]) @ vectors.transpose(0, 2, 1)
    step = np.einsum("vab,iv,i,ib->va", cov, gone, pull, z)
    side = z.shape[1]
    lower = np.tril_indices(side)
    return replace(bridging, statement=bridging.statement - step, statement_cov=np.ascontiguousarray(cov[:, lower[0], lower[1]]))


def _without(codes: Codes, those: Ints | list[int]) -> Codes:
    result = codes.copy()
    result[those] = 0
    return result


def _even(places: Ints, most: int) -> Ints:
    return places if len(places) <= most else places[np.linspace(0, len(places) - 1, most).astype(np.int64)]


def _mean_by_group(influence: Floats, voters: Ints, asked: _Asked, answer: int) -> Floats:
    """Return the mean influence of the members of each group who gave an answer; NaN for a handful."""
    result = np.full(asked.analysis.grouping.n_groups, np.nan)
    for one in range(len(result)):
        those: Bools = (asked.labels[voters] == one) & (asked.codes[voters] == answer)
        if those.sum() >= MIN_CELL:
            result[one] = influence[those].mean()
    return result
