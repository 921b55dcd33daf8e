"""Small inputs for the tests of readers and writers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from klal.core.index import IdIndex
from klal.core.vote_log import VoteLog
from klal.domain.records import ConversationInfo, Id, Statement
from klal.io.conversation import Conversation
from klal.io.text_table import TextTable, open_table

VOTES = "timestamp,datetime,comment-id,voter-id,vote\n"
COMMENTS = "timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body\n"


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a folder and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def put_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write files into a zip and return its path."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def table(content: str | bytes, file: str = "votes.csv") -> TextTable:
    """Return a table in memory."""
    data = content.encode() if isinstance(content, str) else content
    return open_table(file, lambda: io.BytesIO(data))


def triples(conversation: Conversation) -> list[tuple[Id, Id, int]]:
    """Return (participant, statement, −1/0/1) of every event, in order."""
    log = conversation.log
    people, said = log.participants.ids[log.rows].tolist(), log.statements.ids[log.columns].tolist()
    return list(zip(people, said, (log.codes - 2).tolist(), strict=True))


def a_conversation(votes: list[tuple[Id, Id, int]], times: list[int] | None = None) -> Conversation:
    """Return a conversation of these events."""
    people, said = IdIndex.of([vote[0] for vote in votes]), IdIndex.of([vote[1] for vote in votes])
    log = VoteLog(
        np.array([people.position(vote[0]) for vote in votes], dtype=np.int32),
        np.array([said.position(vote[1]) for vote in votes], dtype=np.int32),
        np.array([vote[2] + 2 for vote in votes], dtype=np.int8),
        None if times is None else np.array(times, dtype=np.int64),
        people,
        said,
    )
    return Conversation(ConversationInfo(source="x"), tuple(Statement(one) for one in said.tolist()), log)


class Heard:
    """Progress that remembers what it was told."""

    def __init__(self) -> None:
        self.started: list[tuple[str, int | None]] = []
        self.total = 0
        self.finished = 0

    def start(self, label: str, total: int | None) -> None:
        self.started.append((label, total))

    def advance(self, amount: int) -> None:
        self.total += amount

    def finish(self) -> None:
        self.finished += 1
