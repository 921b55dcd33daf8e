"""The tables beside ``analysis.json``: every participant as Parquet, every statement as CSV. Derived from votes, so there is no reader."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from klal.core.arrays import Floats
from klal.core.results import Analysis
from klal.io.analysis_json import group_letter
from klal.io.conversation import Conversation


def write_participants(analysis: Analysis, path: Path) -> None:
    """Write every participant's place on the map, group, membership and number of votes.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    path : Path
        A Parquet file to make. Columns: participant, group (null if not placed), x, y, variance_x, covariance, variance_y,
        membership_A …, votes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    labels, positions = analysis.grouping.labels, analysis.opinion_map.positions
    uncertainty, membership = analysis.opinion_map.uncertainty, analysis.grouping.membership
    columns = {
        "participant": pa.array(analysis.votes.participants.ids),
        "group": pa.array(labels, mask=labels < 0),
        "x": pa.array(positions[:, 0]),
        "y": pa.array(positions[:, 1]),
        "variance_x": pa.array(uncertainty[:, 0]),
        "covariance": pa.array(uncertainty[:, 1]),
        "variance_y": pa.array(uncertainty[:, 2]),
        **{f"membership_{group_letter(g)}": pa.array(np.ascontiguousarray(membership[:, g])) for g in range(membership.shape[1])},
        "votes": pa.array(analysis.votes.votes_per_participant),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def statements_csv(analysis: Analysis, conversation: Conversation) -> str:
    """Return one line a statement: counts, agreement per group with its interval, and every score.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    conversation : Conversation
        Has the texts.

    Returns
    -------
    str
        CSV with a header, in the order of the common-ground ranking. A text that a spreadsheet would run as a formula is kept as it
        is: identity of texts comes first.
    """
    texts = {statement.id: statement.text for statement in conversation.statements}
    tally, common, ids = analysis.tally, analysis.common_ground, analysis.votes.statements.tolist()
    letters = [group_letter(g) for g in range(analysis.grouping.n_groups)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    header = ["statement", "text", "agree", "disagree", "pass", "seen", "common_ground_rank", "common_ground_score"]
    header += ["common_ground_lower", "weakest_group", "group_informed_consensus", "bridging", "divisiveness"]
    for letter in letters:
        header += [f"{letter}_{name}" for name in ("agree", "disagree", "pass", "agreement", "lower", "upper")]
    writer.writerow(header)
    order = np.argsort(common.rank)
    columns: list[list[object]] = [
        [ids[j] for j in order],
        [texts.get(ids[j], "") for j in order],
        *(part[order].tolist() for part in (tally.agree, tally.disagree, tally.passed, tally.seen, common.rank)),
        _six(common.score[order]),
        _six(common.bound[order]),
        [letters[g] for g in common.weakest_group[order]],
        *(_six(part[order]) for part in (analysis.group_informed_consensus, analysis.bridging.score, analysis.divisiveness)),
    ]
    for g in range(len(letters)):
        counts = analysis.group_tally
        columns += [part[g][order].tolist() for part in (counts.agree, counts.disagree, counts.passed)]
        columns += [_six(part[g][order]) for part in (common.agreement, common.lower, common.upper)]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def _six(values: Floats) -> list[object]:
    return [f"{value:.6f}" for value in values.tolist()]
