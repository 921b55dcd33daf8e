"""Store a conversation, run a worker beside it, cast votes and time how long until each is on the map."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from pathlib import Path

VOTES = 20


def main(folder: str, participants: int, statements: int) -> None:
    os.environ |= {"KLAL_HOME": folder, "KLAL_DATABASE_URL": "", "KLAL_SECRET_KEY": "of a benchmark, which keeps nothing secret"}
    from klal.store.opening import open_store

    open_store(migrate=True)
    from klal.core.pipeline import analyse
    from klal.services.exchange import bring_in
    from klal.services.simulation import simulate
    from klal.worker.child import Supervisor

    conversation = simulate(participants, statements, mean_votes=30, shares=(0.5, 0.3, 0.2), seed=0)
    matrix = conversation.log.to_matrix()
    bare = min(_seconds(lambda: analyse(matrix)) for _ in range(3))
    stored = bring_in(conversation, slug="live")
    supervisor = Supervisor()
    supervisor.start()
    _wait_for(stored)
    _settle(stored)
    times = [_one_vote(stored, seed) for seed in range(VOTES)]
    assert supervisor.child is not None
    peak = _peak_mb(supervisor.child.pid)
    supervisor.stop()
    facts = {"votes": matrix.n_votes, "bare": bare, "median": statistics.median(times), "worst": max(times), "all": times}
    print(json.dumps({**facts, "seconds": statistics.median(times), "peak_mb": peak}))


def _one_vote(stored, seed: int) -> float:
    from django.db import transaction
    from django.db.models import F

    from klal.store.models import Conversation, Vote

    time.sleep(random.Random(seed).uniform(0.5, 1.5))
    vote = Vote.objects.filter(participant__conversation=stored)[seed]
    with transaction.atomic():
        Vote.objects.filter(participant_id=vote.participant_id, statement_id=vote.statement_id).update(choice=1 + vote.choice % 3)
        Conversation.objects.filter(pk=stored.pk).update(changes=F("changes") + 1)
    return _wait_for(stored)


def _wait_for(stored) -> float:
    started = time.perf_counter()
    stored.refresh_from_db()
    while stored.analysed_changes < stored.changes:
        time.sleep(0.005)
        stored.refresh_from_db()
    return time.perf_counter() - started


def _settle(stored) -> None:
    """Wait for the first report, so that what it imports is not timed as a part of some vote."""
    from klal.store.models import ReportPage

    while not ReportPage.objects.filter(conversation=stored).exists():
        time.sleep(0.1)
    time.sleep(1)


def _seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _peak_mb(pid: int) -> float:
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")) / 1024


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
