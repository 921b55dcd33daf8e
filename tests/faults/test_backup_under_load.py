"""A backup taken while people vote is of one moment: everything acknowledged before it began is in it, and nothing half."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from klal.io.backup_file import BackupReader
from klal.store.configuration import Configuration
from tests.cli.test_cli import KLAL
from tests.databases import point_store_at
from tests.faults.crowd import Crowd
from tests.faults.test_killed_server import CODES, start
from tests.intake.conversations import make_conversation
from tests.postgresql import free_port
from tests.services.made_up import digests


def test_a_backup_under_load_restores_to_one_moment(database: Configuration, tmp_path: Path) -> None:
    from django.db import connections

    from klal.services.restore import restore
    from klal.store.models import Conversation, Vote, VoteEvent

    _, statements = make_conversation(statements=30)
    connections.close_all()
    port, backup = free_port(), tmp_path / "one.klal"
    with start(database, port), Crowd(port, statements, threads=4) as crowd:
        while len(crowd.acknowledged) < 50:
            time.sleep(0.01)
        before = dict(crowd.acknowledged)
        subprocess.run([str(KLAL), "backup", str(backup)], check=True, capture_output=True)
        crowd.finish()
    with BackupReader(backup) as reader:
        stored = reader.manifest.tables
    point_store_at(tmp_path / "elsewhere", "")
    found = restore(backup)
    assert found.has_its_secret
    rows = list(VoteEvent.objects.order_by("pk").values_list("participant__key", "client_key", "statement_id", "choice"))
    log = {(who, key): (statement, choice) for who, key, statement, choice in rows}
    everything = {sent: (statement, CODES[choice]) for sent, (statement, choice) in crowd.acknowledged.items()}
    assert before.keys() <= log.keys()
    assert log.items() <= everything.items()
    assert Conversation.objects.get(slug="here").changes == len(rows)
    last = {(who, statement): choice for who, _, statement, choice in rows}
    standing = Vote.objects.values_list("participant__key", "statement_id", "choice")
    assert {(who, statement): choice for who, statement, choice in standing} == {k: v for k, v in last.items() if v is not None}
    here = digests(point_store_at(tmp_path / "elsewhere", ""))
    assert {name: here[name] for name in stored if name != "store_auditentry"} == {
        name: (one.rows, one.digest) for name, one in stored.items() if name != "store_auditentry"
    }
