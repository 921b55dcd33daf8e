"""A server with a conversation in it, and what it costs."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks._measure import worker
from tests.databases import point_store_at
from tests.postgresql import PostgresServer, find_programs
from tests.serving import SECRET, RunningServer

STATEMENTS = 200
PARTICIPANTS = 2000
SLUG = "here"
UNLIMITED = {"KLAL_LIMITS": "votes=off,joins=off,listeners=off"}
"""All clients have one address here, and are more than any hall."""
_TICKS = os.sysconf("SC_CLK_TCK")


@contextmanager
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="klal-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


@contextmanager
def postgresql() -> Iterator[PostgresServer | None]:
    """Yield a PostgreSQL of our own, None where the package is not installed."""
    programs = find_programs()
    if programs is None:
        print("\n(PostgreSQL left out: install the package postgresql)\n")
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="klal-bench-", ignore_cleanup_errors=True) as folder:
        server = PostgresServer(programs, Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def serving(database_url: str = "", *options: str, command: str = "serve") -> Iterator[tuple[RunningServer, list[int]]]:
    """Yield a new server and the numbers of its conversation's statements."""
    with home() as folder, RunningServer(folder, *options, command=command, database_url=database_url, environment=UNLIMITED) as server:
        point_store_at(folder, database_url)
        yield server, make_conversation()


def make_conversation() -> list[int]:
    """Store a conversation of statements of usual length in two languages."""
    from django.db import connection

    from klal.store.models import Conversation, Statement

    where = Conversation.objects.create(slug=SLUG, topic="What joins us?", languages=["he", "en"])
    Statement.objects.bulk_create(
        Statement(
            conversation=where,
            label=str(number),
            text=f"היגד מספר {number}: כל אחת ואחד צריכים ללמוד את שפת השכנים כבר בבית הספר היסודי",
            language="he",
            translations={"en": f"Statement {number}: everybody should learn the language of their neighbours in primary school"},
            state="accepted",
        )
        for number in range(STATEMENTS)
    )
    found = list(Statement.objects.filter(conversation=where).order_by("pk").values_list("pk", flat=True))
    connection.close()
    return found


def load(server_port: int, statements: list[int], *, connections: int, rate: int = 0, seconds: float = 10.0, name: str = "load") -> dict:
    """Let a client in a process of its own vote; return what it found."""
    return worker("load_votes", load_settings(server_port, statements, connections, rate, seconds, name))


def load_settings(port: int, statements: list[int], connections: int, rate: int, seconds: float, name: str) -> str:
    import json

    settings = {
        "port": port,
        "slug": SLUG,
        "secret": SECRET,
        "statements": statements,
        "participants": PARTICIPANTS,
        "first_key": 1,
        "name": name[:4].ljust(4, "_"),
        "connections": connections,
        "rate": rate,
        "seconds": seconds,
        "warm": 2.0,
    }
    return json.dumps(settings)


def cpu_seconds(pid: int) -> float:
    """Return the processor time a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def family(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    children = [int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]
    return [pid, *(member for child in children for member in family(child))]


def megabytes(pid: int) -> float:
    """Return the memory of a process: its own, and its part of what it shares."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(pid)
