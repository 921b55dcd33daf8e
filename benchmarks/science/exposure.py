"""Whether estimates correct for who was asked: agreement by counts alone, by the model, and by the chances kept with the votes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science._live import Held, by_klal, hold
from benchmarks.science.metrics import REPORT, mean_over_seeds
from klal.core.bridging import expected_agreement, fit_bridging
from klal.core.exposure import corrected_agreement, exposure_weights
from klal.core.opinion_map import find_opinion_map
from klal.core.tally import tally_votes
from klal.simulation.publics import KINDS, Public, draw_public

PEOPLE, STATEMENTS = 400, 100
VOTES = (15, 30)
RULES = ("counts alone", "the model", "counts by chance", "model and chance")
Floats = NDArray[np.float64]


def run(options: Options) -> None:
    figures: dict[str, dict[str, list[dict[str, float]]]] = {}
    for seed in list(REPORT)[: 3 if options.quick else 10]:
        for name, kind in KINDS.items():
            public = draw_public(kind, seed, participants=PEOPLE, statements=STATEMENTS)
            for count in VOTES:
                held = hold(public, seed, by_klal, count, keep_chances=True)
                for rule, found in measure(public, held).items():
                    figures.setdefault(f"{name}, {count} votes", {}).setdefault(rule, []).append(found)
    publish(options, "science-exposure", _page(figures), figures)


def measure(public: Public, held: Held) -> dict[str, dict[str, float]]:
    """Return how far each estimate is from the agreement of all, over the statements that were there from the start.

    Returns
    -------
    dict of str to dict
        By rule: the mean error, and the root mean square error.
    """
    votes = held.votes
    tally = tally_votes(votes)
    expected = expected_agreement(fit_bridging(votes, find_opinion_map(votes)), np.arange(votes.shape[0]))
    at = (votes.row_of_vote(), votes.columns)
    weights = exposure_weights(votes, held.chances[at], held.asked_at[at])
    flat = np.full(votes.shape, 0.5)
    found: dict[str, Floats] = {
        RULES[0]: np.asarray((tally.agree + 0.5) / (tally.decided + 1)),
        RULES[1]: np.asarray(expected.mean(axis=0)),
        RULES[2]: corrected_agreement(votes, weights, flat),
        RULES[3]: corrected_agreement(votes, weights, expected),
    }
    early = held.since == 0
    truth = public.agreement.mean(axis=0)
    return {
        rule: {
            "bias": float((values - truth)[early].mean()),
            "error": float(np.sqrt(((values - truth)[early] ** 2).mean())),
        }
        for rule, values in found.items()
    }


def _page(figures: dict[str, dict[str, list[dict[str, float]]]]) -> str:
    rows = [
        [name, *[f"{mean_over_seeds([one[part] for one in found[rule]]).value:{form}}" for rule in RULES for part, form in _PARTS]]
        for name, found in figures.items()
    ]
    head = ["", *[f"{rule}: {part}" for rule in RULES for part, _ in _PARTS]]
    return (
        "## Who was asked\n\nAgreement of everybody with the statements that were there from the start, estimated from votes that "
        "klal's own rule asked for: mean error (bias) and root mean square error against the true agreement. Counts alone: agrees among "
        "those who decided. The model: what the bridging model expects of everybody. By chance: votes weighed by the chance with which "
        "they were asked for. `python -m benchmarks.science.exposure`\n\n" + table(head, rows)
    )


_PARTS = (("bias", "+.3f"), ("error", ".3f"))


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
