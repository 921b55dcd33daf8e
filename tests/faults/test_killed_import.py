"""An import that is killed at any moment leaves a conversation whole or not at all."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from klal.io import ExportFormat, read_conversation, write_conversation
from klal.services.simulation import simulate
from klal.store.configuration import Configuration
from tests.cli.test_cli import KLAL

_MOMENTS = np.random.default_rng(3).uniform(0.3, 3.0, 6).tolist()


@pytest.fixture(scope="module")
def large_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.parquet"
    write_conversation(simulate(4000, 200, mean_votes=60, shares=(0.7, 0.3), seed=2), path, format=ExportFormat.PARQUET)
    return path


def test_a_killed_import_leaves_all_or_nothing(large_file: Path, database: Configuration) -> None:
    from django.db import connections

    from klal.services.exchange import bring_out
    from klal.store.models import Conversation, Participant, Statement, Vote, VoteEvent

    expected = read_conversation(large_file)
    for number, moment in enumerate(_MOMENTS):
        command = [str(KLAL), "import", str(large_file), "--slug", f"c{number}"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as importing:
            time.sleep(moment)
            importing.kill()
    assert subprocess.run([*command[:-1], "last"], check=False, capture_output=True).returncode == 0
    slugs = list(Conversation.objects.values_list("slug", flat=True))
    assert "last" in slugs
    assert all(bring_out(slug) == expected for slug in slugs)
    sizes = [model.objects.count() // len(slugs) for model in (Participant, Statement, VoteEvent, Vote)]
    assert sizes == [len(expected.log.participants), len(expected.statements), len(expected.log), expected.log.to_matrix().n_votes]
    connections.close_all()
