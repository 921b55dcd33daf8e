"""How the instance is doing: whether it can serve, and the few figures that a host watches. No person and no conversation appears."""

from __future__ import annotations

import threading
import time
from dataclasses import asdict, dataclass
from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import F
from django.utils import timezone

from klal.domain.records import Moderation
from klal.services.mail_delivery import FIRST_PAUSE
from klal.store.models import Conversation, Mail, Statement
from klal.store.opening import configuration

AWAY = (DatabaseError, InterfaceError, OSError)
_KEPT_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether this process can serve.

    Attributes
    ----------
    database, migrated : bool
        Whether the database answers, and whether its tables are of this release.
    analysis_lag_seconds : float
        For how long votes have been waiting for the analysis, where they wait longest; as seen by this process.
    """

    database: bool = False
    migrated: bool = False
    analysis_lag_seconds: float = 0.0

    @property
    def is_ready(self) -> bool:
        """Say whether requests may be sent here."""
        return self.database and self.migrated

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {"status": "ok" if self.is_ready else "unavailable", **asdict(self)}


class Health:
    """Asks the database how things are; many who ask at once share one answer."""

    def __init__(self) -> None:
        self._asking = threading.Lock()
        self._found, self._until = Readiness(), 0.0
        self._is_migrated = False
        self._behind: dict[int, tuple[int, float]] = {}

    def readiness(self) -> Readiness:
        """Return whether this process can serve."""
        with self._asking:
            if time.monotonic() >= self._until:
                self._found = self._ask()
                self._until = time.monotonic() + _KEPT_SECONDS
            return self._found

    def figures(self) -> dict[str, float]:
        """Return the figures of the instance by name; empty if the database is away."""
        now = timezone.now()
        waiting = Mail.objects.filter(sent=None, expires__gt=now)
        try:
            return {
                "analysis_lag_seconds": self.readiness().analysis_lag_seconds,
                "conversations": Conversation.objects.count(),
                "conversations_to_analyse": Conversation.objects.filter(changes__gt=F("analysed_changes")).count(),
                "statements_to_moderate": Statement.objects.filter(state=Moderation.PENDING.value).count(),
                "mails_waiting": waiting.count(),
                "mails_delayed": waiting.filter(made__lt=now - FIRST_PAUSE).count(),
                "database_bytes": database_bytes(),
            }
        except AWAY:
            return {}
        finally:
            connection.close()

    def _ask(self) -> Readiness:
        try:
            if not self._is_migrated:  # once they are of this release they stay so
                self._is_migrated = not pending_migrations()
            return Readiness(database=True, migrated=self._is_migrated, analysis_lag_seconds=self._lag() if self._is_migrated else 0.0)
        except AWAY:
            return Readiness()
        finally:
            connection.close()

    def _lag(self) -> float:
        """Return how long ago the first of the votes that wait for the analysis were seen to wait."""
        now = time.monotonic()
        rows = Conversation.objects.filter(changes__gt=F("analysed_changes")).values_list("pk", "analysed_changes")
        last, self._behind = self._behind, {}
        for number, analysed in rows:
            before = last.get(number)
            self._behind[number] = before if before is not None and before[0] == analysed else (analysed, now)
        return round(max((now - since for _, since in self._behind.values()), default=0.0), 1)


def pending_migrations() -> list[str]:
    """Return the names of the changes to the tables that have not been made."""
    executor = MigrationExecutor(connection)
    return [f"{one.app_label}.{one.name}" for one, _ in executor.migration_plan(executor.loader.graph.leaf_nodes())]


def database_bytes() -> int:
    """Return how large the database is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return int(cursor.fetchone()[0])
    path = configuration().sqlite_path
    files = (path.with_name(path.name + ending) for ending in ("", "-wal"))
    return sum(one.stat().st_size for one in files if one.exists())


health = Health()
"""This process's."""
