"""Analyse a file: read a conversation, find everything, write the five results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from klal.core.pipeline import analyse
from klal.core.results import Analysis
from klal.core.settings import AnalysisSettings
from klal.domain.language import Language
from klal.errors import NotEnoughVotesError
from klal.io import read_conversation
from klal.io.analysis_json import analysis_json
from klal.io.analysis_tables import statements_csv, write_participants
from klal.io.atomic import atomic_folder
from klal.io.conversation import Conversation
from klal.io.progress import Progress
from klal.io.ranks import read_ranks

if TYPE_CHECKING:
    from klal.report import Report
    from klal.report.perception import Perception

RESULTS = ("report.html", "analysis.json", "statements.csv", "participants.parquet", "map.svg")
"""The files of a result folder; the one for people comes first."""


@dataclass(frozen=True, slots=True)
class Analysed:
    """A conversation and what was found in it."""

    conversation: Conversation
    analysis: Analysis


def read_votes(path: Path, *, columns: Mapping[str, str] | None = None, progress: Progress | None = None) -> Conversation:
    """Read a conversation that has at least one vote.

    Parameters
    ----------
    path : Path
        A Polis export (folder or zip), a votes CSV or a Parquet file.
    columns : mapping of str to str, optional
        Column names of the file for participant, statement, vote, time.
    progress : Progress, optional
        Told how far the reading is.

    Returns
    -------
    Conversation
        As read.

    Raises
    ------
    InputError
        If the input cannot be used; NotEnoughVotesError if nobody voted.
    """
    conversation = read_conversation(path, columns=columns, progress=progress)
    if not len(conversation.log):
        raise NotEnoughVotesError(file=path.name, have=0, need=1)
    return conversation


def analyse_conversation(
    conversation: Conversation,
    *,
    settings: AnalysisSettings | None = None,
    seed: int = 0,
    features: Mapping[str, Sequence[str | None]] | None = None,
    on_stage: Callable[[str], None] | None = None,
) -> Analysed:
    """Analyse a conversation, its rejected and meta statements set aside.

    Parameters
    ----------
    conversation : Conversation
        As read.
    settings : AnalysisSettings, optional
        All settings.
    seed : int
        Seed of every draw.
    features : mapping of str to sequence of str or None, optional
        Rank of each participant, by feature.
    on_stage : callable, optional
        Called with the name of each stage when it is done.

    Returns
    -------
    Analysed
        The conversation and what was found.
    """
    analysis = analyse(
        conversation.log.to_matrix(),
        settings=settings,
        seed=seed,
        analysed=conversation.analysed,
        features=features,
        history=conversation.history,
        on_stage=on_stage,
    )
    return Analysed(conversation, analysis)


def ranks_of(conversation: Conversation, path: Path | None) -> Mapping[str, Sequence[str | None]]:
    """Read the ranks file, if there is one, in the order of the conversation's participants."""
    return read_ranks(path, conversation.log.participants) if path else {}


def perception_of(analysed: Analysed, language: Language) -> Perception | None:
    """Return what the guesses in a file say, if it has any, in the form of the report."""
    from klal.report.perception import build_perception
    from klal.services.perception_findings import perception_of_file

    texts = {one.id: one.text for one in analysed.conversation.statements if one.is_analysed and one.text}
    document = perception_of_file(analysed.analysis, analysed.conversation)
    return build_perception(document, texts, range(analysed.analysis.grouping.n_groups), language)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and the report it was written from.

    Attributes
    ----------
    files : tuple of Path
        In the order of ``RESULTS``.
    report : Report
        The model behind page and map, in the language asked for.
    """

    files: tuple[Path, ...]
    report: Report


def write_results(analysed: Analysed, out: Path, *, language: Language) -> Written:
    """Write report, analysis, tables and map into a folder, all of them or none.

    Parameters
    ----------
    analysed : Analysed
        What was found.
    out : Path
        The folder; an earlier result in it is replaced.
    language : Language
        Of the report and the map.

    Returns
    -------
    Written
        The files, and the report in them.

    Raises
    ------
    OutputError
        If the folder holds something else or cannot be written; nothing was changed.
    """
    from klal.report import build_report, map_svg, render_html

    analysis, conversation = analysed.analysis, analysed.conversation
    with atomic_folder(out, known=RESULTS) as folder:
        report = replace(build_report(analysis, conversation, language=language), perception=perception_of(analysed, language))
        texts = {
            "report.html": render_html(report, language),
            "analysis.json": analysis_json(analysis, conversation),
            "statements.csv": statements_csv(analysis, conversation),
            "map.svg": map_svg(report, language),
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        write_participants(analysis, folder / "participants.parquet")
    return Written(tuple(out / name for name in RESULTS), report)
