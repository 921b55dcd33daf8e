"""A whole klal as a host runs it, for a test: servers, workers, database and the command line beside them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from klal.domain.identity import COOKIE, from_cookie
from tests.postgresql import PostgresServer
from tests.serving import SECRET, RunningServer
from tests.waiting import PATIENCE

KLAL = str(Path(sys.executable).with_name("klal"))


@dataclass(frozen=True)
class House:
    """Servers that share one database."""

    home: Path
    database_url: str
    servers: tuple[RunningServer, ...]
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        settings = {"KLAL_HOME": str(self.home), "KLAL_DATABASE_URL": self.database_url, "KLAL_SECRET_KEY": SECRET, "KLAL_LANGUAGE": "en"}
        return {**os.environ, **settings, **self.settings}

    def url(self, turn: int = 0) -> str:
        """Return the address of one of the servers, by turns."""
        return self.servers[turn % len(self.servers)].url

    def klal(self, *words: str) -> str:
        """Run the command line on the same database and return what it printed."""
        done = subprocess.run([KLAL, *words], env=self.environment, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Ask the database itself; placeholders are question marks."""
        if self.database_url:
            with psycopg.connect(self.database_url) as connection:
                return connection.execute(query.replace("?", "%s"), values).fetchall()  # type: ignore[arg-type]
        with closing(sqlite3.connect(self.home / "klal.sqlite3", timeout=PATIENCE)) as connection:
            return connection.execute(query, values).fetchall()

    def change(self, statement: str, *values: Any) -> None:
        """Change PostgreSQL's tables directly; placeholders are question marks."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement.replace("?", "%s"), values)  # type: ignore[arg-type]

    def votes_of(self, cookies: list[Any], slug: str = "demo") -> dict[int, int]:
        """Return what the database holds of the participant whose browser has these cookies: statement to choice."""
        identity = identity_in(cookies, slug)
        query = (
            "SELECT v.statement_id, v.choice FROM store_vote v JOIN store_participant p ON p.id = v.participant_id "
            "WHERE p.key = ? ORDER BY v.statement_id"
        )
        return dict(self.rows(query, identity.key))

    def events_of(self, cookies: list[Any], slug: str = "demo") -> int:
        """Return how many votes, changes included, the log holds of a participant."""
        query = "SELECT count(*) FROM store_voteevent v JOIN store_participant p ON p.id = v.participant_id WHERE p.key = ?"
        return int(self.rows(query, identity_in(cookies, slug).key)[0][0])


def identity_in(cookies: list[Any], slug: str) -> Any:
    """Return who a browser's cookies say it is in a conversation."""
    found = [
        from_cookie(one["value"], slug, SECRET)
        for one in cookies
        if one["name"].removeprefix("__Secure-") == COOKIE and one["path"] == f"/c/{slug}/"
    ]
    assert found, cookies
    assert found[0] is not None
    return found[0]


@contextmanager
def one_process(home: Path) -> Iterator[House]:
    """Run ``klal demo``: one server on the embedded database, with its worker."""
    with RunningServer(home, command="demo") as server:
        yield House(home, "", (server,))


@contextmanager
def two_and_two(home: Path, postgresql: PostgresServer, name: str) -> Iterator[House]:
    """Run two servers and two workers on PostgreSQL, the demonstration in it."""
    postgresql.execute(f"CREATE DATABASE {name}")
    url = postgresql.url(name)
    with ExitStack() as stack:
        with RunningServer(home, command="demo", database_url=url):
            pass  # makes the demonstration and leaves
        servers = tuple(stack.enter_context(RunningServer(home, "--no-worker", database_url=url)) for _ in range(2))
        house = House(home, url, servers)
        for _ in range(2):
            stack.enter_context(worker(house))
        yield house
    postgresql.execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def worker(house: House) -> Iterator[None]:
    """Run ``klal worker``."""
    running = subprocess.Popen([KLAL, "worker"], env=house.environment, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(PATIENCE)
