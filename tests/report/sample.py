"""Small analyses built by hand, so that the report is tested without the pipeline."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from klal.core.index import IdIndex
from klal.core.near_misses import find_near_misses
from klal.core.results import (
    Analysis,
    Bridging,
    CommonGround,
    Grouping,
    OpinionMap,
    Provenance,
    RankAgreement,
    Reason,
    Representativeness,
    Verdict,
    VoteTally,
)
from klal.core.settings import AnalysisSettings
from klal.core.tally import tally_groups
from klal.core.vote_log import VoteLog
from klal.core.votes import VoteMatrix
from klal.domain.records import ConversationInfo, Moderation, Statement

ENGLISH = (
    "Public transport should be free for everyone under eighteen.",
    "The city should close one street to cars every weekend.",
    "Parking in the centre is too expensive.",
    "We need more benches and shade on the main streets.",
    "New housing should be built near the train station first.",
    "Shops should be allowed to open on the day of rest.",
    "The municipality should publish every contract it signs.",
    "Cyclists and pedestrians should never share a pavement.",
    "Children should be able to walk to school alone safely.",
    "Taxes should rise if that is what good schools cost.",
)
HEBREW = (
    "תחבורה ציבורית צריכה להיות חינם לכל מי שטרם מלאו להם שמונה־עשרה.",
    "כדאי לסגור רחוב אחד למכוניות בכל סוף שבוע.",
    "החניה במרכז העיר יקרה מדי.",
    "חסרים ספסלים וצל ברחובות הראשיים.",
    "בנייה חדשה צריכה להתחיל ליד תחנת הרכבת.",
    "יש לאפשר לחנויות להיפתח גם בשבת.",
    "העירייה צריכה לפרסם כל חוזה שהיא חותמת עליו.",
    "אין מקום לרוכבי אופניים על אותה מדרכה עם הולכי רגל.",
    "ילדים צריכים להיות מסוגלים ללכת לבית הספר לבד ובבטחה.",
    "מוצדק להעלות את הארנונה אם זה מה שעולה חינוך טוב.",
)
CENTRES = np.array([(-1.5, 0.3), (1.6, 0.5), (0.1, -1.7), (0.3, 1.9), (2.4, -1.6)])


@dataclass(frozen=True)
class Talk:
    """A conversation record as the report needs it."""

    info: ConversationInfo
    statements: tuple[Statement, ...]
    log: VoteLog
    published_groups: dict[int, int] = field(default_factory=dict)


def sample(
    *,
    groups: int = 2,
    people: int = 160,
    statements: int = 10,
    texts: tuple[str, ...] = ENGLISH,
    seed: int = 1,
    verdict: Verdict | None = None,
    reason: Reason | None = None,
    missing: float = 0.25,
    ranks: dict[str, tuple[str | None, ...]] | None = None,
    **info: object,
) -> tuple[Analysis, Talk]:
    """Return a made-up analysis and its conversation."""
    rng = np.random.default_rng(seed)
    labels = np.sort(rng.choice(groups, size=people, p=_shares(groups))).astype(np.int32)
    appeal = rng.normal(0.3, 1.3, statements)
    pull = rng.normal(0, 1.3, (groups, statements)) * (np.arange(statements) % 2)
    chance = 1 / (1 + np.exp(-(appeal + pull[labels])))
    table = np.where(rng.random(chance.shape) < chance, 1.0, -1.0)
    table[rng.random(table.shape) < 0.1] = 0.0
    table[rng.random(table.shape) < missing] = np.nan
    ids = rng.permutation(np.arange(900_001, 900_001 + people))
    positions = (CENTRES[labels] if groups > 1 else 0) + rng.normal(0, 0.75, (people, 2))
    analysis, talk = assemble(
        table[np.argsort(ids)],
        labels=labels[np.argsort(ids)],
        positions=positions[np.argsort(ids)],
        ids=np.sort(ids),
        texts=texts,
        verdict=verdict or (Verdict.CLEAR if groups > 1 else Verdict.NONE),
        reason=reason or (Reason.SEPARATE if groups > 1 else Reason.ONE_CLOUD),
        info=info,
    )
    return with_ranks(analysis, ranks or {}), talk


def _shares(groups: int) -> np.ndarray:
    weights = 1.0 / (1.5 + np.arange(groups))
    return weights / weights.sum()


def assemble(table, *, labels, positions, ids=None, texts=ENGLISH, verdict=Verdict.CLEAR, reason=Reason.SEPARATE, info=None, extra=()):
    """Return an analysis of a table of votes for labels and positions given, and its conversation."""
    ids = np.arange(len(table)) if ids is None else ids
    m = table.shape[1]
    votes = VoteMatrix.from_array(table, participants=IdIndex.of(ids))
    groups = max(int(labels.max(initial=-1)) + 1, 1)
    tally, per_group = _tally(table[None]), _tally(np.stack([np.where((labels == g)[:, None], table, np.nan) for g in range(groups)]))
    ground = _ground(per_group)
    labels = labels.astype(np.int32)
    membership = (labels[:, None] == np.arange(groups)).astype(float)
    centres = np.array([positions[labels == g].mean(axis=0) if (labels == g).any() else (0.0, 0.0) for g in range(groups)])
    axes = np.nan_to_num(np.nan_to_num(table).T @ positions)
    axes = axes / np.maximum(np.linalg.norm(axes, axis=0), 1e-12)
    analysis = Analysis(
        votes=votes,
        tally=VoteTally(tally.agree[0], tally.disagree[0], tally.passed[0]),
        group_tally=per_group,
        opinion_map=OpinionMap(
            positions=positions,
            uncertainty=np.zeros((len(table), 3)),
            axes=axes,
            centre=np.zeros(m),
            explained=np.array([0.3, 0.1]),
            spread=np.ones(2),
            placed=labels >= 0,
            noise=0.5,
        ),
        grouping=Grouping(labels, membership, centres, verdict, stability=0.87 if groups > 1 else 0.0, gap=0.4, reason=reason),
        representativeness=_representative(per_group, ground),
        bridging=Bridging(
            mean=0.0,
            person=np.zeros((len(table), 3)),
            person_cov=np.zeros((len(table), 6)),
            statement=np.zeros((m, 3)),
            statement_cov=np.zeros((m, 6)),
            score=ground.agreement.mean(axis=0),
            sweeps=10,
            converged=True,
        ),
        common_ground=ground,
        group_informed_consensus=np.prod((per_group.agree + 1) / (per_group.seen + 2), axis=0),
        divisiveness=np.clip(np.ptp(ground.agreement, axis=0) if groups > 1 else 4 * ground.score * (1 - ground.score) * 0.4, 0, 1),
        provenance=Provenance(klal="0.1.0", votes_digest=votes.digest(), seed=0, settings=AnalysisSettings()),
    )
    return analysis, _talk(table, votes, texts, info or {}, extra)


def with_ranks(analysis: Analysis, features: dict[str, tuple[str | None, ...]]) -> Analysis:
    """Return the analysis with ranks: those named, dealt to the participants in turn."""
    n, found = analysis.votes.shape[0], []
    for feature, names in features.items():
        ranks = tuple(sorted({name for name in names if name is not None}))
        given = [names[row % len(names)] for row in range(n)]
        labels = np.array([-1 if name is None else ranks.index(name) for name in given], dtype=np.int32)
        tally = tally_groups(analysis.votes, labels, len(ranks))
        ground = _ground(tally)
        sizes = np.bincount(labels[labels >= 0], minlength=len(ranks))
        found.append(RankAgreement(feature, ranks, sizes, tally, ground.agreement, ground.lower, ground.upper))
    return replace(analysis, ranks=tuple(found))


def _tally(tables: np.ndarray) -> VoteTally:
    return VoteTally(*((tables == value).sum(axis=1) for value in (1, -1, 0)))


def _ground(tally: VoteTally) -> CommonGround:
    n = tally.decided + 4.0
    share = (tally.agree + 2.0) / n
    half = 1.645 * np.sqrt(share * (1 - share) / n)
    lower, upper = np.clip(share - half, 0, 1), np.clip(share + half, 0, 1)
    bound = lower.min(axis=0)
    order = np.lexsort((np.arange(len(bound)), -share.min(axis=0), -bound))
    rank = np.empty(len(bound), dtype=np.int64)
    rank[order] = np.arange(1, len(bound) + 1)
    m = len(bound)
    return CommonGround(
        agreement=share,
        lower=lower,
        upper=upper,
        score=share.min(axis=0),
        bound=bound,
        weakest_group=lower.argmin(axis=0),
        rank=rank,
        margin=np.maximum(share.min(axis=0) - 0.5, 0),
        weakest_share=np.full(m, 1 / len(share)),
        worth=np.full(m, 0.5),
        worthwhile_rank=rank,
        unwanted_bound=upper.max(axis=0),
        unwanted_rank=m + 1 - rank,
        near_misses=find_near_misses(share, lower, bound, level=0.9),
    )


def _representative(tally: VoteTally, ground: CommonGround) -> Representativeness:
    g, m = ground.agreement.shape
    chosen = []
    for group in range(g):
        others = np.delete(ground.agreement, group, axis=0).mean(axis=0) if g > 1 else ground.agreement[0]
        difference = ground.agreement[group] - others
        order = np.argsort(-np.abs(difference), kind="stable")[: 4 if g > 1 else 0]
        chosen.append(tuple((int(place), int(difference[place] < 0)) for place in order))
    ones = np.ones((2, g, m))
    return Representativeness(ones, ones, ones, tuple(chosen))


def _talk(table, votes: VoteMatrix, texts, info, extra) -> Talk:
    rows, columns = np.nonzero(~np.isnan(table))
    statements = tuple(
        Statement(id=place, text=texts[place % len(texts)] if texts else "", author=900_001, moderation=Moderation.ACCEPTED)
        for place in range(table.shape[1])
    )
    log = VoteLog(rows, columns, (table[rows, columns] + 2).astype(np.int8), None, votes.participants, votes.statements)
    defaults = {"topic": "How should our city move?", "description": "Say what would make the streets better.", "source": "city-votes.zip"}
    return Talk(ConversationInfo(**{**defaults, **info}), statements + tuple(extra), log)
