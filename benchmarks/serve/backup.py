"""Back up ten million votes while a thousand a second arrive, and restore them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks._measure import WORKERS, Options, command_line, publish, table
from benchmarks.serve._house import SLUG, home, load_settings, make_conversation
from tests.databases import point_store_at
from tests.serving import SECRET, RunningServer

RATE, CONNECTIONS, EACH = 1000, 64, 30
BEFORE_SECONDS = 20.0
_ROWS = 1 << 16
_FIRST = 1_760_000_000_000


def run(options: Options) -> None:
    votes = 300_000 if options.quick else 10_000_000
    with home() as folder, home() as other:
        point_store_at(folder, "")
        statements, seconds = _build(folder, votes)
        print(f"({votes:,} votes made in {seconds:.0f} s)", flush=True)
        figures = _back_up(folder, statements) | _restore(folder / "one.klal", other)
        figures |= {"votes": votes, "database_megabytes": (folder / "klal.sqlite3").stat().st_size / 1e6}
    publish(options, "backup", _page(figures), figures)


def _build(folder: Path, votes: int) -> tuple[list[int], float]:
    """Make a conversation whose votes came in any order, as they do."""
    from django.db import connections, transaction

    from klal.store.bulk import insert_rows
    from klal.store.models import Conversation, Participant
    from klal.store.opening import open_store
    from klal.store.tables.schema import tables_at
    from klal.store.tables.sqlite import SqliteEngine

    began = time.perf_counter()
    found = open_store(migrate=True)
    statements = make_conversation()
    people, chance = votes // EACH, np.random.default_rng(1)
    votes = people * EACH
    with transaction.atomic():
        where = Conversation.objects.get(slug=SLUG)
        Conversation.objects.filter(pk=where.pk).update(changes=votes, next_participant=people)
        names = ("conversation_id", "label", "key", "epoch", "email", "language")
        insert_rows(Participant, names, ((where.pk, str(one), f"{one:022d}", 0, "", "he") for one in range(people)))
        first = Participant.objects.order_by("pk").values_list("pk", flat=True)[0]
    connections.close_all()
    order = chance.permutation(people * EACH)
    columns = {
        "id": 1 + np.arange(len(order)),
        "participant_id": first + order // EACH,
        "statement_id": np.array(statements)[(order // EACH * 7 + order % EACH * 3) % len(statements)],
        "choice": chance.integers(1, 4, len(order)),
        "is_important": np.zeros(len(order), dtype=np.bool_),
        "time": _FIRST + 5 * np.arange(len(order)),
        "client_key": 1 + order % EACH,
    }
    with closing(SqliteEngine(found.sqlite_path)) as engine:
        tables = {one.name: one for one in tables_at(engine.migrations())}
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -1000000"):
            engine._connection.execute(f"PRAGMA {pragma}")
        for name in ("store_voteevent", "store_vote"):
            with engine.changing():
                for start in range(0, len(order), _ROWS):
                    part = slice(start, start + _ROWS)
                    engine.write(tables[name], pa.record_batch({one: columns[one][part] for one in tables[name].names}))
        engine._connection.execute("PRAGMA journal_mode = WAL")
    return statements, time.perf_counter() - began


def _back_up(folder: Path, statements: list[int]) -> dict[str, Any]:
    environment = _environment(folder)
    # all clients come from one address here
    with RunningServer(folder, "--no-worker", environment={"KLAL_LIMITS": "votes=off, joins=off"}) as server:
        before = _load(server.port, statements, BEFORE_SECONDS, "befo").communicate()[0]
        probe = json.loads(before)
        client = _load(server.port, statements, 600.0, "duri")
        time.sleep(4)
        command = [str(Path(sys.executable).with_name("klal")), "backup", str(folder / "one.klal"), "--json"]
        began = time.perf_counter()
        made = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        seconds = time.perf_counter() - began
        client.terminate()
        during = json.loads(client.communicate()[0])
    if probe["refused"] or during["refused"]:
        raise RuntimeError((probe["refused"], during["refused"]))
    document = json.loads(made.stdout)
    _check_moment(folder / "one.klal")
    return {"before": probe, "during": during, "seconds": seconds, "megabytes": document["bytes"] / 1e6, "rows": document["rows"]}


def _check_moment(path: Path) -> None:
    """See that what is in the backup is of one moment: as many changes are counted as votes were cast, and every one of them stands."""
    from klal.io.backup_file import BackupReader

    with BackupReader(path) as reader:
        events, votes = (reader.manifest.tables[name].rows for name in ("store_voteevent", "store_vote"))
        changes = [one for batch in reader.table("store_conversation") for one in batch.column("changes").to_pylist()]
    if not events == votes == changes[0]:
        raise RuntimeError((events, votes, changes))


def _restore(path: Path, other: Path) -> dict[str, Any]:
    command = [str(Path(sys.executable).with_name("klal")), "restore", str(path), "--json"]
    began = time.perf_counter()
    subprocess.run(command, env=_environment(other), capture_output=True, text=True, check=True)
    return {"restore_seconds": time.perf_counter() - began}


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "KLAL_HOME": str(folder), "KLAL_DATABASE_URL": "", "KLAL_SECRET_KEY": SECRET}


def _load(port: int, statements: list[int], seconds: float, name: str) -> subprocess.Popen[str]:
    settings = load_settings(port, statements, CONNECTIONS, RATE, seconds, name)
    return subprocess.Popen([sys.executable, str(WORKERS / "load_votes.py"), settings], stdout=subprocess.PIPE, text=True)


def _page(found: dict[str, Any]) -> str:
    before, during = found["before"], found["during"]
    rows = [
        ["votes in the database, and as many in its log", f"{found['votes']:,}"],
        ["size of the database", f"{found['database_megabytes']:,.0f} MB"],
        ["size of the backup", f"{found['megabytes']:,.0f} MB"],
        [f"`klal backup`, read again and compared, while {RATE:,} votes a second arrive", f"{found['seconds']:.0f} s"],
        ["p99 of a vote before", f"{before['p99_ms']:.1f} ms"],
        ["p99 of a vote during the backup", f"{during['p99_ms']:.1f} ms, {during['p99_ms'] / before['p99_ms']:.2f} times"],
        ["the slowest vote before, during", f"{before['max_ms']:.0f} ms, {during['max_ms']:.0f} ms"],
        ["`klal restore`, every table compared with its digest", f"{found['restore_seconds']:.0f} s"],
    ]
    return (
        "## A backup while people vote\n\nThe embedded database. Votes come in at a steady rate, waiting counts from when each was due; "
        "client, server and backup share the cores. What was backed up is of one moment: as many changes are counted in the conversation "
        "as votes are in its log. `python -m benchmarks.serve.backup --out docs/_tables`\n\n" + table(["", ""], rows)
    )


if __name__ == "__main__":
    run(command_line(__doc__ or ""))
