"""Which statement next: what is learnt about the common ground for the same number of votes, and who is asked what."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping

import numpy as np

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science._live import Held, Rule, by_klal, by_polis, hold
from benchmarks.science.metrics import REPORT, Mean, mean_over_seeds, ndcg_at
from klal.core.pipeline import analyse
from klal.core.tally import tally_groups
from klal.simulation.publics import KINDS, Public, draw_public

PEOPLE, STATEMENTS = 400, 100
KLAL, POLIS = "klal", "Polis"
RULES: dict[str, Rule] = {POLIS: by_polis, KLAL: by_klal}
VOTES: dict[str, int | None] = {"8": 8, "15": 15, "20": 20, "30": 30, "50": 50, "as in life": None}
COMPARED = ("8", "15", "30", "50", "as in life")
HELD = [(each, rule) for each in VOTES for rule in RULES if each in COMPARED or rule == KLAL]
FIRST = 10
Figures = dict[str, float]
Taken = dict[tuple[str, str, str], list[Figures]]
"""By votes a person, rule and kind of public: one entry a seed."""


def run(options: Options) -> None:
    taken: Taken = {}
    for seed in list(REPORT)[: 3 if options.quick else 10]:
        began = time.perf_counter()
        for name, kind in KINDS.items():
            public = draw_public(kind, seed, participants=PEOPLE, statements=STATEMENTS)
            for each, rule in HELD:
                found = measure(public, hold(public, seed, RULES[rule], VOTES[each]))
                taken.setdefault((each, rule, name), []).append(found)
        print(f"seed {seed}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    publish(options, "science-routing", _page(taken), {" / ".join(which): found for which, found in taken.items()})


def measure(public: Public, held: Held) -> Figures:
    """Measure what a conversation that was held has taught, and who was asked what."""
    votes = held.votes
    ranking = -analyse(votes).common_ground.rank.astype(float)
    m = votes.shape[1]
    seen = np.bincount(votes.columns, minlength=m)
    reached = np.array([(held.turns >= since).sum() for since in held.since])
    share = seen / reached / (votes.n_votes / reached.sum())
    late = (held.since > np.median(held.since)) & (held.since < 0.85 * len(held.turns))
    groups = tally_groups(votes, public.groups, len(public.truth))
    small = int(np.bincount(public.groups).argmin())
    there = np.array([((public.groups == small) & (held.turns >= since)).sum() for since in held.since])
    asked = [public.agreement[person, list(ones[:FIRST])] for person, ones in enumerate(held.firsts)]
    split = np.concatenate([np.abs(answers - 0.5) < 0.2 for answers in asked])
    return {
        "ndcg": ndcg_at(ranking, public.weakest),
        "least": float(share.min()),
        "late": float(share[late].mean()),
        "late_least": float(share[late].min()) if late.any() else float("nan"),
        "small_group": float(np.mean(groups.seen[small][there >= 5] > 0)),
        "small_group_votes": float(np.median(groups.seen[small][there >= 5])),
        "torn_in_first": float(split.mean()),
    }


def _over_kinds(taken: Taken, each: str, rule: str, figure: str) -> list[float]:
    """Return the mean over the kinds, one a seed."""
    return np.mean([[one[figure] for one in taken[each, rule, kind]] for kind in KINDS], axis=0).tolist()


def _by_kind(taken: Taken, each: str, rule: str) -> list[str]:
    return [f"{np.mean([one['ndcg'] for one in taken[each, rule, kind]]):.3f}" for kind in KINDS]


def _difference(taken: Taken, each: str, kind: str) -> Mean:
    ours, theirs = ([one["ndcg"] for one in taken[each, rule, kind]] for rule in (KLAL, POLIS))
    return mean_over_seeds(np.array(ours) - np.array(theirs))


def _page(taken: Taken) -> str:
    seeds = len(next(iter(taken.values())))
    head = ["votes a person", *KINDS, "**mean of the kinds**"]
    quality = [
        [f"{each}, {rule}", *_by_kind(taken, each, rule), str(mean_over_seeds(_over_kinds(taken, each, rule, "ndcg")))]
        for each, rule in HELD
    ]
    ahead = [[each, *[_signed(_difference(taken, each, kind)) for kind in KINDS], _signed(_ahead(taken, each, each))] for each in COMPARED]
    fewer = _signed(_ahead(taken, "20", "30"))
    return (
        f"## Which statement next: common ground\n\nSimulated publics of {PEOPLE} people and {STATEMENTS} statements, three fifths of "
        "them written while the conversation runs; the smaller groups come late. A table is made anew every 50 people, and the next "
        f"statement is drawn with one answer not known yet. {seeds} odd seeds; constants were chosen on even ones. NDCG@10 of klal's "
        "ranking against the true agreement of the group that agrees least; mean, 90 % interval in brackets. "
        "`python -m benchmarks.science.routing`\n\n"
        + table(head, quality)
        + "\n\n### klal's rule less Polis's, same people and opinions\n\n"
        + table(head, ahead)
        + f"\n\nklal's rule with 20 votes a person less Polis's with 30, mean of the kinds: {fewer}.\n\n"
        + _exposure(taken)
    )


def _ahead(taken: Taken, ours: str, theirs: str) -> Mean:
    return mean_over_seeds(np.array(_over_kinds(taken, ours, KLAL, "ndcg")) - np.array(_over_kinds(taken, theirs, POLIS, "ndcg")))


def _signed(mean: Mean) -> str:
    return f"{mean.value:+.3f} ({mean.lower:+.3f} … {mean.upper:+.3f})"


EXPOSED: Mapping[str, str] = {
    "least": "least seen statement",
    "late": "late statements",
    "late_least": "least seen late statement",
    "small_group": "seen by the smallest group",
    "small_group_votes": "its votes a statement",
    "torn_in_first": "torn in the first ten",
}


def _exposure(taken: Taken) -> str:
    rows = []
    for kind in ("50/30/20 axes", "85/10/5 axes", "85/10/5 classes", "95/5 axes"):
        for each in ("8", "30"):
            for rule in RULES:
                found = taken[each, rule, kind]
                rows.append([kind, each, rule, *[f"{np.nanmean([one[figure] for one in found]):.2f}" for figure in EXPOSED]])
    return (
        "### Exposure\n\nVotes on a statement, divided by what it would have if everybody who came after it had been asked evenly: 1 is an "
        "equal share. Of the statements that at least five members of the smallest group could answer: the share that one of them did, and "
        "the median number of their votes. Last, the share of the first ten statements on which the person asked is torn (a chance of "
        "agreeing between 0.3 and 0.7).\n\n" + table(["kind", "votes a person", "rule", *EXPOSED.values()], rows)
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
