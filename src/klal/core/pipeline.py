"""The one pipeline: every number on a phone, in a notebook and in a paper comes from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from klal.core.arrays import Bools, frozen
from klal.core.bridging import fit_bridging
from klal.core.common_ground import Judges, agreement_by_rank, find_divisiveness, ground_of
from klal.core.coordination import find_coordination
from klal.core.gifts import find_gifts
from klal.core.grouping import find_groups
from klal.core.history import History
from klal.core.opinion_map import find_opinion_map
from klal.core.previous import Before, earlier_of
from klal.core.representativeness import find_representative, group_informed_consensus
from klal.core.results import Analysis, Bridging, Grouping, OpinionMap, Provenance
from klal.core.settings import AnalysisSettings, GroupingMethod
from klal.core.tally import tally_groups, tally_votes
from klal.core.votes import VoteMatrix
from klal.version import __version__

STAGES = ("tally", "map", "bridging", "groups", "group_tally", "common_ground", "gifts", "coordination", "digest")
"""What ``analyse`` does, in order."""


def analyse(  # noqa: PLR0913 - options by name, all but the votes may be left out
    votes: VoteMatrix,
    *,
    settings: AnalysisSettings | None = None,
    seed: int = 0,
    analysed: Bools | None = None,
    features: Mapping[str, Sequence[str | None]] | None = None,
    history: History | None = None,
    previous: Analysis | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Analysis:
    """Find map, groups, common ground and what divides.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    settings : AnalysisSettings, optional
        All settings; the defaults have their reasons beside them.
    seed : int
        Seed of every draw. Equal votes, settings and seed give equal results.
    analysed : ndarray of bool, optional
        Shape (m,): statements that take part; the others (rejected, or about the conversation itself) are left out.
    features : mapping of str to sequence of str or None, optional
        Ranks (strata): for each feature the rank of each of the n participants, None where unknown.
    history : History, optional
        Of all the votes: when they were cast and who wrote what. Without it no gifts are looked for.
    previous : Analysis, optional
        Of earlier votes of the same conversation: where the search for axes, model and groups begins, which is quicker when little has
        changed. What is found is the same up to the tolerances of the settings.
    on_stage : callable, optional
        Called with the name of each stage of ``STAGES`` when it is done.

    Returns
    -------
    Analysis
        Frozen; its votes are those of the statements that take part.
    """
    settings = settings or AnalysisSettings()
    done = on_stage or _nothing
    chosen = votes if analysed is None else votes.select(analysed)
    tally = tally_votes(chosen)
    done("tally")
    before = earlier_of(previous, chosen)
    own_map = find_opinion_map(chosen, settings=settings.map, tally=tally, near=before.axes if before else None)
    done("map")
    bridging = fit_bridging(chosen, own_map, settings=settings.bridging, tally=tally, earlier=before.model if before else None)
    done("bridging")
    grouping = _own_groups(chosen, own_map, bridging, settings, seed, before)
    opinion_map, grouping = _asked_for(votes, own_map, analysed, grouping, settings)
    done("groups")
    group_tally = tally_groups(chosen, grouping.labels, grouping.n_groups)
    done("group_tally")
    judges = Judges.of(chosen, grouping, bridging, settings=settings.common_ground)
    common_ground = ground_of(judges, bridging)
    divisiveness = find_divisiveness(bridging, opinion_map)
    representativeness = find_representative(group_tally)
    ranks = agreement_by_rank(chosen, features or {}, bridging, settings=settings.common_ground)
    done("common_ground")
    told = None if history is None else history if analysed is None else history.select(votes, analysed)
    gifts = None if told is None else find_gifts(chosen, told, grouping, bridging, common_ground)
    done("gifts")
    coordination = find_coordination(chosen, grouping, bridging, judges, common_ground, history=told, settings=settings.common_ground)
    done("coordination")
    # Polis's way looks at votes on statements left out, too
    read = votes if settings.grouping.method is GroupingMethod.POLIS else chosen
    provenance = Provenance(klal=__version__, votes_digest=read.digest(), seed=seed, settings=settings)
    done("digest")
    return Analysis(
        votes=chosen,
        tally=tally,
        group_tally=group_tally,
        opinion_map=opinion_map,
        grouping=grouping,
        representativeness=representativeness,
        bridging=bridging,
        common_ground=common_ground,
        group_informed_consensus=frozen(group_informed_consensus(group_tally)),
        divisiveness=divisiveness,
        provenance=provenance,
        ranks=ranks,
        gifts=gifts,
        coordination=coordination,
    )


def find_map_and_groups(
    votes: VoteMatrix, analysed: Bools, *, settings: AnalysisSettings | None = None, seed: int = 0
) -> tuple[OpinionMap, Grouping]:
    """Find map and groups only: the first half of ``analyse``.

    Parameters
    ----------
    votes : VoteMatrix
        Shape (n, m).
    analysed : ndarray of bool
        Shape (m,): statements that take part.
    settings : AnalysisSettings, optional
        Those of map and grouping count.
    seed : int
        Seed of every draw.

    Returns
    -------
    OpinionMap, Grouping
        As in ``analyse``.
    """
    settings = settings or AnalysisSettings()
    chosen = votes.select(analysed)
    own_map = find_opinion_map(chosen, settings=settings.map)
    bridging = fit_bridging(chosen, own_map, settings=settings.bridging)
    grouping = _own_groups(chosen, own_map, bridging, settings, seed, None)
    return _asked_for(votes, own_map, analysed, grouping, settings)


def _own_groups(
    votes: VoteMatrix, own_map: OpinionMap, bridging: Bridging, settings: AnalysisSettings, seed: int, before: Before | None
) -> Grouping:
    """Find klal's own groups."""
    start = before.grouping if before and settings.grouping.method is GroupingMethod.AUTO else None
    rng = np.random.default_rng(seed)
    return find_groups(votes, own_map, bridging, settings=settings.grouping, rng=rng, start=start)


