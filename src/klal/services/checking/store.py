"""Whether the database and the folder of the instance are fit for it."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader

from klal.services.checking.finding import Finding, doubtful, fine, wrong
from klal.services.health import pending_migrations
from klal.store.configuration import Configuration

OLDEST_POSTGRESQL = 14
LEAST_BYTES, LITTLE_BYTES = 200 * 1024**2, 2 * 1024**3
"""Of free space: what a day may need, and what a host should begin to think about."""
SKEW_SECONDS, GREAT_SKEW_SECONDS = 2.0, 30.0
CONNECTIONS_EACH = 15
"""That a web process may hold: pages, writer, listeners and chores; a worker needs five."""
_NETWORK_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs", "ceph", "fuse.glusterfs"}


def database(found: Configuration) -> Iterator[Finding]:
    """Yield whether the database answers, how old it is, and how it is set up; nothing more if it does not answer."""
    if found.engine == "sqlite" and not found.sqlite_path.exists():
        yield fine("database_none", path=str(found.sqlite_path))
        return
    began = time.perf_counter()
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except (DatabaseError, InterfaceError, OSError) as error:
        yield wrong("database_away", reason=_line(error))
        return
    yield fine("database_fine", name=_version(), milliseconds=round(1000 * (time.perf_counter() - began)))
    yield from _migrations()
    yield from _postgresql() if found.engine == "postgresql" else _sqlite(found)


def _version() -> str:
    if connection.vendor == "sqlite":
        import sqlite3

        return f"SQLite {sqlite3.sqlite_version}"
    number = _ask("SHOW server_version")
    return f"PostgreSQL {str(number).split()[0]}"


def _migrations() -> Iterator[Finding]:
    loader = MigrationLoader(connection)
    newer = [f"{app}.{name}" for app, name in loader.applied_migrations if app == "store" and (app, name) not in loader.disk_migrations]
    if newer:
        yield wrong("database_newer", names=", ".join(sorted(newer)))
    elif pending := pending_migrations():
        yield doubtful("database_older", count=len(pending))


def _postgresql() -> Iterator[Finding]:
    version = int(_ask("SHOW server_version_num")) // 10_000
    if version < OLDEST_POSTGRESQL:
        yield wrong("postgresql_old", found=version, needed=OLDEST_POSTGRESQL)
    for setting, needed in (
        ("fsync", {"on"}),
        ("full_page_writes", {"on"}),
        ("synchronous_commit", {"on", "remote_apply", "remote_write"}),
    ):
        if (value := str(_ask(f"SHOW {setting}"))) not in needed:
            yield wrong("postgresql_unsafe", setting=setting, value=value)
    yield from _connections()
    skew = abs(float(_ask("SELECT extract(epoch FROM clock_timestamp())")) - time.time())
    if skew > SKEW_SECONDS:
        yield (wrong if skew > GREAT_SKEW_SECONDS else doubtful)("clock_skew", seconds=round(skew, 1))


def _connections() -> Iterator[Finding]:
    most = int(_ask("SHOW max_connections")) - int(_ask("SHOW superuser_reserved_connections"))
    used = int(_ask("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    if most - used < CONNECTIONS_EACH:
        yield wrong("connections_few", used=used, most=most, each=CONNECTIONS_EACH)
    elif most < 4 * CONNECTIONS_EACH:
        yield doubtful("connections_little", most=most, each=CONNECTIONS_EACH)
    else:
        yield fine("connections_fine", used=used, most=most)


def _sqlite(found: Configuration) -> Iterator[Finding]:
    path = found.sqlite_path
    if path.exists() and path.stat().st_mode & 0o077:
        yield wrong("file_readable", path=str(path))
    if (kind := disk_kind(path)) in _NETWORK_DISKS:
        yield wrong("sqlite_on_network", kind=kind, path=str(path))
    servers = [pid for pid in _holders(path) if pid != os.getpid() and "serve" in _words(pid)]
    if len(servers) > 1:
        yield doubtful("sqlite_several", count=len(servers))


def home(found: Configuration) -> Iterator[Finding]:
    """Yield whether the folder can be written, is kept from others, and has room."""
    problems = list(_home(found.home))
    yield from problems or [fine("home_fine", path=str(found.home), gigabytes=round(_free(found.home) / 1024**3))]


def _home(path: Path) -> Iterator[Finding]:
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        yield wrong("home_closed", path=str(path))
        return
    if path.stat().st_mode & 0o007:
        yield doubtful("home_open", path=str(path))
    free = _free(path)
    if free < LITTLE_BYTES:
        yield (wrong if free < LEAST_BYTES else doubtful)("disk_little", path=str(path), megabytes=round(free / 1024**2))


def disk_kind(path: Path) -> str:
    """Return the kind of file system a path is on; empty where that cannot be told."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()]
    except OSError:
        return ""
    under = [(place, kind) for place, kind in mounts if path == Path(place) or Path(place) in path.parents]
    return max(under, key=lambda one: len(one[0]), default=("", ""))[1]


def _free(path: Path) -> int:
    return shutil.disk_usage(path).free


def _holders(path: Path) -> Iterator[int]:
    """Yield the processes that have a file open, as far as the system lets us see."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(one) == str(path) for one in (process / "fd").iterdir()):
                yield int(process.name)
        except OSError:  # another account's, or gone meanwhile
            continue


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return []


def _ask(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def _line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
