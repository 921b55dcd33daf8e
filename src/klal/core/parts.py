"""Parts of the public that common ground must hold in, whether or not they are drawn as opinion groups.

Groups are drawn only where the votes support telling them apart on the map. A small minority can be missed there and still think
otherwise; so people are also divided by their answers alone, into two, three and four parts (latent classes whose answers are those of
``klal.core.offsets``). What is asked of a statement is asked of the part that agrees least, averaged over the divisions, each counting
as far as the votes speak for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from klal.core.arrays import Bools, Floats
from klal.core.offsets import Answers, Offsets, agreement_of, expect, fit_offsets, learn
from klal.core.results import Bridging
from klal.core.settings import CommonGroundSettings
from klal.core.votes import AGREE, PASS

_STARTS = 4
"""Directions of what appeal and readiness leave over; parts are looked for at both ends of each."""
_END = 0.06
_TURNS = 15
_CALM = 0.02
"""Added to the variance of a vote, so that one vote against all odds does not stand for a direction."""
_FEWEST_VOTES = 5
"""Who stands at an end must have cast so many votes."""
_WITH_GIVEN, _SCREENED, _POLISHED = 3, 4, 40
"""Steps with a start's members held, then freely, and most from the best start on."""
_WITH_SOME, _WITH_ALL = 8, 2
"""Steps with more people, and with all, where parts were found in a thinned public."""
_STILL = 1e-5
_SEARCHED, _SEARCHED_PER_STATEMENT, _FITTED = 20_000, 60, 200_000
"""Votes that parts are looked for in, at least so many and so many a statement; votes they are fitted to before all are placed."""
_EVIDENCE_SCALE, _LEAST_EVIDENCE = 30.0, 1.0
"""Log-evidence counts by one for so many units (votes of one person are not independent), and never excludes a division of two and more."""


@dataclass(frozen=True, slots=True, eq=False)
class Division:
    """A division of the public into parts.

    Attributes
    ----------
    membership : ndarray of float
        Shape (n, h); rows sum to 1, or are 0 for those without a vote.
    shares : ndarray of float
        Shape (h,), summing to 1.
    offsets : Offsets
        Of shape (h, m): how each part answers.
    middle, doubt : ndarray of float
        Shape (h, m): agreement of each part, mean and standard deviation of its log-odds.
    counts : ndarray of bool
        Shape (h,): whether the part is large enough to be asked.
    weight : float
        0 … 1: how far the division counts among others.
    """

    membership: Floats
    shares: Floats
    offsets: Offsets
    middle: Floats
    doubt: Floats
    counts: Bools
    weight: float


@dataclass(slots=True, eq=False)
class _Fit:
    membership: Floats
    offsets: Offsets
    shares: Floats
    evidence: float


def find_divisions(answers: Answers, bridging: Bridging, *, settings: CommonGroundSettings | None = None) -> tuple[Division, ...]:
    """Divide the public by its answers, into one part, two, three and so on.

    Parameters
    ----------
    answers : Answers
        Of n participants on m statements.
    bridging : Bridging
        The fitted model.
    settings : CommonGroundSettings, optional
        Most parts, size of the smallest part asked.

    Returns
    -------
    tuple of Division
        From one part on; their weights sum to 1.
    """
    settings = settings or CommonGroundSettings()
    fits, presence = _grow(answers, settings.most_parts), answers.presence
    weights = _weights(np.array([fit.evidence for fit in fits]))
    least = max(settings.least_part * presence.sum(), settings.least_members)
    divisions = []
    for fit, weight in zip(fits, weights, strict=True):
        members = fit.membership * presence[:, None]
        middle, doubt = agreement_of(fit.offsets, bridging, members)
        counts = members.sum(axis=0) >= least
        counts[int(np.argmax(fit.shares))] = True
        divisions.append(Division(members, fit.shares, fit.offsets, middle, doubt, np.asarray(counts), float(weight)))
    return tuple(divisions)


def judge_others(divisions: tuple[Division, ...], answers: Answers, bridging: Bridging) -> tuple[Division, ...]:
    """Let the same parts answer other statements.

    Parameters
    ----------
    divisions : tuple of Division
        As found before.
    answers : Answers
        Of the same n participants on q other statements, or changed ones on the same.
    bridging : Bridging
        Of these statements.

    Returns
    -------
    tuple of Division
        The same people and weights; the answers of shape (h, q).
    """
    result = []
    for one in divisions:
        offsets = fit_offsets(answers, one.membership, learnt=one.offsets)
        middle, doubt = agreement_of(offsets, bridging, one.membership)
        result.append(replace(one, offsets=offsets, middle=middle, doubt=doubt))
    return tuple(result)


def _weights(evidence: Floats) -> Floats:
    behind = (evidence - evidence.max()) / _EVIDENCE_SCALE
    behind[1:] = np.maximum(behind[1:], -_LEAST_EVIDENCE)
    weights = np.exp(behind)
    return np.asarray(weights / weights.sum())


