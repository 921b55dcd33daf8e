"""The conversations that contenders work on: six public ones, and made-up ones of any size."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks._measure import HERE, worker
from klal.core.votes import SIGNED, VoteMatrix
from klal.io.read import read_conversation


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """A public conversation.

    ``rejected`` has shape (m,); ``published`` has shape (n,): Polis's own group of each participant, −1 where it gave none.
    """

    name: str
    votes: VoteMatrix
    rejected: np.ndarray
    published: np.ndarray


def shared_sets() -> list[Shared]:
    """Return the public conversations that are here, by name; none where the folder is not."""
    folder = Path(os.environ.get("KLAL_SHARED", HERE.parent.parent / "shared")) / "data" / "polis"
    if not folder.is_dir():
        print("\n(the public conversations are left out: set KLAL_SHARED to the folder that holds data/polis)\n")
        return []
    return [_shared(path) for path in sorted(folder.iterdir()) if path.is_dir()]


@cache
def _shared(path: Path) -> Shared:
    conversation = read_conversation(path)
    votes = conversation.log.to_matrix()
    published = np.array([conversation.published_groups.get(one, -1) for one in votes.participants.tolist()])
    return Shared(path.name, votes, ~conversation.analysed, published)


@contextmanager
def scratch() -> Iterator[Path]:
    """Lend a folder for the votes that workers read."""
    with tempfile.TemporaryDirectory(prefix="klal-bench-") as folder:
        yield Path(folder)


def save(votes: VoteMatrix, rejected: np.ndarray, path: Path) -> Path:
    """Write votes for the workers, as rows and as a matrix."""
    np.savez(
        path,
        indptr=votes.indptr,
        columns=votes.columns,
        codes=votes.codes,
        rejected=rejected,
        rows=votes.row_of_vote().astype(np.int32),
        values=np.nan_to_num(SIGNED)[votes.codes].astype(np.int8),
    )
    return path


def simulated(folder: Path, participants: int, statements: int = 2000, mean_votes: float = 30.0) -> Path:
    """Write a made-up conversation, the matrix alone, and return its file; a worker makes it, so that no memory stays behind."""
    path = folder / f"{participants}x{statements}.npz"
    if not path.exists():
        worker("simulate", participants, statements, mean_votes, path)
    return path
