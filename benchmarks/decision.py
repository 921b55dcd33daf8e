"""What it costs to choose the next statements for one person: klal's rule against one weight a statement, in turn."""

from __future__ import annotations

import statistics
import time
from array import array
from collections.abc import Callable, Sequence
from random import Random

from benchmarks._measure import Options, command_line, publish, table
from klal.domain.draw import Draws
from klal.domain.routes import Answers, Routes

STATEMENTS = 10_000
REGIONS, AHEAD, PEOPLE = 5, 5, 200
_ASKED = 30
ANSWERED = (0, 3, 6, 10, 30, 200, 2_000, 5_000, 9_000, 9_990)
RULES = ("one weight a statement", "klal's rule", "the chance of the next vote, after the draw")


def run(options: Options) -> None:
    chance = Random(1)
    routed, flat = _routes(chance, regions=REGIONS), _routes(chance, regions=0)
    began = time.thread_time()
    draws = Draws(Routes.unpack(routed.pack()), range(STATEMENTS), [True] * STATEMENTS)
    loading = time.thread_time() - began
    plain = Draws(flat, range(STATEMENTS), [True] * STATEMENTS)
    figures: dict[str, dict[str, list[float]]] = {}
    for answered in ANSWERED:
        contenders: dict[str, Callable[[Answers], object]] = {
            RULES[0]: lambda one: plain.draw(one, chance, AHEAD),
            RULES[1]: lambda one: draws.draw(one, chance, AHEAD),
            RULES[2]: lambda one: draws.chance(one, 17),
        }
        taken: dict[str, list[float]] = {name: [] for name in contenders}
        for _ in range(options.rounds):
            people = [_person(draws, answered, chance) for _ in range(PEOPLE)]
            for name, contender in contenders.items():
                taken[name].append(_microseconds(contender, people))
        figures[str(answered)] = taken
    publish(options, "decision", _page(figures, loading, len(routed.pack())), figures)


def _routes(chance: Random, *, regions: int) -> Routes:
    def some(draw: Callable[[], float], count: int = STATEMENTS) -> array[float]:
        return array("f", [draw() for _ in range(count)])

    def normal() -> float:
        return chance.gauss(0, 0.7)

    def weight() -> float:
        return chance.expovariate(1.0)

    laws = tuple(some(weight) for _ in range(regions + 1))
    axes = [some(normal) for _ in range(3)]
    maturity = 1.0 if regions else 0.0
    return Routes(maturity, some(normal, 2 * regions), some(weight, regions + 1), array("q", range(STATEMENTS)), *axes, some(weight), laws)


def _person(draws: Draws, count: int, chance: Random) -> Answers:
    """Return somebody who answered what they were asked, or so much that it makes no difference."""
    agreed = disagreed = 0
    for place in draws.draw(Answers(), chance, count) if count <= _ASKED else chance.sample(range(STATEMENTS), count):
        if chance.random() < 0.5:
            agreed |= 1 << place
        else:
            disagreed |= 1 << place
    return Answers(agreed | disagreed, agreed, disagreed)


def _microseconds(contender: Callable[[Answers], object], people: Sequence[Answers]) -> float:
    began = time.thread_time()  # the processor's own time: other programs may share it
    for one in people:
        contender(one)
    return 1e6 * (time.thread_time() - began) / len(people)


def _page(figures: dict[str, dict[str, list[float]]], loading: float, size: int) -> str:
    rows = [[answered, *[f"{statistics.median(taken[name]):.0f}" for name in RULES]] for answered, taken in figures.items()]
    return (
        f"## Choosing the next statements\n\n{AHEAD} next statements for one person among {STATEMENTS:,}, in microseconds of processor "
        "time, by how many they have answered; the middle of the rounds, taken in turn, with people of their own. One weight a statement "
        f"is what Polis's priorities need. A table of {size / 1e3:,.0f} kB is read and prepared in {1e3 * loading:.0f} ms, once a "
        "snapshot. `python -m benchmarks.decision`\n\n" + table(["answered", *RULES], rows)
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
