"""The live server: votes a second and how long each waits, listeners, and the participant's page.

Server and clients share the machine's cores. The limit that the votes are compared with, a bare uvicorn endpoint with the same kind of
group commit into one table, takes its turns in the same run.
"""

from __future__ import annotations

from benchmarks._measure import Options, command_line
from benchmarks.serve import listeners, page, votes


def run(options: Options) -> None:
    votes.run(options)
    listeners.run(options)
    page.run(options)


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