def _asked_for(
    votes: VoteMatrix, own_map: OpinionMap, analysed: Bools | None, grouping: Grouping, settings: AnalysisSettings
) -> tuple[OpinionMap, Grouping]:
    """Return klal's map and groups, or Polis's if these are asked for."""
    if settings.grouping.method is GroupingMethod.AUTO:
        return own_map, grouping
    left_out = np.zeros(votes.shape[1], dtype=np.bool_) if analysed is None else ~analysed
    return _as_polis(votes, left_out, grouping, settings)


def _as_polis(votes: VoteMatrix, left_out: Bools, own: Grouping, settings: AnalysisSettings) -> tuple[OpinionMap, Grouping]:
    """Put Polis's map and groups in place of klal's; the verdict stays klal's, because Polis gives none."""
    from klal.core.polis_grouping import polis_grouping

    polis = polis_grouping(votes, rejected=left_out, min_votes=settings.map.min_votes, max_groups=settings.grouping.max_groups)
    kept = ~left_out
    opinion_map = OpinionMap(
        positions=polis.positions,
        uncertainty=frozen(np.zeros((votes.shape[0], 3))),
        axes=frozen(polis.axes[kept]),
        centre=frozen(polis.centre[kept]),
        explained=polis.explained,
        spread=frozen(polis.positions[polis.placed].std(axis=0) if polis.placed.any() else np.zeros(2)),
        placed=polis.placed,
        noise=0.0,
    )
    n_groups = max(polis.n_groups, 1)  # nobody placed is one empty group
    membership = (polis.labels[:, None] == np.arange(n_groups)[None, :]).astype(np.float64)
    return opinion_map, Grouping(
        labels=polis.labels,
        membership=frozen(membership),
        centres=polis.centres if polis.n_groups else frozen(np.zeros((1, 2))),
        verdict=own.verdict,
        stability=own.stability,
        gap=own.gap,
        reason=own.reason,
    )


def _nothing(_: str) -> None:
    """Take no notice."""
