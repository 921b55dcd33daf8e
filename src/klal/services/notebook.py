"""``klal.analyse`` for notebooks: from votes in any form to results that show themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from klal.core.results import Analysis
from klal.core.settings import AnalysisSettings, GroupingMethod
from klal.core.vote_log import VoteLog
from klal.core.votes import VoteMatrix
from klal.domain.language import get
from klal.domain.records import ConversationInfo, Statement
from klal.io import read_conversation
from klal.io.analysis_json import analysis_document, group_letter
from klal.io.conversation import Conversation
from klal.services.analyse_file import Analysed, analyse_conversation, write_results

if TYPE_CHECKING:
    import polars

_SHOWN = 10


@dataclass(frozen=True, slots=True, eq=False)
class Findings:
    """What klal found in a conversation; shows itself in a notebook.

    Attributes
    ----------
    conversation : Conversation
        What was analysed.
    analysis : Analysis
        All arrays.
    """

    conversation: Conversation
    analysis: Analysis

    @property
    def statements(self) -> polars.DataFrame:
        """Return one row a statement, best common ground first."""
        import polars as pl

        texts = {statement.id: statement.text for statement in self.conversation.statements}
        ids, common, tally = self.analysis.votes.statements.tolist(), self.analysis.common_ground, self.analysis.tally
        columns: dict[str, Any] = {
            "statement": ids,
            "text": [texts.get(one, "") for one in ids],
            "rank": common.rank,
            "score": common.score,
            "lower": common.bound,
            "weakest_group": [group_letter(g) for g in common.weakest_group],
            "agree": tally.agree,
            "disagree": tally.disagree,
            "pass": tally.passed,
            "bridging": self.analysis.bridging.score,
            "divisiveness": self.analysis.divisiveness,
            "group_informed_consensus": self.analysis.group_informed_consensus,
        }
        for g in range(self.analysis.grouping.n_groups):
            columns[f"agreement_{group_letter(g)}"] = common.agreement[g]
        return pl.DataFrame(columns).sort("rank")

    @property
    def participants(self) -> polars.DataFrame:
        """Return one row a participant: place on the map, group (null if not placed), votes."""
        import polars as pl

        labels, positions = self.analysis.grouping.labels, self.analysis.opinion_map.positions
        return pl.DataFrame(
            {
                "participant": self.analysis.votes.participants.tolist(),
                "group": [group_letter(g) if g >= 0 else None for g in labels],
                "x": positions[:, 0],
                "y": positions[:, 1],
                "votes": self.analysis.votes.votes_per_participant,
            }
        )

    def to_dict(self) -> dict[str, Any]:
        """Return ``analysis.json`` as plain values."""
        return analysis_document(self.analysis, self.conversation)

    def save(self, out: Path | str, *, language: str = "en") -> tuple[Path, ...]:
        """Write report, analysis, tables and map into a folder, all or none.

        Parameters
        ----------
        out : Path or str
            The folder.
        language : str
            Code of the report's language.

        Returns
        -------
        tuple of Path
            The files.
        """
        return write_results(Analysed(self.conversation, self.analysis), Path(out), language=get(language)).files

    def __repr__(self) -> str:
        """Say what was found in two lines."""
        n, m = self.analysis.votes.shape
        grouping = self.analysis.grouping
        sizes = ", ".join(f"{group_letter(g)} {size}" for g, size in enumerate(grouping.sizes.tolist()))
        return f"{n} participants, {m} statements, {self.analysis.votes.n_votes} votes\ngroups: {grouping.verdict.value} ({sizes})"

    def _repr_html_(self) -> str:
        """Show the map and the strongest common ground."""
        from html import escape

        from klal.report import build_report, map_svg

        language = get("en")
        picture = map_svg(build_report(self.analysis, self.conversation, language=language), language)
        lines = "".join(f"<p>{escape(line)}</p>" for line in repr(self).splitlines())
        rows = "".join(
            f"<tr><td>{row['rank']}</td><td dir='auto' style='text-align:start'>{escape(row['text'] or str(row['statement']))}</td>"
            f"<td>{row['score']:.0%}</td><td>{row['lower']:.0%}</td></tr>"
            for row in self.statements.head(_SHOWN).iter_rows(named=True)
        )
        head = "<tr><th>rank</th><th>statement</th><th>agreement, weakest group</th><th>at least</th></tr>"
        return f"<div style='max-width:44rem'>{lines}{picture}<table>{head}{rows}</table></div>"


def read_polis(path: Path | str) -> Conversation:
    """Read a Polis export of any generation.

    Parameters
    ----------
    path : Path or str
        The folder, the zip, or a single votes file.

    Returns
    -------
    Conversation
        For ``analyse``.

    Raises
    ------
    InputError
        If it cannot be used; the sentence says where and why.
    """
    return read_conversation(Path(path))


def analyse(
    votes: Any,
    *,
    seed: int = 0,
    grouping: str | None = None,
    settings: AnalysisSettings | None = None,
    features: Mapping[str, Sequence[str | None]] | None = None,
) -> Findings:
    """Find map, groups, common ground and what divides.

    Parameters
    ----------
    votes : Conversation, VoteMatrix, array_like or sparse matrix
        A conversation as read, or votes of shape (n, m): +1 agree, 0 pass, −1 disagree, NaN (or not stored) no vote.
    seed : int
        Seed of every draw.
    grouping : {'auto', 'polis'}, optional
        How groups are found: klal's way, or exactly as Polis does it; as the settings say if left out.
    settings : AnalysisSettings, optional
        All settings.
    features : mapping of str to sequence of str or None, optional
        Ranks (strata): for each feature the rank of each participant.

    Returns
    -------
    Findings
        Tables, arrays, ``save``; shows itself in a notebook.

    Examples
    --------
    >>> import numpy as np, klal
    >>> found = klal.analyse(np.array([[1, 1, -1], [1, 0, -1], [1, -1, 1], [1, np.nan, 1]]))
    >>> print(found)
    4 participants, 3 statements, 11 votes
    groups: none (A 4)
    """
    conversation = votes if isinstance(votes, Conversation) else _wrapped(votes)
    settings = settings or AnalysisSettings()
    if grouping is not None:
        settings = replace(settings, grouping=replace(settings.grouping, method=GroupingMethod(grouping)))
    analysed = analyse_conversation(conversation, settings=settings, seed=seed, features=features)
    return Findings(analysed.conversation, analysed.analysis)


def _wrapped(votes: Any) -> Conversation:
    """Make a conversation without texts of a table of votes."""
    from klal.estimators.base import as_votes

    matrix: VoteMatrix = as_votes(votes)
    log = VoteLog(
        rows=matrix.row_of_vote().astype(np.int32),
        columns=matrix.columns.astype(np.int32),
        codes=matrix.codes,
        times=None,
        participants=matrix.participants,
        statements=matrix.statements,
    )
    return Conversation(ConversationInfo(source="notebook"), tuple(Statement(id=one) for one in matrix.statements.tolist()), log)
