"""From an analysis to the report."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from klal.core.arrays import Ints
from klal.core.results import Analysis
from klal.core.vote_log import VoteLog
from klal.core.votes import AGREE, DISAGREE, PASS
from klal.domain.language import Language, printable
from klal.domain.privacy import MIN_CELL, may_publish_cell
from klal.domain.records import ConversationInfo, Moderation, Statement
from klal.report.choice import LISTED, Choice, choose
from klal.report.coordination import caution_places, told_caution
from klal.report.findings import by_polis, headline, input_notes, verdict_reason
from klal.report.gifts import gift_places, told_gifts
from klal.report.model import SCHEMA, AxisEnd, Counts, GroupResult, MetaStatement, Method, Report, StatementResult, Trait, TurnoutBin
from klal.report.picture import GroupPicture, draw_groups, name_axis_ends
from klal.report.screening import Screened, screen, statement_results, tidy
from klal.report.strata import across_ranks

MOST_BINS = 14


class Conversation(Protocol):
    """What a report needs of a conversation: any record that has these will do."""

    @property
    def info(self) -> ConversationInfo:
        """Topic, description, source, notes about the input."""

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All statements, in the order of ``log.statements``."""

    @property
    def log(self) -> VoteLog:
        """Every vote event."""


def build_report(
    analysis: Analysis, conversation: Conversation, *, language: Language, min_cell: int = MIN_CELL, slots: Sequence[int] | None = None
) -> Report:
    """Put together what may be published about a conversation.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    conversation : Conversation
        Question and statements, as read.
    language : Language
        For the sentences.
    min_cell : int
        The fewest votes, or people, a published figure may rest on.
    slots : sequence of int, optional
        Slot of each group, which says its letter and colour; 0, 1, … if left out.

    Returns
    -------
    Report
        Plain values, screened: no participant's id or vote can be read from it.
    """
    info, grouping = conversation.info, analysis.grouping
    screened = screen(analysis, min_cell=min_cell)
    choice = choose(analysis, screened)
    pictures = draw_groups(analysis, min_cell=min_cell)
    drawn = sum(len(picture.dots) for picture in pictures)
    ends = name_axis_ends(analysis) if drawn else ()
    told = [*gift_places(analysis, screened), *caution_places(analysis, screened, choice, min_cell=min_cell)]
    shown = _shown(analysis, choice, ends, told)
    results = statement_results(analysis, screened, shown, conversation.statements, language)
    at = {place: position for position, place in enumerate(shown)}
    return Report(
        schema=SCHEMA,
        language=language.code,
        topic=printable(info.topic) or language.text("report.untitled"),
        description=printable(info.description),
        url=info.url if info.url.startswith(("https://", "http://")) else "",
        source=printable(info.source),
        headline=headline(analysis, common=len(choice.common_ground), language=language),
        verdict=grouping.verdict.value,
        reason=verdict_reason(analysis, language),
        stability=tidy(grouping.stability, 2) or 0.0,
        counts=_counts(analysis, conversation.statements, screened, choice),
        turnout=turnout_bins(analysis.votes.votes_per_participant, min_cell=min_cell),
        groups=_groups(analysis, results, at, pictures, slots or range(grouping.n_groups), language=language),
        axis_ends=tuple(replace(end, statements=tuple(at[place] for place in end.statements)) for end in ends),
        statements=tuple(results.values()),
        common_ground=_listed(choice.common_ground, at),
        against=_listed(choice.against, at),
        nearly=_listed(choice.nearly, at),
        dividing=_listed(choice.dividing, at),
        table=tuple(at[place] for place in choice.table.tolist()),
        overview=tuple(at[place] for place in choice.overview.tolist()),
        ranks=across_ranks(analysis, choice.common_ground.tolist(), at, min_cell=min_cell),
        meta=_meta(conversation, language=language, min_cell=min_cell),
        map_shown=drawn > 0,
        dots_sampled=drawn < int(grouping.sizes.sum()),
        notes=input_notes(info.notes, language),
        method=_method(analysis, info.source, min_cell),
        gifts=told_gifts(analysis, screened, at, min_cell=min_cell),
        caution=told_caution(analysis, screened, choice, at, min_cell=min_cell),
    )


def _shown(analysis: Analysis, choice: Choice, ends: Sequence[AxisEnd], told: Sequence[int]) -> list[int]:
    """Return the places of all statements that anything in the report speaks of, ascending."""
    lists = (choice.common_ground, choice.nearly, choice.against, choice.dividing)
    places = {place for order in lists for place in order[:LISTED].tolist()}
    places |= {*choice.table.tolist(), *choice.overview.tolist(), *told}
    places |= {place for end in ends for place in end.statements}
    places |= {place for chosen in analysis.representativeness.chosen for place, _ in chosen}
    return sorted(places)


