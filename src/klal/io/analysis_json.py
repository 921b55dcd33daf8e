"""``analysis.json``: the analysis as one document, schema ``klal-analysis/1``.

There is no reader: an analysis is made from votes, and the document says which (digest, seed, settings).
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from klal.core.results import Analysis, RankAgreement
from klal.domain.records import Id, Moderation, Statement
from klal.io.conversation import Conversation

SCHEMA = "klal-analysis/1"
MOST_PARTICIPANTS = 100_000
"""Above it participants are left out of the document; the Parquet file has them all."""
_DIRECTIONS = ("agree", "disagree")
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
    if analysis.ranks:
        document["ranks"] = [_rank_sizes(one) for one in analysis.ranks]
    if analysis.votes.shape[0] <= MOST_PARTICIPANTS:
        document["participants"] = _participants(analysis)
    return document


def analysis_json(analysis: Analysis, conversation: Conversation) -> str:
    """Return ``analysis.json`` as text; equal analyses give equal bytes."""
    return json.dumps(analysis_document(analysis, conversation), ensure_ascii=False, indent=1, allow_nan=False) + "\n"


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
    columns = zip(
        analysis.votes.statements.tolist(),
        tally.agree.tolist(),
        tally.disagree.tolist(),
        tally.passed.tolist(),
        analysis.group_informed_consensus.tolist(),
        analysis.bridging.score.tolist(),
        analysis.divisiveness.tolist(),
        strict=True,
    )
    return [
        {
            "id": one,
            "text": texts.get(one, ""),
            "agree": agree,
            "disagree": disagree,
            "pass": passed,
            "seen": agree + disagree + passed,
            "groups": _cells(analysis, j),
            **({"ranks": _rank_cells(analysis.ranks, j)} if analysis.ranks else {}),
            "group_informed_consensus": _round(consensus),
            "bridging": _round(bridging),
            "divisiveness": _round(divisive),
            "common_ground": {
                "score": _round(common.score[j]),
                "lower": _round(common.bound[j]),
                "weakest_group": int(common.weakest_group[j]),
                "rank": int(common.rank[j]),
            },
        }
        for j, (one, agree, disagree, passed, consensus, bridging, divisive) in enumerate(columns)
    ]


def _cells(analysis: Analysis, j: int) -> list[dict[str, Any]]:
    tally, common = analysis.group_tally, analysis.common_ground
    return [
        {
            "group": g,
            "agree": int(tally.agree[g, j]),
            "disagree": int(tally.disagree[g, j]),
            "pass": int(tally.passed[g, j]),
            "seen": int(tally.seen[g, j]),
            "agreement": _round(common.agreement[g, j]),
            "lower": _round(common.lower[g, j]),
            "upper": _round(common.upper[g, j]),
        }
        for g in range(analysis.grouping.n_groups)
    ]


def _rank_sizes(one: RankAgreement) -> dict[str, Any]:
    return {"feature": one.feature, "ranks": [{"rank": name, "size": int(size)} for name, size in zip(one.ranks, one.sizes, strict=True)]}


def _rank_cells(ranks: tuple[RankAgreement, ...], j: int) -> list[dict[str, Any]]:
    return [
        {
            "feature": one.feature,
            "rank": name,
            "agree": int(one.tally.agree[r, j]),
            "disagree": int(one.tally.disagree[r, j]),
            "pass": int(one.tally.passed[r, j]),
            "seen": int(one.tally.seen[r, j]),
            "agreement": _round(one.agreement[r, j]),
            "lower": _round(one.lower[r, j]),
            "upper": _round(one.upper[r, j]),
        }
        for one in ranks
        for r, name in enumerate(one.ranks)
    ]


def _set_aside(statement: Statement) -> dict[str, Any]:
    """Name a rejected statement by its id only: its words were not to be published."""
    if statement.moderation is Moderation.REJECTED:
        return {"id": statement.id, "reason": "rejected"}
    return {"id": statement.id, "reason": "meta", "text": statement.text}


def _participants(analysis: Analysis) -> list[dict[str, Any]]:
    columns = zip(
        analysis.votes.participants.tolist(),
        analysis.grouping.labels.tolist(),
        analysis.opinion_map.positions.tolist(),
        analysis.votes.votes_per_participant.tolist(),
        strict=True,
    )
    return [
        {"id": one, "group": label if label >= 0 else None, "position": [_round(x), _round(y)], "votes": votes}
        for one, label, (x, y), votes in columns
    ]


def _round(value: float) -> float:
    """Round to six places, and never to a negative nought."""
    return round(float(value), 6) + 0.0
