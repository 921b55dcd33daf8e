"""The perception check: when somebody is asked to guess, what comes next, and how far off they were. Nothing here needs NumPy."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from klal.domain.records import Id

WHOLE = -1
"""Target of a guess about everybody together."""
VOTES_BEFORE = 7
"""Votes cast before anybody is asked to guess: by then they are placed, and have said what they think themselves."""
ROUND = 4
"""Guesses in one round: about a minute."""
STEP = 5
"""Hundredths from one place of the slider to the next."""
MOST_SPREAD = 50
USUAL_SPREAD = 15
"""Where the slider for how sure one is begins, in hundredths."""


class Kind(StrEnum):
    """Whom people are asked about."""

    GROUPS = "groups"
    SIDES = "sides"
    """Where there are no groups: those who agreed (0) and those who disagreed (1) with one statement."""
    WHOLE = "whole"


class Outcome(StrEnum):
    """What the guesses say about a distance."""

    FURTHER = "further"
    CLOSER = "closer"
    SAME = "same"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GuessRecord:
    """A guess as files carry it.

    Attributes
    ----------
    participant, statement : int or str
        Ids in the conversation.
    target : int
        Group guessed about by its slot, −1 the whole; of sides 0 those who agreed, 1 those who disagreed with ``anchor``.
    own : int
        The guesser's own group or side then, −1 for none.
    anchor : int, str or None
        Statement that told sides apart; None for groups.
    share, spread : int
        In hundredths.
    round : int
        1 for guesses made before any answer was seen.
    time : int
        When it was made, in milliseconds since 1970 (UTC).
    seen : int or None
        When the answer was seen; None if it was not.
    """

    participant: Id
    statement: Id
    target: int
    own: int
    anchor: Id | None
    share: int
    spread: int
    round: int
    time: int
    seen: int | None


@dataclass(frozen=True, slots=True)
class Question:
    """A statement, and about whom to guess how many agree with it."""

    statement: int
    target: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What may be asked: a statement with those whose figures are well known.

    Attributes
    ----------
    statement : int
        Its number.
    is_shared : bool
        Whether all see it alike, or it divides.
    targets : frozenset of int
        Groups, and ``WHOLE``.
    """

    statement: int
    is_shared: bool
    targets: frozenset[int]

    def targets_for(self, own: int) -> frozenset[int]:
        """Return whom somebody may be asked about: not their own group; ``own`` is ``WHOLE`` for somebody in none."""
        return self.targets - {own} if own != WHOLE else self.targets


def next_question(asked: Sequence[Asked], own: int, voted: Collection[int], guessed: Sequence[Question], turn: int) -> Question | None:
    """Choose what somebody is asked next.

    Statements that all see alike and statements that divide take turns, and so do the others' groups and, every third time, the whole.
    Where people begin differs from one to the next, so that every statement is guessed about as often.

    Parameters
    ----------
    asked : sequence of Asked
        In the order in which they teach most.
    own : int
        The guesser's own group; never asked about.
    voted : collection of int
        Statements they have voted on; no other is asked, so that no guess comes before the own answer.
    guessed : sequence of Question
        What they have guessed, or passed over.
    turn : int
        Any number of the guesser's, such as their own in the store.

    Returns
    -------
    Question or None
        None when nothing is left.

    Examples
    --------
    >>> next_question([Asked(7, True, frozenset({WHOLE, 0, 1}))], 0, {7}, [], 0)
    Question(statement=7, target=1)
    """
    done = {one.statement for one in guessed}
    open_to = [one for one in asked if one.statement in voted and one.statement not in done and one.targets_for(own)]
    if not open_to:
        return None
    wants_shared = (len(guessed) + turn) % 2 == 0
    kinds = [one for one in open_to if one.is_shared == wants_shared] or open_to
    chosen = kinds[turn % len(kinds)]
    others = sorted(target for target in chosen.targets if target not in {own, WHOLE})
    about_all = WHOLE in chosen.targets and ((len(guessed) % 3 == 2) or not others)
    return Question(chosen.statement, WHOLE if about_all else others[(turn + len(guessed)) % len(others)])


def within(share: int, spread: int) -> tuple[int, int]:
    """Return from where to where somebody is sure, in hundredths.

    Examples
    --------
    >>> within(30, 40)
    (0, 70)
    """
    return max(0, share - spread), min(100, share + spread)


def outcome(gap: Sequence[float] | None) -> Outcome:
    """Say whether people think they are further apart than they are.

    Parameters
    ----------
    gap : sequence of float or None
        Believed less real distance, and the ends of its interval; None if it is not known.
    """
    if gap is None:
        return Outcome.UNKNOWN
    _, lower, upper = gap
    return Outcome.FURTHER if lower > 0 else Outcome.CLOSER if upper < 0 else Outcome.SAME


@dataclass(frozen=True, slots=True)
class Told:
    """A guess, and what is true.

    Attributes
    ----------
    statement, target : int
        What was guessed.
    guess : tuple of int
        The guess in hundredths, and from where to where it was sure.
    share : tuple of int or None
        The same of the published figure and its interval; None if it is not published any more.
    own : int or None
        Share of the guesser's own group, in hundredths; None if not published, or of no group.
    """

    statement: int
    target: int
    guess: tuple[int, int, int]
    share: tuple[int, int, int] | None
    own: int | None

    @property
    def off(self) -> int | None:
        """Return how much too high the guess was, in hundredths; below 0 too low."""
        return None if self.share is None else self.guess[0] - self.share[0]

    @property
    def was_near(self) -> bool:
        """Say whether the truth, as far as it is known, lies where the guesser was sure it would."""
        return self.share is not None and self.guess[1] <= self.share[2] and self.share[1] <= self.guess[2]


def own_distances(told: Sequence[Told]) -> tuple[int, int, int] | None:
    """Return how far from their own group somebody thought others were, how far they are, and on how many statements.

    Parameters
    ----------
    told : sequence of Told
        One person's guesses; those about the whole do not count.

    Returns
    -------
    tuple of int, or None
        In hundredths; None if nothing counts.
    """
    pairs = [
        (abs(one.guess[0] - one.own), abs(one.share[0] - one.own))
        for one in told
        if one.target != WHOLE and one.share and one.own is not None
    ]
    if not pairs:
        return None
    believed, real = (round(sum(column) / len(pairs)) for column in zip(*pairs, strict=True))
    return believed, real, len(pairs)


def asked_of(document: Mapping[str, object]) -> tuple[Asked, ...]:
    """Return what a snapshot's document on the perception check lets be asked."""
    questions: Sequence[Mapping[str, object]] = document.get("questions", ())  # type: ignore[assignment]
    return tuple(
        Asked(int(str(one["statement"])), one["kind"] == "shared", frozenset(map(int, one["figures"])))  # type: ignore[call-overload]
        for one in questions
    )
