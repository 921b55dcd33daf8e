"""A PostgreSQL of the tests' own: started on a free port of 127.0.0.1 in a temporary folder, stopped when they are done."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.waiting import PATIENCE

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


_QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off")
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

    def _as_user(self, *command: str) -> list[str]:
        program = [str(self.programs / command[0]), *command[1:]]
        return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *program] if os.geteuid() == 0 else program

    def _run(self, *command: str) -> None:
        subprocess.run(self._as_user(*command), check=True, capture_output=True, cwd=self.folder)

    def start(self) -> None:
        options = ["-c", f"port={self.port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self.folder}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._as_user("postgres", "-D", str(self.folder / "data"), *options, *_QUICK, "-c", "max_connections=200"),
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

    def url(self, name: str) -> str:
        return f"postgresql://klal@127.0.0.1:{self.port}/{name}"

    def execute(self, statement: str) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]
