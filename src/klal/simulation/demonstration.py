"""The demonstration conversation: on what joins a people scattered over many places, in Hebrew and English. Its votes are synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from klal.core.arrays import Ints
from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.records import Moderation, Statement

TOPIC = "What joins a people scattered over many places? · מה מחבר עם שפזור במקומות רבים?"
DESCRIPTION = (
    "A demonstration: the statements were written for it, and all votes are made up by a generator. · "
    "הדגמה: ההיגדים נכתבו לשמה, וכל ההצבעות נוצרו בידי מחולל."
)
_PARTICIPANTS = 260
_START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Line:
    """A statement and how people take to it: own appeal, and the pull of two leanings (roots and openness, institutions and people)."""

    text: str
    appeal: float
    roots: float = 0.0
    institutions: float = 0.0


_LINES = (
    _Line("Every child should learn where the other communities live and how they live there.", 2.4),
    _Line("כדאי שלכל קהילה תהיה קהילה אחות במקום אחר בעולם.", 2.2),
    _Line("When one community is in distress, the others should hear of it the same day.", 2.8),
    _Line("מחלוקת לשם שמיים מחזקת אותנו, אם יודעים להקשיב.", 2.0),
    _Line("A shared day of volunteering would do more for us than another conference.", 1.8, 0.3, -0.6),
    _Line("הסיפורים של הסבים והסבתות הם נכס של כולנו ולא רק של המשפחה.", 2.5, 0.4),
    _Line("Whoever feels part of us is part of us.", 0.3, -2.4),
    _Line("בלי שפה משותפת אין עם.", 0.4, 2.1),
    _Line("Tradition should be kept as it was handed down to us.", -0.2, 2.6),
    _Line("מותר לכל דור לעצב את המסורת מחדש.", 0.6, -2.3),
    _Line("There should be one centre that speaks for everybody.", -0.5, 1.2, 1.9),
    _Line("אין צורך במוסדות; די באנשים שנפגשים.", -0.1, -0.6, -2.0),
    _Line("Communities abroad should have a say in decisions that concern them.", 0.9, -0.4, 0.5),
    _Line("מי שגר רחוק לא יכול להבין את הקשיים כאן.", -0.8, 0.9, -0.5),
    _Line("Money for joint projects should go through elected bodies.", 0.1, 0.2, 2.2),
    _Line("עדיף לתמוך ביוזמות קטנות של צעירים מאשר בארגונים ותיקים.", 0.5, -0.9, -1.8),
    _Line("We know too little about what the others really think.", 2.1),
    _Line("החגים מחברים בינינו גם כשאיננו מאמינים באותם דברים.", 1.9, 0.6),
    _Line("Our quarrels should stay within the family.", 0.2, 1.5, 0.7),
    _Line("ביקורת פומבית היא סימן לאחריות.", 0.3, -1.4, -0.6),
    _Line("A young person should be able to spend a year in any community.", 2.0, -0.3),
    _Line("כל אחד אחראי לכל אחד, גם אם לא נפגשו מעולם.", 2.3, 0.5),
    _Line("It is fine if some communities disappear over time.", -2.6, -0.7),
    _Line("נדרש מקום קבוע שבו כל הדעות נשמעות לפני שמחליטים.", 1.9, -0.2, 0.4),
)
_CAMPS = np.array([[1.0, 0.1], [-0.8, 1.0], [-0.75, -1.05]])
_CAMP_SHARES = np.array([0.46, 0.31, 0.23])


def demonstration_statements() -> tuple[Statement, ...]:
    """Return the statements of the demonstration, ids 0, 1, 2, …; all are seeds and accepted."""
    return tuple(
        Statement(id=j, text=line.text, created=_START, moderation=Moderation.ACCEPTED, is_seed=True) for j, line in enumerate(_LINES)
    )


def demonstration_log(*, seed: int = 0) -> VoteLog:
    """Return the synthetic votes of the demonstration.

    Parameters
    ----------
    seed : int
        Equal seeds give equal votes.

    Returns
    -------
    VoteLog
        Of 260 made-up participants in three camps, each of whom voted on some of the statements, in an order of their own.
    """
    rng = np.random.default_rng(seed)
    n, m = _PARTICIPANTS, len(_LINES)
    positions = _CAMPS[rng.choice(len(_CAMPS), n, p=_CAMP_SHARES)] + rng.normal(0, 0.15, (n, 2))
    weights = np.array([[line.roots, line.institutions] for line in _LINES])
    logit = np.array([line.appeal for line in _LINES]) + rng.normal(0, 0.25, (n, 1)) + positions @ weights.T
    answers = np.where(rng.random((n, m)) < 1 / (1 + np.exp(-1.4 * logit)), 3, 1)
    passing = 1 / (1 + np.exp(-rng.normal(-2.4, 0.8, (n, 1))))
    answers = np.where(rng.random((n, m)) < passing, 2, answers)
    rows, columns, times = _turnout(rng, n, m)
    return VoteLog(
        rows=rows,
        columns=columns,
        codes=answers[rows, columns].astype(np.int8),
        times=times,
        participants=IdIndex.of(np.arange(n)),
        statements=IdIndex.of(np.arange(m)),
    )


def _turnout(rng: np.random.Generator, n: int, m: int) -> tuple[Ints, Ints, Ints]:
    """Return who votes on what and when: everybody on some statements, six seconds apart, over twenty days."""
    counts = np.minimum(4 + rng.negative_binomial(1.6, 0.1, n), m)
    start = np.sort(rng.random(n)) * 20 * 86_400_000 + _START.timestamp() * 1000
    rows = np.repeat(np.arange(n), counts)
    columns = np.concatenate([rng.permutation(m)[:count] for count in counts])
    turn = np.concatenate([np.arange(count) for count in counts])
    return rows, columns, (start[rows] + 6_000 * turn).astype(np.int64)
