"""A PostgreSQL of the tests' own: started on a free port of 127.0.0.1 in a temporary folder, stopped when they are done."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.waiting import PATIENCE, wait_until

_SHARE = 2_000
"""Ports of each process of the test run."""


def _ports() -> Iterator[int]:
    """Walk round this process's own share of the ports below those that the system gives to connections."""
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0)
    place = os.getpid()
    while True:
        place += 1
        yield 12_000 + worker % 10 * _SHARE + place % _SHARE


_walk = _ports()


def free_port() -> int:
    """Return a port where nobody listens, and which until its use no connection gets, and no test of another process."""
    for port in _walk:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("the walk has no end")


def find_programs() -> Path | None:
    """Return the folder with initdb and postgres, None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    newest = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return newest[-1].parent if newest else None


_QUICK = {"fsync": "off", "full_page_writes": "off"}
"""No waiting for the disk: what is committed outlives the server's processes, which tests kill, though not the machine."""


class PostgresServer:
    """One server process; ``stop`` and ``start`` play an outage."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder, self.port = programs, folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "log"
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root; its own user must be able to walk down to the folder
            shutil.chown(folder, "postgres", "postgres")
        self._run("initdb", "--pgdata", str(folder / "data"), "--username", "klal", "--auth", "trust", "--encoding", "UTF8", "--no-locale")
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = {value}\n" for name, value in _QUICK.items())

    def _as_user(self, *command: str) -> list[str]:
        program = [str(self.programs / command[0]), *command[1:]]
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *program] if os.geteuid() == 0 else program

    def _run(self, *command: str) -> None:
        subprocess.run(self._as_user(*command), check=True, capture_output=True, cwd=self.folder)

    def start(self) -> None:
        options = ["-c", f"port={self.port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._as_user("postgres", "-D", str(self.folder / "data"), *options, "-c", "max_connections=200"),
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=10).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise RuntimeError(self.log.read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stop at once, as a machine that goes down would; what was committed stays."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait(PATIENCE)
            self.process = None

    @contextmanager
    def as_hosts_have_it(self) -> Iterator[None]:
        """Wait for the disk, as klal asks of a host's own."""
        for name in _QUICK:
            self._set(f"SET {name} = on", name, "on")
        try:
            yield
        finally:
            for name, value in _QUICK.items():
                self._set(f"RESET {name}", name, value)

    def _set(self, how: str, name: str, value: str) -> None:
        self.execute(f"ALTER SYSTEM {how}")
        self.execute("SELECT pg_reload_conf()")
        wait_until(lambda: self._shown(name) == value)

    def _shown(self, name: str) -> str:
        with psycopg.connect(self.url("postgres")) as connection:
            return str((connection.execute(f"SHOW {name}").fetchone() or ("",))[0])  # type: ignore[arg-type]

    def url(self, name: str) -> str:
        return f"postgresql://klal@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]


_SHAPE = """
SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
    SELECT 'column ' || c.relname || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || ' ' || a.attnotnull AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0
    UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
    UNION ALL SELECT 'function ' || proname || ' ' || prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'trigger ' || tgname FROM pg_trigger WHERE NOT tgisinternal
) AS lines
"""
_BEGIN_AGAIN = """
SELECT setval(format('%%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value > 0 AND sequencename <> ALL(%s)
"""
_LEAVING = 5.0
"""Seconds for connections that were closed to be gone at the server too."""
_MUCH = 64 << 20
"""Bytes of a database that is not worth tidying up."""


class Databases:
    """Databases like a template: whoever gives one back in order, the next gets it, emptied; that is fifty times quicker than a new one.

    Parameters
    ----------
    server : PostgresServer
        Where they are.
    template : str
        A database with all tables; what is in it is in all others.
    """

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server, self._template = server, template
        self._counter = itertools.count()
        self._free: list[str] = []
        with psycopg.connect(server.url(template), autocommit=True) as connection:
            names = [name for (name,) in connection.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")]
            self._kept = [name for name in names if connection.execute(f"SELECT EXISTS (SELECT FROM {name})").fetchone() == (True,)]
            self._emptied = [name for name in names if name not in self._kept]
            found = connection.execute("SELECT array_agg(sequencename::text) FROM pg_sequences WHERE last_value > 0").fetchone() or (None,)
            self._begun: list[str] = found[0] or []
            self._state = self._state_of(connection)

    def take(self) -> str:
        """Return the name of one that nobody else has."""
        if self._free:
            return self._free.pop()
        name = f"klal_{next(self._counter)}"
        self._server.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return name

    def give_back(self, name: str) -> None:
        """Empty one for the next, or remove it if it is not as it was made: others in it, other tables, or very much in them."""
        with psycopg.connect(self._server.url(name), autocommit=True) as connection:
            as_made = self._is_as_made(connection)
            if as_made:
                connection.execute("SET session_replication_role = replica")  # in any order
                connection.execute("; ".join(f"DELETE FROM {one}" for one in self._emptied))
                connection.execute(_BEGIN_AGAIN, [self._begun])
        if as_made:
            self._free.append(name)
        else:
            self._server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _is_as_made(self, connection: psycopg.Connection) -> bool:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        deadline = time.monotonic() + _LEAVING
        while connection.execute(others).fetchone() != (0,):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        (size,) = connection.execute("SELECT pg_database_size(current_database())").fetchone() or (0,)
        return size < _MUCH and self._state_of(connection) == self._state

    def _state_of(self, connection: psycopg.Connection) -> list[object]:
        queries = [_SHAPE, *(f"SELECT md5(string_agg(one::text, ',' ORDER BY one::text)) FROM {name} one" for name in self._kept)]
        begun = "SELECT array_agg(last_value ORDER BY sequencename) FROM pg_sequences WHERE sequencename = ANY(%s)"
        return [*(connection.execute(query).fetchone() for query in queries), connection.execute(begun, [self._begun]).fetchone()]  # type: ignore[arg-type]
