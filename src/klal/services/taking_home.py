"""Take the data of a conversation home: files are made by a process of their own, within a limit of time, and handed on piece by piece.

Making them needs NumPy and the whole conversation in memory; the process that serves pages has neither room nor time for that.
"""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from django.contrib.auth.models import User
from django.db import transaction

from klal.domain.records import Moderation
from klal.errors import BusyError
from klal.services.auditing import note_act
from klal.services.taking_part import newest_findings
from klal.store.models import Conversation, ReportPage

MADE = {"polis": ".zip", "parquet": ".parquet", "json": ".json"}
"""Formats a process makes, and the endings of their files."""

SECONDS = 300
_BUSY_SECONDS = 10
_PIECE = 1 << 16
_making = Lock()
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_ANSWERS = ("agree", "disagree", "pass", "seen")


def export_file(conversation: Conversation, kind: str, account: User | None) -> BinaryIO:
    """Return an export as an open file that nobody else can see; it is gone when it is closed.

    Parameters
    ----------
    conversation : Conversation
        Which.
    kind : str
        One of ``MADE``.
    account : User or None
        Who takes it home.

    Raises
    ------
    BusyError
        If another one is being made, or it took too long.
    """
    if not _making.acquire(blocking=False):
        raise BusyError(seconds=_BUSY_SECONDS)
    try:
        with tempfile.TemporaryDirectory(prefix="klal-export-") as folder:
            path = Path(folder) / f"{conversation.slug}{MADE[kind]}"
            words = [sys.executable, "-m", "klal.services.export_process", conversation.slug, kind, str(path)]
            done = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=SECONDS, check=False)  # noqa: S603 - our own program
            if done.returncode:
                raise BusyError(seconds=_BUSY_SECONDS)
            file = path.open("rb")
    except subprocess.TimeoutExpired as error:
        raise BusyError(seconds=SECONDS) from error
    finally:
        _making.release()
    note_taken(conversation, kind, account)
    return file


def note_taken(conversation: Conversation, kind: str, account: User | None) -> None:
    """Write down who took which data home."""
    with transaction.atomic():
        note_act("data_taken", account, conversation, kind=kind)


def pieces(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file piece by piece, and close it."""
    with file:
        while piece := file.read(_PIECE):
            yield piece


def report_file(conversation: Conversation, language: str) -> bytes | None:
    """Return the report as one HTML file, None if none is drawn yet."""
    found = ReportPage.objects.filter(conversation=conversation, language=language).values_list("html", flat=True).first()
    return None if found is None else zlib.decompress(bytes(found))


def statements_file(conversation: Conversation) -> bytes:
    """Return all statements with their states and screened counts as CSV that a spreadsheet opens, without authors."""
    figures: Mapping[str, Any] = (newest_findings(conversation) or {}).get("statements", {})
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(["id", "text", "language", "state", "from_convenors", "meta", "reason", "created", *_ANSWERS])
    for one in conversation.statements.order_by("pk").iterator():
        state = "withdrawn" if one.is_withdrawn else Moderation(one.state).value
        counts = figures.get(str(one.pk), {})
        made = one.created.isoformat(timespec="seconds") if one.created else ""
        row = [one.label, one.text, one.language, state, int(one.is_seed), int(one.is_meta), one.reason_code, made]
        table.writerow([*map(as_cell, row), *("" if counts.get(name) is None else counts[name] for name in _ANSWERS)])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def as_cell(value: object) -> object:
    """Return a value as a spreadsheet may see it: a text that it would take for a formula gets an apostrophe in front."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