def _listed(order: Ints, at: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(at[place] for place in order[:LISTED].tolist())


def _groups(
    analysis: Analysis,
    results: Mapping[int, StatementResult],
    at: Mapping[int, int],
    pictures: Sequence[GroupPicture],
    slots: Sequence[int],
    *,
    language: Language,
) -> tuple[GroupResult, ...]:
    sizes = [int(size) for size in analysis.grouping.sizes]
    placed = sum(sizes)
    chosen = analysis.representativeness.chosen
    return tuple(
        GroupResult(
            letter=language.letter(slots[group]),
            slot=slots[group],
            size=sizes[group] if picture.dots else None,
            share=tidy(sizes[group] / placed) if picture.dots else None,
            centre=picture.centre,
            place=language.text(f"report.place.{picture.place}"),
            traits=_traits(group, chosen[group] if group < len(chosen) else (), results, at, sizes),
            outline=picture.outline,
            dots=picture.dots,
        )
        for group, picture in enumerate(pictures)
    )


def _traits(
    group: int, chosen: Sequence[tuple[int, int]], results: Mapping[int, StatementResult], at: Mapping[int, int], sizes: Sequence[int]
) -> tuple[Trait, ...]:
    """Return the answers that set a group apart, those resting on withheld figures left out."""
    traits = []
    for place, against in chosen:
        shares = [cell.agreement for cell in results[place].cells]
        others = [(share, size) for other, (share, size) in enumerate(zip(shares, sizes, strict=True)) if other != group]
        own, weight = shares[group], sum(size for _, size in others)
        if own is None or not weight or any(share is None for share, _ in others):
            continue
        rest = sum((share or 0.0) * size for share, size in others) / weight
        traits.append(Trait(at[place], not against, *(round(1 - share if against else share, 4) for share in (own, rest))))
    return tuple(traits)


def _counts(analysis: Analysis, statements: Sequence[Statement], screened: Screened, choice: Choice) -> Counts:
    per_person = analysis.votes.votes_per_participant
    voters = per_person[per_person > 0]
    return Counts(
        participants=len(per_person),
        voted=len(voters),
        placed=int(analysis.grouping.sizes.sum()),
        statements=len(screened.enough),
        votes=analysis.votes.n_votes,
        median_votes=int(np.ceil(np.median(voters))) if len(voters) else 0,
        rejected=sum(statement.moderation is Moderation.REJECTED for statement in statements),
        meta=sum(_is_meta(statement) for statement in statements),
        few=int(np.count_nonzero(~screened.enough)),
        common_ground=len(choice.common_ground),
        against=len(choice.against),
        nearly=len(choice.nearly),
        overview=choice.overview_of,
        withheld_cells=int(np.count_nonzero(screened.withheld)),
    )


def turnout_bins(votes: Sequence[int] | Ints, *, min_cell: int) -> tuple[TurnoutBin, ...]:
    """Return how many participants cast how many votes, in at most fourteen bins of equal, round width; nothing for a handful."""
    given = np.asarray(votes, dtype=np.int64)
    cast = given[given > 0]
    if not may_publish_cell(len(cast), min_cell=min_cell):
        return ()
    most = int(cast.max())
    width = next(step * 10**power for power in range(12) for step in (1, 2, 5) if most <= MOST_BINS * step * 10**power)
    counts = np.bincount((cast - 1) // width).tolist()
    return tuple(TurnoutBin(place * width + 1, (place + 1) * width, count) for place, count in enumerate(counts))


def _is_meta(statement: Statement) -> bool:
    """Say whether a statement is listed as one about the conversation; a rejected one counts as rejected, whatever it speaks of."""
    return statement.is_meta and statement.moderation is not Moderation.REJECTED


def _meta(conversation: Conversation, *, language: Language, min_cell: int) -> tuple[MetaStatement, ...]:
    places = [place for place, statement in enumerate(conversation.statements) if _is_meta(statement)][:LISTED]
    if not places:
        return ()
    log = conversation.log
    cast = np.isin(log.columns, places)
    times = None if log.times is None else log.times[cast]
    matrix = replace(log, rows=log.rows[cast], columns=log.columns[cast], codes=log.codes[cast], times=times).to_matrix()
    return tuple(
        _meta_statement(conversation.statements[place], matrix.codes[matrix.columns == place].tolist(), language, min_cell)
        for place in places
    )


def _meta_statement(statement: Statement, codes: Sequence[int], language: Language, min_cell: int) -> MetaStatement:
    enough = may_publish_cell(len(codes), min_cell=min_cell)
    agree, disagree, passed = (tidy(codes.count(int(kind)) / len(codes)) if enough else None for kind in (AGREE, DISAGREE, PASS))
    text = printable(statement.text) or language.text("report.statement_n", id=str(statement.id))
    return MetaStatement(text=text, votes=len(codes) if enough else None, agree=agree, disagree=disagree, passed=passed)


def _method(analysis: Analysis, source: str, min_cell: int) -> Method:
    provenance = analysis.provenance
    settings = provenance.settings
    words = ["klal", "analyse", source or "PATH", "--seed", str(provenance.seed)]
    if by_polis(analysis):
        words += ["--grouping", settings.grouping.method.value]
    if analysis.ranks:
        words += ["--ranks", "RANKS.csv"]
    return Method(
        klal=provenance.klal,
        digest=provenance.votes_digest,
        seed=provenance.seed,
        level=settings.common_ground.level,
        min_votes=min(settings.map.min_votes, max(1, analysis.votes.shape[1])),
        min_cell=min_cell,
        command=shlex.join(words),
        polis=by_polis(analysis),
        settings=tuple((f"{part}.{name}", str(value)) for part, table in settings.as_dict().items() for name, value in table.items()),
    )
