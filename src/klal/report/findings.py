"""What was found, in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from klal.core.results import Analysis, Verdict
from klal.core.settings import GroupingMethod
from klal.domain.language import Language, Phrase


def headline(analysis: Analysis, *, common: int, language: Language) -> tuple[str, ...]:
    """Say in one or two sentences what was found.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    common : int
        Statements that are common ground.
    language : Language
        The reader's.

    Returns
    -------
    tuple of str
        Sentences, the most important first.
    """
    if not analysis.votes.n_votes:
        return (language.text("report.headline.nothing"),)
    several = analysis.grouping.n_groups > 1
    agreed = language.text("report.headline.common_groups" if several else "report.headline.common_one", count=common)
    return (_groups_sentence(analysis, language), agreed)


def _groups_sentence(analysis: Analysis, language: Language) -> Phrase:
    grouping = analysis.grouping
    if grouping.n_groups < 2:
        own = f"report.headline.none_{grouping.reason.value}"
        return language.text(own if language.has(own) else "report.headline.none_one_cloud")
    key = "polis" if by_polis(analysis) else "clear" if grouping.verdict is Verdict.CLEAR else "weak"
    return language.text(f"report.headline.{key}", groups=language.text("report.words.groups", count=grouping.n_groups))


def by_polis(analysis: Analysis) -> bool:
    """Say whether the groups are those of Polis's rule instead of klal's own."""
    return analysis.provenance.settings.grouping.method is GroupingMethod.POLIS


def verdict_reason(analysis: Analysis, language: Language) -> str:
    """Say why the groups were judged as they were; after Polis's rule, also what klal's own test says."""
    grouping = analysis.grouping
    key = f"report.reason.{grouping.verdict.value}_{grouping.reason.value}"
    own = language.text(key if language.has(key) else "report.reason.other_verdict")
    return language.text("report.reason.polis", own=own) if by_polis(analysis) else own


def input_notes(codes: Sequence[str], language: Language) -> tuple[str, ...]:
    """Say what a reader should know about the input."""
    return tuple(
        language.text(f"report.notes.{code}") if language.has(f"report.notes.{code}") else language.text("report.notes.unknown", code=code)
        for code in codes
    )
