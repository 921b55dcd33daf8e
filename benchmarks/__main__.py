"""Run every benchmark."""

from __future__ import annotations

from benchmarks import decision, live_map, moderation, peers, polis_groups, reading, recipe, scale, serve, startup
from benchmarks._measure import command_line
from benchmarks.science import brigades, cost, exposure, hidden_votes, placing, routing

ALL = {
    "startup": startup,
    "polis-groups": polis_groups,
    "peers": peers,
    "recipe": recipe,
    "scale": scale,
    "reading": reading,
    "live-map": live_map,
    "science-hidden-votes": hidden_votes,
    "science-cost": cost,
    "science-brigades": brigades,
    "science-routing": routing,
    "science-placing": placing,
    "science-exposure": exposure,
    "serve": serve,
    "moderation": moderation,
    "decision": decision,
}


def main() -> None:
    options = command_line(__doc__ or "", only=list(ALL))
    for name in options.only or ALL:
        ALL[name].run(options)


if __name__ == "__main__":
    main()