def _grow(answers: Answers, most: int) -> list[_Fit]:
    """Fit one part, then add one after the other where it helps most: on a thinned public first, then on everybody."""
    few = _thinned(answers, max(_SEARCHED, _SEARCHED_PER_STATEMENT * len(answers.appeal)))
    found = [_improve(few, np.ones((len(few.readiness), 1)), _POLISHED)]
    ends = _ends(few)
    for _ in range(1, most if ends else 1):
        found.append(_with_another(few, found[-1], ends))
    if few is answers:
        return found
    some = _thinned(answers, _FITTED)
    return [_spread_out(fit, (some, _WITH_SOME), (answers, _WITH_ALL)) for fit in found]


def _with_another(answers: Answers, fit: _Fit, ends: list[Bools]) -> _Fit:
    """Add a part: try one at every end, carry the best on."""
    tried = []
    for end in ends:
        moved = np.where(end, 0.9, 0.0)[:, None]
        start = np.concatenate([fit.membership * (1 - moved), moved + 1e-3], axis=1)
        tried.append(_improve(answers, start / start.sum(axis=1, keepdims=True), _SCREENED))
    best = max(tried, key=lambda one: round(one.evidence, 6))
    return _improve(answers, best.membership, _POLISHED)


def _improve(answers: Answers, membership: Floats, steps: int) -> _Fit:
    """Alternate between who belongs where and what each part answers (expectation–maximisation)."""
    offsets = fit_offsets(answers, membership, steps=_WITH_GIVEN)
    fit = _Fit(membership, offsets, _shares(answers, membership), -np.inf)
    for _ in range(steps):
        last = fit.evidence
        fit = _step(answers, fit.offsets, fit.shares)
        if abs(fit.evidence - last) < _STILL * abs(fit.evidence):
            break
    return fit


def _spread_out(fit: _Fit, *rounds: tuple[Answers, int]) -> _Fit:
    """Carry a fit from a thinned public to more people, then to everybody."""
    for answers, steps in rounds:
        for _ in range(steps):
            fit = _step(answers, fit.offsets, fit.shares)
    return fit


def _step(answers: Answers, offsets: Offsets, shares: Floats) -> _Fit:
    """Say who belongs where, then what each part answers."""
    membership, sums, likelihood = expect(answers, offsets, shares)
    evidence = likelihood - offsets.penalty(answers.appeal) - 0.5 * len(shares) * np.log(max(len(membership), 2))
    return _Fit(membership, learn(offsets, sums, answers.appeal), _shares(answers, membership), float(evidence))


def _ends(answers: Answers) -> list[Bools]:
    """Return who stands at either end of the directions along which answers differ most beyond appeal and readiness."""
    votes = answers.votes
    n, m = votes.shape
    decided = votes.codes != PASS
    rows, columns, agreed = votes.row_of_vote()[decided], votes.columns[decided], votes.codes[decided] == AGREE
    chance = 1 / (1 + np.exp(-(answers.mean + answers.readiness[rows] + answers.appeal[columns])))
    own = np.bincount(rows, minlength=n)
    enough = own >= min(_FEWEST_VOTES, m)
    if not enough.any():
        return []
    surprise = sparse.csr_array(((agreed - chance) / np.sqrt(chance * (1 - chance) + _CALM), (rows, columns)), shape=(n, m))
    ends = []
    for direction in _directions(surprise, answers.appeal).T / np.sqrt(np.maximum(own, 1)):
        for side in (direction, -direction):
            ends.append(enough & (side >= np.quantile(side[enough], 1 - _END)))
    return ends


def _directions(surprise: sparse.csr_array, appeal: Floats) -> Floats:
    """Return where everybody stands along the directions that surprise most, shape (n, directions), by subspace iteration.

    The start depends on the statements' appeal only, so the order of people and statements does not matter.
    """
    turns = np.outer(appeal, np.arange(1, _STARTS + 1))
    block = np.concatenate([np.cos(turns), np.sin(turns)], axis=1)
    for _ in range(_TURNS):
        block = np.linalg.qr(surprise.T @ (surprise @ block))[0]
    places = surprise @ block
    _, turn = np.linalg.eigh(places.T @ places)
    return np.asarray(places @ turn[:, ::-1][:, :_STARTS])


def _shares(answers: Answers, membership: Floats) -> Floats:
    """Return the share of each part among those who voted, held off zero by one imaginary member."""
    sizes = answers.presence @ membership + 1
    return np.asarray(sizes / sizes.sum())


def _thinned(answers: Answers, most: int) -> Answers:
    """Keep evenly spaced participants who cast about so many votes together; everybody where there are fewer."""
    n, votes = len(answers.readiness), answers.votes.n_votes
    if votes <= most:
        return answers
    kept = np.zeros(n, dtype=np.bool_)
    kept[np.linspace(0, n - 1, max(int(n * most / votes), 2)).astype(np.int64)] = True
    return answers.keep(kept)
