"""``klal worker``: analyse conversations as votes arrive, in a process of its own."""

from __future__ import annotations

import click


@click.command("worker")
def command() -> None:
    """Analyse conversations as votes arrive, until told to stop.

    `klal serve` does this by itself. Start workers of your own, as many as you like and on any machine that reaches the PostgreSQL
    database, and serve with `--no-worker`. A worker that dies is replaced by another within seconds. Workers also send mail and do
    whatever else has to be done in time.
    """
    import signal
    import threading

    from klal.intake.logs import set_up_logs
    from klal.store.guards import refuse_short_secret
    from klal.store.opening import open_store

    found = open_store()
    refuse_short_secret(found.secret_key)
    set_up_logs(found, process="worker", level="info")
    from klal.worker.chores import Chores
    from klal.worker.loop import run

    stop = threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stop.set())
    chores = Chores()
    chores.start()
    run(idle_exit=None, stop=stop)
    chores.stop()
