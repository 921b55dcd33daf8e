"""What ``klal analyse`` prints when it is done."""

from __future__ import annotations

from typing import Any

import numpy as np

from klal.core.results import Analysis
from klal.domain.language import Language
from klal.io.analysis_json import analysis_document
from klal.services.analyse_file import Analysed, Written

_SHOWN = 5


def summary_document(analysed: Analysed, written: Written) -> dict[str, Any]:
    """Return what a program may want to know at once: counts, groups, verdict and where the results are.

    Parameters
    ----------
    analysed : Analysed
        What was found.
    written : Written
        What was written.

    Returns
    -------
    dict
        Plain values, a part of ``analysis.json`` and ``files``.
    """
    document = analysis_document(analysed.analysis, analysed.conversation)
    kept = {name: document[name] for name in ("schema", "provenance", "counts", "groups", "groups_supported")}
    return {**kept, "files": [str(file) for file in written.files]}


def print_summary(analysed: Analysed, written: Written, language: Language) -> None:
    """Print a readable summary on standard output.

    Parameters
    ----------
    analysed : Analysed
        What was found.
    written : Written
        What was written.
    language : Language
        To say it in.
    """
    from rich.console import Console

    analysis = analysed.analysis
    console = Console(highlight=False, soft_wrap=False)
    counts = {"participants": analysis.votes.shape[0], "statements": analysis.votes.shape[1], "votes": analysis.votes.n_votes}
    title = analysed.conversation.info.topic or analysed.conversation.info.source
    console.print(f"\n[bold]{_plain(language.isolate(title))}[/bold]")
    console.print(language.text("summary.counts", **counts, placed=int(analysis.opinion_map.placed.sum())))
    for sentence in written.report.headline:
        console.print(_plain(sentence))
    console.print()
    console.print(_groups_table(analysis, language))
    order = np.argsort(analysis.common_ground.rank)[:_SHOWN]
    console.print(_statements_table(analysed, language, "summary.common_ground", order))
    dividing = np.argsort(-analysis.divisiveness, kind="stable")[:_SHOWN]
    console.print(_statements_table(analysed, language, "summary.divisive", dividing))
    console.print(language.text("summary.written", count=len(written.files)))
    for file in written.files:
        console.print(f"  {_plain(str(file))}", soft_wrap=True)


def _plain(text: str) -> str:
    """Keep brackets in other people's words from being taken for markup."""
    from rich.markup import escape

    return escape(text)


def _groups_table(analysis: Analysis, language: Language) -> Any:
    from rich.table import Table

    table = Table(title=language.text("summary.groups"), title_justify="left")
    table.add_column(language.text("summary.group"))
    table.add_column(language.text("summary.size"), justify="right")
    table.add_column(language.text("summary.share"), justify="right")
    sizes = analysis.grouping.sizes
    for g, size in enumerate(sizes.tolist()):
        table.add_row(language.letter(g), language.number(size), language.percent(size / max(int(sizes.sum()), 1)))
    return table


def _statements_table(analysed: Analysed, language: Language, title: str, chosen: Any) -> Any:
    """Return a table of statements with each group's agreement and its interval."""
    from rich.table import Table

    analysis, common = analysed.analysis, analysed.analysis.common_ground
    texts = {statement.id: statement.text for statement in analysed.conversation.statements}
    ids = analysis.votes.statements.tolist()
    table = Table(title=language.text(title), title_justify="left", show_lines=False)
    table.add_column("", justify="right", style="dim")
    table.add_column(language.text("summary.statement"), overflow="fold", min_width=20, ratio=1)
    for g in range(analysis.grouping.n_groups):
        table.add_column(language.letter(g), justify="right")
    for j in chosen:
        cells = [
            f"{language.percent(common.agreement[g, j])} "
            f"({language.number(100 * common.lower[g, j])}–{language.number(100 * common.upper[g, j])})"
            for g in range(analysis.grouping.n_groups)
        ]
        table.add_row(_plain(language.isolate(str(ids[j]))), _plain(language.isolate(texts.get(ids[j], ""))), *cells)
    return table
