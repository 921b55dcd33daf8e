"""``analysis.json``: the analysis as one document, schema ``klal-analysis/1``.

There is no reader: an analysis is made from votes, and the document says which (digest, seed, settings).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from klal.core.arrays import Floats
from klal.core.results import Analysis, NearMisses, RankAgreement, VoteTally
from klal.domain.records import Id, Moderation, Statement
from klal.io.analysis_findings import coordination_document, gifts_document, ranking
from klal.io.conversation import Conversation

SCHEMA = "klal-analysis/1"
MOST_PARTICIPANTS = 100_000
"""Above it participants are left out of the document; the Parquet file has them all."""
_DIRECTIONS = ("agree", "disagree")
_COUNTS = ("agree", "disagree", "pass", "seen")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def analysis_document(analysis: Analysis, conversation: Conversation) -> dict[str, Any]:
    """Put an analysis into the fixed form of ``analysis.json``.

    Parameters
    ----------
    analysis : Analysis
        What was found.
    conversation : Conversation
        What it was found in: texts, and the statements set aside.

    Returns
    -------
    dict
        Plain values; numbers rounded to six places, so that the last bits of a machine do not show.
    """
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "provenance": _provenance(analysis, conversation),
        "counts": {
            "participants": analysis.votes.shape[0],
            "statements": analysis.votes.shape[1],
            "votes": analysis.votes.n_votes,
            "participants_placed": int(analysis.opinion_map.placed.sum()),
        },
        "groups": _groups(analysis),
        "groups_supported": {
            "verdict": analysis.grouping.verdict.value,
            "stability": _round(analysis.grouping.stability),
            "gap": _round(analysis.grouping.gap),
            "reason": analysis.grouping.reason.value,
        },
        "statements": _statements(analysis, conversation),
        "set_aside": [_set_aside(statement) for statement in conversation.statements if not statement.is_analysed],
    }
    ids = analysis.votes.statements.tolist()
    if analysis.gifts is not None:
        document["gifts"] = gifts_document(analysis.gifts, ids)
    if analysis.coordination is not None:
        document["coordination"] = coordination_document(analysis.coordination, ids)
    if analysis.ranks:
        document["ranks"] = [_rank_sizes(one) for one in analysis.ranks]
    if analysis.votes.shape[0] <= MOST_PARTICIPANTS:
        document["participants"] = _participants(analysis)
    return document


def analysis_json(analysis: Analysis, conversation: Conversation) -> str:
    """Return ``analysis.json`` as text, a line for each group, statement and participant; equal analyses give equal bytes."""
    parts = [f" {_dump(name)}: {_dump_lines(value)}" for name, value in analysis_document(analysis, conversation).items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _dump_lines(value: object) -> str:
    """Write a list an entry a line: readable, and many times as fast as json's own indentation."""
    if not isinstance(value, list) or not value:
        return _dump(value)
    return "[\n  " + ",\n  ".join(_dump(entry) for entry in value) + "\n ]"


def analysis_schema() -> dict[str, Any]:
    """Return the JSON Schema of ``analysis.json``, as published with the package."""
    schema: dict[str, Any] = json.loads((resources.files("klal.io") / "schemas" / "klal-analysis-1.json").read_text(encoding="utf-8"))
    return schema


def group_letter(group: int) -> str:
    """Return the letter that names a group in files: A, B, C, … whatever the language of the screen."""
    return _LETTERS[group]


def _provenance(analysis: Analysis, conversation: Conversation) -> dict[str, Any]:
    origin = analysis.provenance
    return {
        "klal": origin.klal,
        "votes_digest": origin.votes_digest,
        "seed": origin.seed,
        "settings": origin.settings.as_dict(),
        "source": conversation.info.source,
        "notes": list(conversation.info.notes),
    }


def _groups(analysis: Analysis) -> list[dict[str, Any]]:
    ids, found = analysis.votes.statements.tolist(), analysis.representativeness
    sizes = analysis.grouping.sizes.tolist()
    placed = max(sum(sizes), 1)
    return [
        {
            "id": g,
            "label": group_letter(g),
            "size": sizes[g],
            "share": _round(sizes[g] / placed),
            "centre": [_round(value) for value in analysis.grouping.centres[g].tolist()],
            "representative": [
                {
                    "statement": ids[j],
                    "direction": _DIRECTIONS[side],
                    "ratio": _round(found.ratio[side, g, j]),
                    "z": _round(found.ratio_z[side, g, j]),
                }
                for j, side in found.chosen[g]
            ],
        }
        for g in range(analysis.grouping.n_groups)
    ]


