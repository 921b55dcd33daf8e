"""From an analysis to the report."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from klal.core.results import Analysis
from klal.core.vote_log import VoteLog
from klal.core.votes import AGREE, DISAGREE, PASS
from klal.domain.language import Language
from klal.domain.privacy import MIN_CELL, may_publish_cell
from klal.domain.records import ConversationInfo, Moderation, Statement
from klal.report.findings import by_polis, headline, input_notes, verdict_reason
from klal.report.model import SCHEMA, Counts, GroupResult, MetaStatement, Method, Report, StatementResult, Trait, TurnoutBin
from klal.report.picture import GroupPicture, draw_groups, name_axis_ends
from klal.report.screening import screen_statements, statement_text, tidy

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


def build_report(analysis: Analysis, conversation: Conversation, *, language: Language, min_cell: int = MIN_CELL) -> Report:
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

    Returns
    -------
    Report
        Plain values, screened: no participant's id or vote can be read from it.
    """
    info, grouping = conversation.info, analysis.grouping
    by_id = {statement.id: statement for statement in conversation.statements}
    statements = screen_statements(analysis, by_id, language=language, min_cell=min_cell)
    pictures = draw_groups(analysis, min_cell=min_cell)
    groups = _groups(analysis, statements, pictures, language=language)
    common = _ranked(statements, [place for place, one in enumerate(statements) if one.is_common_ground])
    drawn = sum(len(picture.dots) for picture in pictures)
    return Report(
        schema=SCHEMA,
        language=language.code,
        topic=info.topic.strip() or language.text("report.untitled"),
        description=info.description.strip(),
        url=info.url if info.url.startswith(("https://", "http://")) else "",
        source=info.source,
        headline=headline(analysis, common=len(common), language=language),
        verdict=grouping.verdict.value,
        reason=verdict_reason(analysis, language),
        stability=tidy(grouping.stability, 2) or 0.0,
        counts=_counts(analysis, conversation.statements, statements),
        turnout=turnout_bins(analysis.votes.votes_per_participant.tolist(), min_cell=min_cell),
        groups=groups,
        axis_ends=name_axis_ends(analysis) if drawn else (),
        statements=statements,
        common_ground=common,
        against=_ranked(statements, _against(statements))[::-1],
        uncertain=_ranked(statements, _uncertain(statements)),
        dividing=_dividing(statements),
        meta=_meta(conversation, language=language, min_cell=min_cell),
        map_shown=drawn > 0,
        dots_sampled=drawn < int(grouping.sizes.sum()),
        notes=input_notes(info.notes, language),
        method=_method(analysis, info.source, min_cell),
    )


def _ranked(statements: Sequence[StatementResult], places: Sequence[int]) -> tuple[int, ...]:
    return tuple(sorted(places, key=lambda place: statements[place].rank))


def _uncertain(statements: Sequence[StatementResult]) -> list[int]:
    """Return statements that look agreed by every group whose figures may be shown, but not surely by every group."""
    found = []
    for place, one in enumerate(statements):
        shown = [cell.agreement for cell in one.cells if cell.agreement is not None]
        if shown and min(shown) > 0.5 and not one.is_common_ground:
            found.append(place)
    return found


def _against(statements: Sequence[StatementResult]) -> list[int]:
    """Return statements that every group surely disagrees with."""
    return [
        place
        for place, one in enumerate(statements)
        if one.cells and all(cell.upper is not None and cell.upper < 0.5 for cell in one.cells)
    ]


def _dividing(statements: Sequence[StatementResult]) -> tuple[int, ...]:
    """Return statements by divisiveness, the most divisive first, as far as their figures may be shown."""
    places = [place for place, one in enumerate(statements) if one.divisiveness is not None and all(cell.shown for cell in one.cells)]
    return tuple(sorted(places, key=lambda place: (-(statements[place].divisiveness or 0.0), place)))


