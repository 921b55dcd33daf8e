"""The demonstration conversation: on what joins a people scattered over many places, in Hebrew and English. Its votes are synthetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from klal.core.arrays import Floats, Ints
from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.perception import ROUND, VOTES_BEFORE, WHOLE, GuessRecord
from klal.domain.records import Moderation, Statement

INTRODUCTIONS = {
    "en": {
        "topic": "What joins a people scattered over many places?",
        "description": "A demonstration: its statements were written for it, and the votes it begins with are made up by a generator. "
        "Yours count at once: watch the map move.",
        "shared_purpose": "To find what we hold in common, so that communities far from each other can act on it together.",
    },
    "he": {
        "topic": "מה מחבר עם שפזור במקומות רבים?",
        "description": "הדגמה: ההיגדים נכתבו לשמה, וההצבעות שאיתן היא נפתחת נוצרו בידי מחולל. "
        "כל הצבעה חדשה נספרת מיד, ואפשר לראות את המפה זזה.",
        "shared_purpose": "למצוא את המשותף לנו, כדי שקהילות הרחוקות זו מזו יוכלו לפעול על פיו יחד.",
    },
}
"""How the demonstration introduces itself in the store, by language, first the main one."""

TOPIC = " · ".join(one["topic"] for one in INTRODUCTIONS.values())
DESCRIPTION = (
    "A demonstration: the statements were written for it, and all votes are made up by a generator. · "
    "הדגמה: ההיגדים נכתבו לשמה, וכל ההצבעות נוצרו בידי מחולל."
)
"""Both languages in one, for files, where a conversation has one topic."""

_PARTICIPANTS = 260
_GUESSING = 0.85
_START = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Line:
    """A statement as written, its translation, and how people take to it: own appeal, and the pull of two leanings.

    The leanings are roots against openness, and institutions against people.
    """

    language: str
    text: str
    translation: str
    appeal: float
    roots: float = 0.0
    institutions: float = 0.0


def _en(english: str, hebrew: str, *pulls: float) -> _Line:
    return _Line("en", english, hebrew, *pulls)


def _he(hebrew: str, english: str, *pulls: float) -> _Line:
    return _Line("he", hebrew, english, *pulls)


_LINES = (
    _en(
        "Every child should learn where the other communities live and how they live there.",
        "כל ילדה וילד צריכים ללמוד היכן חיות הקהילות האחרות ואיך חיים בהן.",
        2.4,
    ),
    _he("כדאי שלכל קהילה תהיה קהילה אחות במקום אחר בעולם.", "Every community should have a sister community elsewhere in the world.", 2.2),
    _en(
        "When one community is in distress, the others should hear of it the same day.",
        "כשקהילה אחת במצוקה, שאר הקהילות צריכות לדעת על כך עוד באותו היום.",
        2.8,
    ),
    _he(
        "מחלוקת לשם שמיים מחזקת אותנו, אם יודעים להקשיב.",
        "An argument for the sake of heaven makes us stronger, if we know how to listen.",
        2.0,
    ),
    _en(
        "A shared day of volunteering would do more for us than another conference.",
        "יום התנדבות משותף יועיל לנו יותר מעוד כנס.",
        1.8,
        0.3,
        -0.6,
    ),
    _he(
        "הסיפורים של הסבים והסבתות הם נכס של כולנו ולא רק של המשפחה.",
        "The stories of our grandparents belong to all of us, not only to the family.",
        2.5,
        0.4,
    ),
    _en("Whoever feels part of us is part of us.", "מי שמרגישים חלק מאיתנו הם חלק מאיתנו.", 0.3, -2.4),
    _he("בלי שפה משותפת אין עם.", "Without a common language there is no people.", 0.4, 2.1),
    _en("Tradition should be kept as it was handed down to us.", "יש לשמור על המסורת כפי שנמסרה לנו.", -0.2, 2.6),
    _he("מותר לכל דור לעצב את המסורת מחדש.", "Every generation may shape tradition anew.", 0.6, -2.3),
    _en("There should be one centre that speaks for everybody.", "צריך להיות מרכז אחד שמדבר בשם כולם.", -0.5, 1.2, 1.9),
    _he("אין צורך במוסדות; די באנשים שנפגשים.", "There is no need for institutions; people who meet are enough.", -0.1, -0.6, -2.0),
    _en(
        "Communities abroad should have a say in decisions that concern them.",
        "לקהילות שמעבר לים צריך להיות קול בהחלטות שנוגעות להן.",
        0.9,
        -0.4,
        0.5,
    ),
    _he("מי שגר רחוק לא יכול להבין את הקשיים כאן.", "Those who live far away cannot understand the difficulties here.", -0.8, 0.9, -0.5),
    _en(
        "Money for joint projects should go through elected bodies.",
        "כספים למיזמים משותפים צריכים לעבור דרך גופים נבחרים.",
        0.1,
        0.2,
        2.2,
    ),
    _he(
        "עדיף לתמוך ביוזמות קטנות של צעירים מאשר בארגונים ותיקים.",
        "It is better to support small initiatives of young people than old organisations.",
        0.5,
        -0.9,
        -1.8,
    ),
    _en("We know too little about what the others really think.", "אנחנו יודעים מעט מדי על מה שהאחרים באמת חושבים.", 2.1),
    _he(
        "החגים מחברים בינינו גם כשאיננו מאמינים באותם דברים.",
        "The holidays join us even when we do not believe the same things.",
        1.9,
        0.6,
    ),
    _en("Our quarrels should stay within the family.", "המריבות שלנו צריכות להישאר בתוך המשפחה.", 0.2, 1.5, 0.7),
    _he("ביקורת פומבית היא סימן לאחריות.", "Public criticism is a sign of responsibility.", 0.3, -1.4, -0.6),
    _en(
        "A young person should be able to spend a year in any community.",
        "כל צעירה וצעיר צריכים לקבל הזדמנות לחיות שנה בכל קהילה שיבחרו.",
        2.0,
        -0.3,
    ),
    _he("כל אחד אחראי לכל אחד, גם אם לא נפגשו מעולם.", "Each of us is responsible for all others, even those we never met.", 2.3, 0.5),
    _en("It is fine if some communities disappear over time.", "אין רע בכך שחלק מהקהילות ייעלמו עם הזמן.", -2.6, -0.7),
    _he(
        "נדרש מקום קבוע שבו כל הדעות נשמעות לפני שמחליטים.",
        "We need a lasting place where all opinions are heard before decisions are made.",
        1.9,
        -0.2,
        0.4,
    ),
)
_CAMPS = np.array([[1.0, 0.1], [-0.8, 1.0], [-0.75, -1.05]])
_CAMP_SHARES = np.array([0.46, 0.31, 0.23])


def demonstration_statements() -> tuple[Statement, ...]:
    """Return the statements of the demonstration, ids 0, 1, 2, …; all are seeds and accepted."""
    return tuple(
        Statement(id=j, text=line.text, created=_START, moderation=Moderation.ACCEPTED, is_seed=True) for j, line in enumerate(_LINES)
    )


def demonstration_texts() -> tuple[tuple[str, dict[str, str]], ...]:
    """Return for each statement of the demonstration the language it was written in, and its text by language."""
    other = {"en": "he", "he": "en"}
    return tuple((line.language, {line.language: line.text, other[line.language]: line.translation}) for line in _LINES)


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
    positions = _draw_people(rng)[1]
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


def demonstration_guesses(*, seed: int = 0) -> tuple[GuessRecord, ...]:
    """Return the synthetic guesses of the demonstration's perception check.

    Parameters
    ----------
    seed : int
        That of the votes.

    Returns
    -------
    tuple of GuessRecord
        Of about half of the participants, at statements they voted on, in an order of their own: they take the other camps for further
        away than they are, and everybody for less of one mind.
    """
    drawn, _ = _draw_people(np.random.default_rng(seed))
    log, rng = demonstration_log(seed=seed), np.random.default_rng([seed, 1])
    order = np.argsort(-np.bincount(drawn, minlength=len(_CAMPS)), kind="stable")
    camps = np.argsort(order)[drawn]  # the largest is 0, as groups are numbered
    share = _shares_of_camps()[order]
    share = np.concatenate([share, [np.bincount(camps) @ share / len(camps)]])
    guesses: list[GuessRecord] = []
    for person in np.flatnonzero(rng.random(_PARTICIPANTS) < _GUESSING).tolist():
        cast = log.rows == person
        voted, own, mirrored = log.columns[cast], int(camps[person]), float(rng.normal(0.45, 0.15))
        others = [camp for camp in range(len(_CAMPS)) if camp != own]
        start = int(log.times[cast].max()) if log.times is not None else 0
        asked = rng.permutation(voted)[:ROUND].tolist() if len(voted) >= VOTES_BEFORE else []
        for turn, statement in enumerate(asked):
            target = WHOLE if turn == 2 else others[int(rng.integers(len(others)))]
            pull = mirrored * (0.5 if target == WHOLE else 1.0)
            believed = (1 - pull) * share[target, statement] + pull * (1 - share[own, statement]) + float(rng.normal(0, 0.12))
            guess, spread = 5 * round(20 * min(max(believed, 0.0), 1.0)), 5 * int(rng.integers(1, 6))
            moments = start + 20_000 * (turn + 1), start + 20_000 * (len(asked) + 1)
            guesses.append(GuessRecord(person, int(statement), target, own, None, guess, spread, 1, *moments))
    return tuple(sorted(guesses, key=lambda one: (one.time, str(one.participant))))


def _shares_of_camps() -> Floats:
    """Return the share of each camp that agrees with each statement, by what draws their votes."""
    weights = np.array([[line.roots, line.institutions] for line in _LINES])
    return np.asarray(1 / (1 + np.exp(-1.4 * (np.array([line.appeal for line in _LINES]) + _CAMPS @ weights.T))))


def _draw_people(rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return the camp of each participant, the largest 0, and where they stand."""
    camps = rng.choice(len(_CAMPS), _PARTICIPANTS, p=_CAMP_SHARES)
    return camps, _CAMPS[camps] + rng.normal(0, 0.15, (_PARTICIPANTS, 2))


def _turnout(rng: np.random.Generator, n: int, m: int) -> tuple[Ints, Ints, Ints]:
    """Return who votes on what and when: everybody on some statements, six seconds apart, over twenty days."""
    counts = np.minimum(4 + rng.negative_binomial(1.6, 0.1, n), m)
    start = np.sort(rng.random(n)) * 20 * 86_400_000 + _START.timestamp() * 1000
    rows = np.repeat(np.arange(n), counts)
    columns = np.concatenate([rng.permutation(m)[:count] for count in counts])
    turn = np.concatenate([np.arange(count) for count in counts])
    return rows, columns, (start[rows] + 6_000 * turn).astype(np.int64)
