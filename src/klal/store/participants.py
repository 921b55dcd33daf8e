"""Participants join: a row and a label of their own, at their first action."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection

from klal.store.models import Conversation

# A hall full of people joins within a second: one statement for all of them, their keys as one JSON text.
_JOIN = {
    "sqlite": "INSERT INTO store_participant (conversation_id, label, key, epoch, email, language, channel) "
    "SELECT %s, %s || (d.key + %s), d.value, 0, '', '', '' FROM json_each(%s) d",
    "postgresql": "INSERT INTO store_participant (conversation_id, label, key, epoch, email, language, channel) "
    "SELECT %s, %s || (d.place - 1 + %s), d.value, 0, '', '', '' FROM json_array_elements_text(%s::json) "
    "WITH ORDINALITY AS d(value, place)",
}
_FOUND = {
    "sqlite": "SELECT json_group_array(json_array(p.key, p.id)) FROM json_each(%s) d JOIN store_participant p ON p.key = d.value",
    "postgresql": "SELECT json_agg(json_build_array(p.key, p.id))::text FROM json_array_elements_text(%s::json) AS d(value) "
    "JOIN store_participant p ON p.key = d.value",
}


def join_all(conversation_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Let people take part who have not until now.

    Parameters
    ----------
    conversation_id : int
        In whose transaction the conversation's row is locked, so that no two get one label.
    keys : sequence of str
        The keys of their cookies, at least one, each once and none of them known.

    Returns
    -------
    dict of str to int
        The participant's number in the store by key.
    """
    conversation = Conversation.objects.only("next_participant", "participants_are_text").get(pk=conversation_id)
    first, rows = conversation.next_participant, json.dumps(keys)
    with connection.cursor() as cursor:
        prefix = "klal-" if conversation.participants_are_text else ""
        cursor.execute(_JOIN[connection.vendor], [conversation_id, prefix, first, rows])
        cursor.execute(_FOUND[connection.vendor], [rows])
        joined: dict[str, int] = dict(json.loads(cursor.fetchone()[0]))
    Conversation.objects.filter(pk=conversation_id).update(next_participant=first + len(keys))
    return joined
