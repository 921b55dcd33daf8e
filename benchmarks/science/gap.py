"""The perception gap: are planted misperceptions recovered, and do 90 % intervals hold the truth nine times in ten?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np

from benchmarks._measure import Options, command_line, publish, table
from benchmarks.science.metrics import mean_over_seeds
from klal.core.perception import Direction, Estimate, PerceptionGap, find_gap
from klal.simulation.guessers import GuesserSettings, SimulatedGuesses, simulate_guesses

KINDS = {
    "as usual": GuesserSettings(),
    "nobody exaggerates": GuesserSettings(exaggeration=0.0),
    "nobody exaggerates, sure": GuesserSettings(exaggeration=0.0, exaggeration_spread=0.1, noise=0.25),
    "strong exaggeration": GuesserSettings(exaggeration=2.0),
    "people far from alike": GuesserSettings(exaggeration_spread=1.0, noise=1.2),
    "drawn to the middle": GuesserSettings(exaggeration=0.0, middle=0.5),
    "few guessers": GuesserSettings(guessers=(22, 18)),
    "a handful": GuesserSettings(guessers=(7, 6)),
    "many guessers": GuesserSettings(guessers=(300, 200), voters=400),
    "three groups": GuesserSettings(guessers=(60, 40, 30)),
    "a group of 5 %": GuesserSettings(guessers=(190, 10)),
    "few voters": GuesserSettings(voters=50),
    "many statements": GuesserSettings(statements=16),
    "nobody tells how unsure": GuesserSettings(told_noise=False),
}
FIRST_REPORTED = 1
"""Odd seeds are reported; constants were chosen on even ones."""


def run(options: Options) -> None:
    seeds = range(FIRST_REPORTED, 2 * (15 if options.quick else 150), 2)
    figures = {name: measure(settings, seeds) for name, settings in KINDS.items()}
    means = {name: {column: round(float(np.mean(values)), 4) for column, values in found.items()} for name, found in figures.items()}
    publish(options, "science-gap", _page(figures, len(seeds)), means)


def measure(settings: GuesserSettings, seeds: Iterable[int]) -> dict[str, list[float]]:
    """Return what was found in one kind of public, one value a seed."""
    found: dict[str, list[float]] = defaultdict(list)
    for seed in seeds:
        simulated = simulate_guesses(settings, seed=seed)
        result = find_gap(simulated.guesses, simulated.figures)
        for name, value in _values(simulated, result):
            found[name].append(value)
    return dict(found)


def _values(simulated: SimulatedGuesses, result: PerceptionGap) -> Iterator[tuple[str, float]]:
    known = [one for one in result.directions if one.known]
    yield "known", float(np.mean([one.known for one in result.directions]))
    if known and result.gap and result.believed_distance and result.real_distance:
        truth = [simulated.distances(one.source, one.target, one.statements) for one in known]
        held = [[_holds(estimate, value) for estimate, value in _pairs(one, *pair)] for one, pair in zip(known, truth, strict=True)]
        for name, value in zip(("believed", "real", "gap"), np.mean(held, axis=0).tolist(), strict=True):
            yield f"{name} held", value
        believed, real = np.mean(truth, axis=0)
        yield "all held", _holds(result.gap, believed - real)
        yield "true gap", believed - real
        yield "error", result.gap.value - (believed - real)
        yield "width", result.gap.upper - result.gap.lower
        yield "raw error", _raw_gap(simulated) - (believed - real)
        yield "statement held", _statements_held(simulated, known)
    if result.whole is not None and result.whole.known:
        truth_of_whole = _gap_of_whole(simulated, result.whole)
        yield "whole held", _holds(result.whole.gap, truth_of_whole)


def _pairs(one: Direction, believed: float, real: float) -> tuple[tuple[Estimate, float], ...]:
    return (one.believed_distance, believed), (one.real_distance, real), (one.gap, believed - real)


def _holds(estimate: Estimate, truth: float) -> float:
    return float(estimate.lower <= truth <= estimate.upper)


def _statements_held(simulated: SimulatedGuesses, known: list[Direction]) -> float:
    held = []
    for one in known:
        belief = simulated.belief[one.source, one.target, one.statements]
        held += ((one.lower <= belief) & (belief <= one.upper)).tolist()
    return float(np.mean(held))


def _gap_of_whole(simulated: SimulatedGuesses, whole: Direction) -> float:
    """Return the true gap about the whole, groups counted at each statement by their guesses as they came."""
    about = simulated.guesses.only(simulated.guesses.targets < 0)
    mix = np.zeros((len(simulated.belief), simulated.share.shape[1]))
    np.add.at(mix, (about.sources, about.columns), 1)
    mix = mix[:, whole.statements]
    belief = (mix * simulated.belief[:, -1, whole.statements]).sum(axis=0) / mix.sum(axis=0)
    share = simulated.share[-1, whole.statements]
    return float((np.sign(share - 0.5) * (belief - 0.5)).mean() - np.abs(share - 0.5).mean())


def _raw_gap(simulated: SimulatedGuesses) -> float:
    """Return the gap without any correction: mean distance of single guesses less that of published shares."""
    guesses, figures = simulated.guesses, simulated.figures
    kept = guesses.only(guesses.targets >= 0)
    own, theirs = figures.share[kept.sources, kept.columns], figures.share[kept.targets, kept.columns]
    return float(np.abs(kept.shares - own).mean() - np.abs(theirs - own).mean())


COLUMNS = ("gap held", "all held", "believed held", "real held", "statement held", "whole held")


def _page(figures: dict[str, dict[str, list[float]]], seeds: int) -> str:
    text = (
        f"## The perception gap\n\n{seeds} simulated publics of each kind (odd seeds): people with a planted misperception guess one to "
        "five times, round, and say how unsure they are. *Held*: share of 90 % intervals that hold the truth: of the gap of each "
        "direction, of the gap over all directions, of believed and real distance, of the mean belief about each statement, of the gap "
        "about the whole. *Error*: estimated less true gap over all directions, mean and 90 % interval of it; *uncorrected*: the same "
        "of the plain mean distance of single guesses. In hundredths. *Known*: share of directions about which klal says anything."
    )
    rows = []
    for name, found in figures.items():
        held = [f"{100 * np.mean(found[column]):.0f} %" if column in found else "–" for column in COLUMNS]
        rows.append([name, *_errors(found), *held, f"{100 * np.mean(found['known']):.0f} %"])
    head = ["public", "true gap", "error", "uncorrected", "width", *(column.removesuffix(" held") for column in COLUMNS), "known"]
    return f"{text}\n\n{table(head, rows)}"


def _errors(found: dict[str, list[float]]) -> list[str]:
    if "error" not in found:
        return ["–"] * 4
    true, error, raw, width = (mean_over_seeds(100 * np.array(found[name])) for name in ("true gap", "error", "raw error", "width"))
    return [f"{true.value:.0f}", f"{error.value:+.1f} ({error.lower:+.1f} … {error.upper:+.1f})", f"{raw.value:+.1f}", f"{width.value:.0f}"]


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