def _statements(analysis: Analysis, conversation: Conversation) -> list[dict[str, Any]]:
    texts: dict[Id, str] = {statement.id: statement.text for statement in conversation.statements}
    tally, common = analysis.tally, analysis.common_ground
    figures = _rows(_six(analysis.group_informed_consensus), _six(analysis.bridging.score), _six(analysis.divisiveness))
    ground = _common_ground(analysis)
    counts = _rows(tally.agree, tally.disagree, tally.passed, tally.seen)
    groups = [_cells(analysis.group_tally, (common.agreement, common.lower, common.upper), g) for g in range(analysis.grouping.n_groups)]
    ranks = [
        ({"feature": one.feature, "rank": name}, _cells(one.tally, (one.agreement, one.lower, one.upper), r))
        for one in analysis.ranks
        for r, name in enumerate(one.ranks)
    ]
    return [
        {
            "id": one,
            "text": texts.get(one, ""),
            **dict(zip(_COUNTS, count, strict=True)),
            "groups": [{"group": g, **cells[j]} for g, cells in enumerate(groups)],
            **({"ranks": [{**label, **cells[j]} for label, cells in ranks]} if ranks else {}),
            "group_informed_consensus": consensus,
            "bridging": bridging,
            "divisiveness": divisive,
            "common_ground": ground[j],
        }
        for j, (one, count, (consensus, bridging, divisive)) in enumerate(
            zip(analysis.votes.statements.tolist(), counts, figures, strict=True)
        )
    ]


def _common_ground(analysis: Analysis) -> list[dict[str, Any]]:
    """Return what is said about each statement as common ground, as something nobody wants, and as nearly common ground."""
    common = analysis.common_ground
    names = ("score", "lower", "weakest_group", "rank", "margin", "weakest_share", "worth", "worthwhile_rank")
    figures = _rows(
        _six(common.score), _six(common.bound), common.weakest_group, common.rank, _six(common.margin), _six(common.weakest_share),
        _six(common.worth), common.worthwhile_rank,
    )  # fmt: skip
    unwanted = _rows(_six(common.unwanted_bound), common.unwanted_rank)
    ground = [
        {**dict(zip(names, row, strict=True)), "unwanted": {"upper": upper, "rank": rank}, "near_miss": near}
        for row, (upper, rank), near in zip(figures, unwanted, _near_misses(common.near_misses), strict=True)
    ]
    if analysis.coordination is not None:
        for name, other in (("without_alike", analysis.coordination.without), ("robust", analysis.coordination.robust)):
            for entry, reckoned in zip(ground, ranking(other), strict=True):
                entry[name] = reckoned
    return ground


def _near_misses(found: NearMisses) -> list[dict[str, Any] | None]:
    """Say what each near-miss lacks; None for what is none."""
    rows = _rows(found.near, found.group, _six(found.points), found.votes)
    return [
        {"group": group if group >= 0 else None, "points": points, "votes": votes if votes >= 0 else None} if near else None
        for near, group, points, votes in rows
    ]


def _cells(tally: VoteTally, estimate: tuple[Floats, Floats, Floats], row: int) -> list[dict[str, Any]]:
    """Return counts and estimate of one set of people on every statement; whole columns at once, for there may be a million."""
    agreement, lower, upper = (_six(part[row]) for part in estimate)
    seen = tally.agree[row] + tally.disagree[row] + tally.passed[row]
    names = (*_COUNTS, "agreement", "lower", "upper")
    rows = _rows(tally.agree[row], tally.disagree[row], tally.passed[row], seen, agreement, lower, upper)
    return [dict(zip(names, cells, strict=True)) for cells in rows]


def _rows(*columns: NDArray[Any]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of several columns as plain values."""
    return zip(*(column.tolist() for column in columns), strict=True)


def _six(values: Floats) -> Floats:
    """Round to six places, and never to a negative nought."""
    return np.asarray(np.round(values, 6) + 0.0)


def _rank_sizes(one: RankAgreement) -> dict[str, Any]:
    return {"feature": one.feature, "ranks": [{"rank": name, "size": int(size)} for name, size in zip(one.ranks, one.sizes, strict=True)]}


def _set_aside(statement: Statement) -> dict[str, Any]:
    """Name a rejected statement by its id only: its words were not to be published."""
    if statement.moderation is Moderation.REJECTED:
        return {"id": statement.id, "reason": "rejected"}
    return {"id": statement.id, "reason": "meta", "text": statement.text}


def _participants(analysis: Analysis) -> list[dict[str, Any]]:
    positions = _six(analysis.opinion_map.positions)
    rows = _rows(
        analysis.votes.participants.ids, analysis.grouping.labels, positions, analysis.votes.votes_per_participant
    )  # fmt: skip
    return [
        {"id": one, "group": label if label >= 0 else None, "position": position, "votes": votes} for one, label, position, votes in rows
    ]


def _round(value: float) -> float:
    return round(float(value), 6) + 0.0
