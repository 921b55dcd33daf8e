"""The six public conversations: totals recounted by other means, and the findings of a release, so that a change of results is seen.

Origin of the figures in ``findings.json``: this pipeline, seed 0, when the file was last written (see CHANGELOG, *Changed results*).
Tolerance: counts and verdicts exact, stability ±0.05, bounds ±0.005.
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from klal.io import read_conversation
from klal.io.analysis_json import analysis_document
from klal.services.analyse_file import analyse_conversation

pytestmark = pytest.mark.shared
FINDINGS = Path(__file__).with_name("findings.json")


def recount(folder: Path) -> dict[int, dict[str, int]]:
    """Count standing votes per statement with nothing but the csv module."""
    standing: dict[tuple[str, str], str] = {}
    if (folder / "votes.csv").exists():
        with (folder / "votes.csv").open(encoding="utf-8", newline="") as file:
            rows = sorted(csv.DictReader(file), key=lambda row: int(row["timestamp"]))
        for row in rows:
            standing[row["voter-id"], row["comment-id"]] = row["vote"]
    else:
        with (folder / "participants-votes.csv").open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                for name, vote in row.items():
                    if name.isdigit() and vote != "":
                        standing[row["participant"], name] = vote
    counts: dict[int, dict[str, int]] = {}
    for (_, statement), vote in standing.items():
        cell = counts.setdefault(int(statement), {"agree": 0, "disagree": 0, "pass": 0})
        cell[{"1": "agree", "-1": "disagree", "0": "pass"}[vote]] += 1
    return counts


def rejected(folder: Path) -> set[int]:
    with (folder / "comments.csv").open(encoding="utf-8", newline="") as file:
        return {int(row["comment-id"]) for row in csv.DictReader(file) if row["moderated"] == "-1"}


def test_totals_equal_a_recount_by_other_means(public_conversation):
    conversation = read_conversation(public_conversation)
    document = analysis_document(analyse_conversation(conversation).analysis, conversation)
    counted = {one: cell for one, cell in recount(public_conversation).items() if one not in rejected(public_conversation)}
    voted = {one["id"]: {name: one[name] for name in ("agree", "disagree", "pass")} for one in document["statements"] if one["seen"]}
    assert voted == counted
    assert document["counts"]["votes"] == sum(sum(cell.values()) for cell in counted.values())


def findings(folder: Path) -> dict[str, object]:
    conversation = read_conversation(folder)
    analysis = analyse_conversation(conversation).analysis
    order = np.argsort(analysis.common_ground.rank)[:3]
    return {
        "counts": analysis_document(analysis, conversation)["counts"],
        "verdict": analysis.grouping.verdict.value,
        "reason": analysis.grouping.reason.value,
        "stability": round(analysis.grouping.stability, 3),
        "sizes": analysis.grouping.sizes.tolist(),
        "common_ground": int((analysis.common_ground.bound > 0.5).sum()),
        "top": analysis.votes.statements.ids[order].tolist(),
        "bounds": [round(float(bound), 4) for bound in analysis.common_ground.bound[order]],
    }


def test_findings_are_those_of_the_release(public_conversation):
    expected = json.loads(FINDINGS.read_text(encoding="utf-8"))[public_conversation.name]
    found = findings(public_conversation)
    assert found.pop("stability") == pytest.approx(expected.pop("stability"), abs=0.05)
    assert found.pop("bounds") == pytest.approx(expected.pop("bounds"), abs=0.005)
    assert found == expected
