"""What tests of pages say often."""

from __future__ import annotations

import json
import re
from typing import Any

HOME = "/c/here/"


def text_of(response: Any) -> str:
    return response.content.decode()


def data_of(response: Any) -> Any:
    """Return what a page holds for its script."""
    found = re.search(r'<script id="page-data" type="application/json">(.*?)</script>', text_of(response))
    assert found
    return json.loads(found.group(1))


def vote(client: Any, statement: int, choice: str = "agree", **fields: Any) -> Any:
    return client.post(HOME, {"statement": statement, "choice": choice, **fields})


def numbers(conversation: Any) -> list[int]:
    return list(conversation.statements.order_by("pk").values_list("pk", flat=True))


def standing_votes(conversation: Any) -> list[tuple[int, int, bool]]:
    from klal.store.models import Vote

    found = Vote.objects.filter(statement__conversation=conversation).order_by("statement_id")
    return list(found.values_list("statement_id", "choice", "is_important"))


def close(conversation: Any) -> None:
    from klal.services.revising import mark_revised

    type(conversation).objects.filter(pk=conversation.pk).update(phase="closed")
    mark_revised(conversation.pk)


def snapshot(conversation: Any, *, kind: str = "clear", places: bytes = b"", statements: dict[str, Any] | None = None) -> None:
    """Write a snapshot in the form of ``klal.services.findings``: two groups, the first statement common, the second divisive."""
    from klal.store.models import Conversation, Snapshot

    first, second, *_ = numbers(conversation)
    number = Conversation.objects.get(pk=conversation.pk).snapshot_number + 1
    points = [[round(-0.8 + 0.02 * i, 3), round(0.1 * (i % 5) - 0.2, 3), 0] for i in range(20)]
    points += [[round(0.5 + 0.02 * i, 3), round(0.1 * (i % 5), 3), 1] for i in range(12)]
    outline = [[-0.1, 0.1], [0.1, 0.1], [0.1, -0.1], [-0.1, -0.1]]
    groups = [
        {"slot": slot, "size": size, "share": size / 32, "centre": [x, 0.0], "outline": outline, "representative": []}
        for slot, size, x in ((0, 20, -0.6), (1, 12, 0.6))
    ]
    cell = {"agree": 10, "disagree": 2, "pass": 1}
    findings = {
        "counts": {"participants": 40, "statements": 4, "votes": 1234, "participants_placed": 32},
        "verdict": {"kind": kind, "reason": "separate", "stability": 0.9},
        "groups": groups if kind != "none" else [{**groups[0], "size": 32, "share": 1.0}],
        "map": {
            "width": 1.0,
            "height": 0.5,
            "points": points if kind != "none" else [[x, y, 0] for x, y, _ in points],
            "shown": 32,
            "of": 40,
        },
        "common_ground": [{"statement": first, "agreement": 0.9, "lower": 0.71, "weakest": 1, "shares": {"0": 0.93, "1": 0.84}}],
        "divisive": [{"statement": second, "shares": {"0": 0.9, "1": 0.1}}],
        "statements": {
            str(one): {"agree": 20, "disagree": 4, "pass": 2, "seen": 26, "groups": {"0": cell, "1": None}} for one in numbers(conversation)
        }
        | (statements or {}),
    }
    Snapshot.objects.create(conversation=conversation, number=number, changes=0, milliseconds=1, findings=findings, places=places)
    Conversation.objects.filter(pk=conversation.pk).update(snapshot_number=number)
