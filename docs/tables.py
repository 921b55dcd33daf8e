"""Make the tables of results on the six public conversations and on simulated ones: run the analysis and write Markdown.

``python docs/tables.py`` writes ``docs/_tables/results-*.md``. The conversations are looked for in ``$KLAL_SHARED/data/polis``, or in a
folder ``shared`` beside the repository. A test compares the committed tables with a fresh run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import klal
from klal.core.pipeline import find_map_and_groups
from klal.core.results import Verdict
from klal.domain.language import get
from klal.services.notebook import Findings
from klal.simulation.conversation import PopulationSettings, simulate_conversation

DOCS = Path(__file__).resolve().parent
TABLES = DOCS / "_tables"
NAMES = (
    "15-per-hour-seattle",
    "american-assembly.bowling-green",
    "brexit-consensus",
    "canadian-electoral-reform",
    "scoop-hivemind.ubi",
    "vtaiwan.uberx",
)
POPULATIONS = {
    "no groups: one cloud of 500 people": PopulationSettings(group_shares=(1.0,)),
    "no groups: 500 people, 60 statements instead of 180": PopulationSettings(group_shares=(1.0,), statements=60, mean_votes=25),
    "two groups, 72 % and 28 %, of 500 people": PopulationSettings(),
    "three groups, 50 %, 30 % and 20 %, of 500 people": PopulationSettings(group_shares=(0.5, 0.3, 0.2)),
}
"""Simulated populations whose groups are known; all but what is named as in the public conversations."""
DRAWS = 10
_HALF = 0.5
_LETTERS = "ABCDE"


@dataclass(frozen=True, slots=True)
class Result:
    """One conversation and what was found in it."""

    name: str
    found: Findings


def conversations() -> Path:
    """Return the folder of the six conversations."""
    given = os.environ.get("KLAL_SHARED")
    return (Path(given) if given else DOCS.parents[1] / "shared") / "data" / "polis"


def analyse_all(folder: Path) -> list[Result]:
    """Analyse every conversation with default settings and seed 0."""
    return [Result(name, klal.analyse(klal.read_polis(folder / name))) for name in NAMES]


def counts(results: Sequence[Result]) -> str:
    """Return the table of sizes."""
    head = ("conversation", "participants", "placed", "statements analysed", "set aside", "votes")
    return _table(head, [_counts_row(one) for one in results])


def verdicts(results: Sequence[Result]) -> str:
    """Return the table of verdicts on opinion groups."""
    head = ("conversation", "verdict", "groups", "shares", "stability", "gap", "groups Polis published")
    return _table(head, [_verdict_row(one) for one in results])


def reasons(results: Sequence[Result]) -> str:
    """Return the table of reasons for the verdicts, in the report's words."""
    return _table(("conversation", "verdict", "reason"), [_reason_row(one) for one in results])


def common_ground(results: Sequence[Result]) -> str:
    """Return the table of common ground counts."""
    head = ("conversation", "common ground", "rejected together", "statements analysed", "mean divisiveness")
    return _table(head, [_common_row(one) for one in results])


def strongest(results: Sequence[Result]) -> str:
    """Return the strongest common ground of each conversation."""
    head = ("conversation", "strongest common ground", "agreement of the group that agrees least")
    return _table(head, [_strongest_row(one) for one in results])


MAKERS: dict[str, Callable[[Sequence[Result]], str]] = {
    "results-counts.md": counts,
    "results-verdicts.md": verdicts,
    "results-reasons.md": reasons,
    "results-common-ground.md": common_ground,
    "results-strongest.md": strongest,
}


def simulated() -> str:
    """Return the table of verdicts on simulated populations, where the truth is known."""
    head = ("population", *(f"verdict {verdict.value}" for verdict in Verdict), "groups drawn")
    return _table(head, [_simulated_row(name, settings) for name, settings in POPULATIONS.items()])


def main() -> int:
    """Write every table; return 2 if the conversations are not there."""
    folder = conversations()
    if not folder.is_dir():
        sys.stderr.write("The public conversations are not here; set KLAL_SHARED to the folder that has data/polis.\n")
        return 2
    (TABLES / "results-simulated.md").write_text(simulated(), encoding="utf-8")
    results = analyse_all(folder)
    for name, make in MAKERS.items():
        (TABLES / name).write_text(make(results), encoding="utf-8")
    return 0


def _counts_row(one: Result) -> tuple[str, ...]:
    analysis, statements = one.found.analysis, one.found.conversation.statements
    aside = sum(not statement.is_analysed for statement in statements)
    numbers = (analysis.votes.shape[0], int(analysis.opinion_map.placed.sum()), analysis.votes.shape[1], aside, analysis.votes.n_votes)
    return (one.name, *(f"{number:,}" for number in numbers))


def _verdict_row(one: Result) -> tuple[str, ...]:
    grouping = one.found.analysis.grouping
    several = grouping.n_groups > 1
    shares = grouping.sizes / max(int(grouping.sizes.sum()), 1)
    by_letter = " · ".join(f"{letter} {share:.0%}" for letter, share in zip(_LETTERS, shares.tolist(), strict=False))
    return (
        one.name,
        f"**{grouping.verdict.value}**",
        str(grouping.n_groups) if several else "–",
        by_letter if several else "–",
        f"{grouping.stability:.2f}" if several else "–",
        f"{grouping.gap:.2f}" if several else "–",
        str(len(set(one.found.conversation.published_groups.values()))),
    )


def _reason_row(one: Result) -> tuple[str, ...]:
    verdict, reason = one.found.analysis.grouping.verdict.value, one.found.analysis.grouping.reason.value
    return (one.name, verdict, get("en").text(f"report.reason.{verdict}_{reason}"))


def _common_row(one: Result) -> tuple[str, ...]:
    analysis = one.found.analysis
    together = int((analysis.common_ground.bound > _HALF).sum())
    against = int((analysis.common_ground.upper.max(axis=0) < _HALF).sum())
    return (one.name, str(together), str(against), str(analysis.votes.shape[1]), f"{analysis.divisiveness.mean():.2f}")


def _strongest_row(one: Result) -> tuple[str, ...]:
    common = one.found.analysis.common_ground
    best = int(common.rank.argmin())
    ids = one.found.analysis.votes.statements.tolist()
    text = next(statement.text for statement in one.found.conversation.statements if statement.id == ids[best])
    group = int(common.weakest_group[best])
    figures = common.agreement[group, best], common.lower[group, best], common.upper[group, best]
    least, low, high = (f"{100 * figure:.0f}" for figure in figures)
    return (one.name, " ".join(text.split()).replace("|", "/"), f"{least} % ({low}–{high} %)")


def _simulated_row(name: str, settings: PopulationSettings) -> tuple[str, ...]:
    found = []
    for seed in range(DRAWS):
        votes = simulate_conversation(settings, seed=seed).votes
        found.append(find_map_and_groups(votes, np.ones(votes.shape[1], dtype=np.bool_))[1])
    by_verdict = (f"{sum(one.verdict is verdict for one in found)} of {DRAWS}" for verdict in Verdict)
    drawn = sorted({one.n_groups for one in found})
    return (name, *by_verdict, " or ".join(map(str, drawn)))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
