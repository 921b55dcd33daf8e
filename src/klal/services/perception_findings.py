"""What a snapshot says on the perception check: statements to guess at with their published figures, and the gap found from guesses.

Figures change with the map they belong to (`klal.services.publishing`); guesses are counted once enough people of a group have made
new ones, so that nobody's guess can be told from the difference of two snapshots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from klal.core.arrays import Floats, Ints, Labels
from klal.core.continuity import match_groups
from klal.core.perception import WHOLE, Direction, Estimate, Figures, Guesses, PerceptionGap, find_gap, share_with_interval
from klal.core.questions import MOST_OF_KIND, choose_questions, well_known
from klal.core.results import Analysis
from klal.core.tally import tally_groups
from klal.core.votes import AGREE, DISAGREE
from klal.domain.perception import GuessRecord, Kind, outcome
from klal.domain.privacy import MIN_CELL, may_publish_cell
from klal.domain.records import Id
from klal.io.conversation import Conversation
from klal.report.screening import Screened, screen, tidy, votes_of_groups, withheld_cells

GONE = 1_000
"""Slot of a group that is not there any more."""
_LEAST_SIDE = 20
"""Fewest people on each side of a statement that is to tell sides apart."""
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """One guess that stands, as kept: statements by the ids the document has, groups by slot, shares in hundredths.

    Attributes
    ----------
    person, statement : int, or the id of a statement
        Who, and about which.
    target, own : int
        Slot or side guessed about, and the guesser's own; ``WHOLE`` for all, or none.
    anchor : int, str or None
        Statement that told the sides apart.
    share, spread : int
        The guess, and how far off it may be.
    seen : int
        When its answer was shown.
    """

    person: int
    statement: Id
    target: int
    own: int
    anchor: Id | None
    share: int
    spread: int
    seen: int = 0


def questions_document(analysis: Analysis, ids: Sequence[Id], slots: Sequence[int], *, anchor: Id | None = None) -> Document:
    """Choose what may be guessed at.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    ids : sequence of int or str
        Number or id of each statement.
    slots : sequence of int
        Slot of each group.
    anchor : int or str, optional
        Statement that told sides apart before; it goes on doing so as long as it can.

    Returns
    -------
    dict
        ``kind``, ``anchor`` and ``questions``: each a statement, its kind (``shared``, ``divides``) and ``figures``, share and ends of
        its interval by slot or side, −1 the whole. Only figures that may be published.
    """
    screened = screen(analysis, min_cell=MIN_CELL)
    if analysis.grouping.n_groups > 1:
        kind, place, names = Kind.GROUPS, None, [*slots, WHOLE]
        figures = _figures_of_groups(analysis, screened)
    else:
        place = _anchor(analysis, screened, ids, anchor)
        kind, names = (Kind.WHOLE, [WHOLE]) if place is None else (Kind.SIDES, [0, 1, WHOLE])
        figures = _figures_of_sides(analysis, screened, place)
    chosen = choose_questions(figures, analysis.bridging.statement[:, 1:])
    known = well_known(figures)
    columns = [(column, "shared") for column in chosen.shared.tolist()] + [(column, "divides") for column in chosen.dividing.tolist()]
    order = sorted(range(len(columns)), key=lambda at: at % MOST_OF_KIND if at < len(chosen.shared) else at - len(chosen.shared) + 0.5)
    return {
        "kind": kind.value,
        "anchor": None if place is None else ids[place],
        "questions": [
            {
                "statement": ids[columns[at][0]],
                "kind": columns[at][1],
                "figures": {
                    str(name): [tidy(float(part[row, columns[at][0]])) for part in (figures.share, figures.lower, figures.upper)]
                    for row, name in enumerate(names)
                    if known[row, columns[at][0]]
                },
            }
            for at in order
        ],
    }


def gap_document(questions: Document, guesses: Sequence[Given]) -> Document | None:
    """Find the gap from guesses and the figures that are published.

    Parameters
    ----------
    questions : dict
        From ``questions_document``.
    guesses : sequence of Given
        Those that count.

    Returns
    -------
    dict or None
        ``people``, ``guesses``, ``outcome``; ``believed``, ``real`` and ``gap`` over all directions that are known, each a figure with
        its interval or None; ``directions`` (``from``, ``about``) and ``whole`` likewise, with the mean guess of each statement that
        enough people guessed at. None if fewer than a handful guessed.
    """
    names = sorted({int(name) for one in questions["questions"] for name in one["figures"]} - {WHOLE})
    found = find_gap(_as_arrays(questions, guesses, names), _published(questions, names))
    if not may_publish_cell(found.people):
        return None
    statements = [one["statement"] for one in questions["questions"]]
    directions = [_direction(one, names, statements) for one in found.directions if may_publish_cell(one.people)]
    return {
        "people": found.people,
        "guesses": found.guesses,
        **_estimates(found),
        "directions": directions,
        "whole": _direction(found.whole, names, statements) if found.whole and may_publish_cell(found.whole.people) else None,
    }


def perception_of_file(analysis: Analysis, conversation: Conversation) -> Document:
    """Find the gap in a conversation read from a file.

    Parameters
    ----------
    analysis : Analysis
        What was found in it.
    conversation : Conversation
        With guesses, or without.

    Returns
    -------
    dict
        As ``questions_document`` writes it, groups by their place in the analysis, with ``gap``; empty without guesses. Slots in the file
        are matched with the groups found in it by who is in them.
    """
    final = [one for one in conversation.guesses if one.seen is not None and one.round == 1]
    if not final:
        return {}
    people = {one: row for row, one in enumerate(conversation.log.participants.tolist())}
    final = [one for one in final if one.participant in people]
    rows = rows_of_slots(analysis, [(people[one.participant], one.own) for one in final if one.anchor is None])
    anchor = next((one.anchor for one in final if one.anchor is not None), None)
    document = questions_document(analysis, analysis.votes.statements.tolist(), range(analysis.grouping.n_groups), anchor=anchor)
    given = [Given(people[one.participant], one.statement, *_renamed(one, rows), one.anchor, one.share, one.spread) for one in final]
    return {**document, "gap": gap_document(document, given)}


def rows_of_slots(analysis: Analysis, own: Sequence[tuple[int, int]]) -> dict[int, int]:
    """Match slots of elsewhere with the groups of an analysis.

    Parameters
    ----------
    analysis : Analysis
        With n participants.
    own : sequence of (int, int)
        Row of a participant, and their slot there.

    Returns
    -------
    dict of int to int
        Group by slot, so that as many people as can be are in the same.
    """
    previous: Labels = np.full(len(analysis.grouping.labels), -1, dtype=np.int32)
    for row, slot in own:
        previous[row] = slot
    slots = match_groups(previous, analysis.grouping.labels, analysis.grouping.n_groups)
    return {slot: group for group, slot in enumerate(slots)}


def _renamed(one: GuessRecord, rows: Mapping[int, int]) -> tuple[int, int]:
    """Return target and own group of a guess as the analysis numbers them; sides and the whole stay, a group that is gone is nobody."""
    if one.anchor is not None:
        return one.target, one.own
    target, own = (WHOLE if slot == WHOLE else rows.get(slot, GONE) for slot in (one.target, one.own))
    return target, own


def count_by_crowds(guesses: Sequence[Given], counted: Mapping[str, int], *, is_over: bool) -> tuple[list[Given], dict[str, int]]:
    """Choose the guesses that count: those of a group up to where enough of its people had guessed.

    Parameters
    ----------
    guesses : sequence of Given
        All that stand.
    counted : mapping of str to int
        By slot of the guessers: until when guesses counted last.
    is_over : bool
        Whether the conversation is closed: then all count.

    Returns
    -------
    list of Given, dict
        Those that count, and until when by slot.
    """
    until = dict(counted)
    for own in sorted({one.own for one in guesses}):
        new = [one for one in guesses if one.own == own and one.seen > until.get(str(own), 0)]
        if new and (is_over or may_publish_cell(len({one.person for one in new}))):
            until[str(own)] = max(one.seen for one in new)
    return [one for one in guesses if one.seen <= until.get(str(one.own), 0)], until


def _figures_of_groups(analysis: Analysis, screened: Screened) -> Figures:
    ground = analysis.common_ground
    groups = [np.where(screened.withheld, np.nan, part) for part in (ground.agreement, ground.lower, ground.upper)]
    return _with_whole(analysis, screened, groups)


def _figures_of_sides(analysis: Analysis, screened: Screened, anchor: int | None) -> Figures:
    if anchor is None:
        return _with_whole(analysis, screened, [np.empty((0, analysis.votes.shape[1]))] * 3)
    tally = tally_groups(analysis.votes, _sides(analysis, anchor), 2)
    withheld = withheld_cells(tally.seen, votes_of_groups(analysis).seen, min_cell=MIN_CELL)
    withheld[:, anchor] = True
    return _with_whole(analysis, screened, [np.where(withheld, np.nan, part) for part in share_with_interval(tally.agree, tally.disagree)])


def _with_whole(analysis: Analysis, screened: Screened, rows: Sequence[Floats]) -> Figures:
    tally = votes_of_groups(analysis)
    whole = (np.where(screened.enough, part, np.nan) for part in share_with_interval(tally.agree, tally.disagree))
    return Figures(*(np.concatenate([part, all_of_them[None, :]]) for part, all_of_them in zip(rows, whole, strict=True)))


def _sides(analysis: Analysis, anchor: int) -> Labels:
    """Return 0 for those placed who agree with a statement, 1 for those who disagree, −1 for the others, shape (n,)."""
    votes = analysis.votes
    labels = np.full(votes.shape[0], -1, dtype=np.int32)
    cast = votes.columns == anchor
    rows, codes = votes.row_of_vote()[cast], votes.codes[cast]
    labels[rows[codes == AGREE]], labels[rows[codes == DISAGREE]] = 0, 1
    return np.where(analysis.grouping.labels >= 0, labels, -1).astype(np.int32)


def _anchor(analysis: Analysis, screened: Screened, ids: Sequence[Id], before: Id | None) -> int | None:
    """Return the statement that tells sides apart best: nearly even, and telling of other answers."""
    tally = votes_of_groups(analysis)
    smaller = np.minimum(tally.agree, tally.disagree)
    can = screened.enough & (smaller >= _LEAST_SIDE)
    if before is not None and before in ids and can[ids.index(before)]:
        return ids.index(before)
    if not can.any():
        return None
    evenness = smaller / np.maximum(tally.decided, 1)
    return int(np.argmax(np.where(can, np.round(evenness * analysis.divisiveness, 9), -1.0)))


def _published(questions: Document, names: Sequence[int]) -> Figures:
    parts = np.full((3, len(names) + 1, len(questions["questions"])), np.nan)
    for column, one in enumerate(questions["questions"]):
        for name, figure in one["figures"].items():
            parts[:, -1 if int(name) == WHOLE else names.index(int(name)), column] = figure
    return Figures(*parts)


def _as_arrays(questions: Document, guesses: Sequence[Given], names: Sequence[int]) -> Guesses:
    columns = {one["statement"]: column for column, one in enumerate(questions["questions"])}
    rows = {name: row for row, name in enumerate(names)} | {WHOLE: WHOLE}
    anchor = questions["anchor"]
    kept = [
        one
        for one in guesses
        if one.statement in columns and one.target in rows and (one.own == WHOLE or one.own in rows) and one.anchor == anchor
    ]
    table: Ints = np.array(
        [[one.person, rows[one.own], rows[one.target], columns[one.statement], one.share, one.spread] for one in kept], dtype=np.int64
    ).reshape(-1, 6)
    return Guesses(*table.T[:4], *(table.T[4:] / 100))


def _estimates(found: PerceptionGap | Direction) -> Document:
    estimates = found.believed_distance, found.real_distance, found.gap
    known = found.known if isinstance(found, Direction) else found.gap is not None
    figures = [_figure(one) if known and one is not None else None for one in estimates]
    return {"outcome": outcome(figures[2]).value, **dict(zip(("believed", "real", "gap"), figures, strict=True))}


def _direction(one: Direction, names: Sequence[int], statements: Sequence[Id]) -> Document:
    mean = zip(*(part.tolist() for part in (one.statements, one.people_of_statement, one.believed, one.lower, one.upper)), strict=True)
    return {
        "from": WHOLE if one.source == WHOLE else names[one.source],
        "about": WHOLE if one.target == WHOLE else names[one.target],
        "people": one.people,
        **_estimates(one),
        "statements": [
            {"statement": statements[column], "people": people, "believed": [tidy(part) for part in figure]}
            for column, people, *figure in mean
            if may_publish_cell(people)
        ],
    }


def _figure(one: Estimate) -> list[float]:
    return [round(part, 4) for part in (one.value, one.lower, one.upper)]