def _groups(
    analysis: Analysis, statements: Sequence[StatementResult], pictures: Sequence[GroupPicture], *, language: Language
) -> tuple[GroupResult, ...]:
    sizes = [int(size) for size in analysis.grouping.sizes]
    placed = sum(sizes)
    chosen = analysis.representativeness.chosen
    return tuple(
        GroupResult(
            letter=language.letter(group),
            size=sizes[group] if picture.dots else None,
            share=tidy(sizes[group] / placed) if picture.dots else None,
            centre=picture.centre,
            place=language.text(f"report.place.{picture.place}"),
            traits=_traits(group, chosen[group] if group < len(chosen) else (), statements, sizes),
            outline=picture.outline,
            dots=picture.dots,
        )
        for group, picture in enumerate(pictures)
    )


def _traits(
    group: int, chosen: Sequence[tuple[int, int]], statements: Sequence[StatementResult], sizes: Sequence[int]
) -> tuple[Trait, ...]:
    """Return the answers that set a group apart, those resting on withheld figures left out."""
    traits = []
    for place, against in chosen:
        shares = [cell.agreement for cell in statements[place].cells]
        others = [(share, size) for other, (share, size) in enumerate(zip(shares, sizes, strict=True)) if other != group]
        own, weight = shares[group], sum(size for _, size in others)
        if own is None or not weight or any(share is None for share, _ in others):
            continue
        rest = sum((share or 0.0) * size for share, size in others) / weight
        traits.append(Trait(place, not against, *(round(1 - share if against else share, 4) for share in (own, rest))))
    return tuple(traits)


def _counts(analysis: Analysis, all_statements: Sequence[Statement], statements: Sequence[StatementResult]) -> Counts:
    per_person = analysis.votes.votes_per_participant
    voters = per_person[per_person > 0]
    return Counts(
        participants=len(per_person),
        voted=len(voters),
        placed=int(analysis.grouping.sizes.sum()),
        statements=len(statements),
        votes=analysis.votes.n_votes,
        median_votes=int(np.ceil(np.median(voters))) if len(voters) else 0,
        rejected=sum(statement.moderation is Moderation.REJECTED for statement in all_statements),
        withheld_cells=sum(not cell.shown for one in statements for cell in one.cells),
    )


def turnout_bins(votes: Sequence[int], *, min_cell: int) -> tuple[TurnoutBin, ...]:
    """Return how many participants cast how many votes, in at most fourteen bins of equal, round width; nothing for a handful."""
    cast = [count for count in votes if count > 0]
    if not may_publish_cell(len(cast), min_cell=min_cell):
        return ()
    most = max(cast)
    width = next(step * 10**power for power in range(12) for step in (1, 2, 5) if most <= MOST_BINS * step * 10**power)
    counts = np.bincount([(count - 1) // width for count in cast])
    return tuple(TurnoutBin(place * width + 1, (place + 1) * width, int(count)) for place, count in enumerate(counts))


def _meta(conversation: Conversation, *, language: Language, min_cell: int) -> tuple[MetaStatement, ...]:
    places = [
        place
        for place, statement in enumerate(conversation.statements)
        if statement.is_meta and statement.moderation is not Moderation.REJECTED
    ]
    if not places:
        return ()
    matrix = conversation.log.to_matrix()
    return tuple(
        _meta_statement(conversation.statements[place], matrix.codes[matrix.columns == place].tolist(), language, min_cell)
        for place in places
    )


def _meta_statement(statement: Statement, codes: Sequence[int], language: Language, min_cell: int) -> MetaStatement:
    enough = may_publish_cell(len(codes), min_cell=min_cell)
    agree, disagree, passed = (tidy(codes.count(int(kind)) / len(codes)) if enough else None for kind in (AGREE, DISAGREE, PASS))
    text = statement_text(statement, statement.id, language)
    return MetaStatement(text=text, votes=len(codes) if enough else None, agree=agree, disagree=disagree, passed=passed)


def _method(analysis: Analysis, source: str, min_cell: int) -> Method:
    provenance = analysis.provenance
    settings = provenance.settings
    words = ["klal", "analyse", source or "PATH", "--seed", str(provenance.seed)]
    if by_polis(analysis):
        words += ["--grouping", settings.grouping.method.value]
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
