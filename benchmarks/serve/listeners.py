"""Five thousand listeners while a thousand votes a second come in and something new is told every second."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from typing import Any

from benchmarks._measure import WORKERS, Options, command_line, publish, table
from benchmarks.serve._house import SLUG, UNLIMITED, home, load_settings, make_conversation, megabytes
from tests.databases import point_store_at
from tests.serving import RunningServer

RATE, UPDATES = 1000, 12


def run(options: Options) -> None:
    listeners = 1000 if options.quick else 5000
    found = {
        "one process for everything": _listen(listeners, apart=False),
        "listeners in a process of their own": _listen(listeners, apart=True),
    }
    rows = [
        [
            name,
            f"{one['kilobytes']:.1f}",
            one["connected"],
            f"{1000 * one['most_99']:.0f}",
            f"{1000 * one['all']:.0f}",
            f"{one['votes']['per_second']:,.0f}",
            f"{one['votes']['p99_ms']:.0f}",
        ]
        for name, one in found.items()
    ]
    head = ["", "kB a listener", "all connected, s", "99 % told, ms", "all told, ms", "votes/s meanwhile", "p99 of a vote, ms"]
    text = (
        f"## Listeners\n\n{listeners:,} browsers listen for changes on SQLite while {RATE:,} votes a second come in and a change is stored "
        f"every second, {UPDATES} times; from the moment the change was stored, the poll included, to the listener; median of the updates. "
        "All clients share the cores with the server. `python -m benchmarks --out docs/_tables --only serve`\n\n" + table(head, rows)
    )
    publish(options, "serve-listeners", text, found)


def _listen(listeners: int, *, apart: bool) -> dict[str, Any]:
    with ExitStack() as stack:
        folder = stack.enter_context(home())
        voting = stack.enter_context(RunningServer(folder, "--no-worker", environment=UNLIMITED))
        events = stack.enter_context(RunningServer(folder, "--no-worker", "--role", "events", environment=UNLIMITED)) if apart else voting
        point_store_at(folder, "")
        statements = make_conversation()
        before = megabytes(events.process.pid)
        client = stack.enter_context(_worker("listen", events.port, SLUG, listeners, UPDATES + 12))
        connected = json.loads(client.stdout.readline())["connected"]
        kilobytes = 1024 * (megabytes(events.process.pid) - before) / listeners
        load = stack.enter_context(_worker("load_votes", load_settings(voting.port, statements, 64, RATE, UPDATES + 3.0, "load")))
        time.sleep(3)
        stored = _update()
        votes = json.loads(load.stdout.readline())
        heard = json.loads(client.stdout.readline())
    if votes["refused"] or any(heard[str(revision)]["count"] != listeners for revision in stored):
        raise RuntimeError((votes, heard))
    delays = {kind: sorted(heard[str(revision)][kind] - at for revision, at in stored.items()) for kind in ("p99", "last")}
    middle = len(stored) // 2
    return {
        "kilobytes": kilobytes,
        "connected": connected,
        "most_99": delays["p99"][middle],
        "all": delays["last"][middle],
        "votes": votes,
        "delays": delays,
    }


def _worker(name: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(WORKERS / f"{name}.py"), *map(str, arguments)], stdout=subprocess.PIPE, text=True)


def _update() -> dict[int, float]:
    """Change the conversation once a second; return when each revision was stored."""
    from django.db import connection
    from django.db.models import F

    from klal.store.models import Conversation

    stored = {}
    for revision in range(1, UPDATES + 1):
        began = time.monotonic()
        Conversation.objects.filter(slug=SLUG).update(revision=F("revision") + 1, changes=F("changes") + 1)
        stored[revision] = time.monotonic()
        time.sleep(max(0.0, 1.0 - (time.monotonic() - began)))
    connection.close()
    return stored


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
