"""Participants join: a row and a label of their own, at their first action."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection

from klal.domain.identity import Arrival, channel_code
from klal.domain.language import available
from klal.store.models import Conversation

# A hall full of people joins within a second: one statement for all of them, their keys as one JSON text.
_INTO = "INSERT INTO store_participant (conversation_id, label, key, epoch, email, language, channel)"
_CHANNEL = "coalesce((SELECT c.code FROM store_channel c WHERE c.conversation_id = %s AND c.code = {}), '')"


def _sqlite() -> str:
    key, language, code = (f"json_extract(d.value, '$[{place}]')" for place in range(3))
    channel = _CHANNEL.format(code)
    return f"{_INTO} SELECT %s, %s || (d.key + %s), {key}, 0, '', {language}, {channel} FROM json_each(%s) d"  # noqa: S608 - constants


def _postgresql() -> str:
    key, language, code = (f"d.value ->> {place}" for place in range(3))
    new = f"SELECT %s, %s || (d.place - 1 + %s), {key}, 0, '', {language}, {_CHANNEL.format(code)}"
    return f"{_INTO} {new} FROM json_array_elements(%s::json) WITH ORDINALITY AS d(value, place)"


_JOIN = {"sqlite": _sqlite(), "postgresql": _postgresql()}
_FOUND = {
    "sqlite": "SELECT json_group_array(json_array(p.key, p.id)) FROM json_each(%s) d "
    "JOIN store_participant p ON p.key = json_extract(d.value, '$[0]')",
    "postgresql": "SELECT json_agg(json_build_array(p.key, p.id))::text FROM json_array_elements(%s::json) AS d(value) "
    "JOIN store_participant p ON p.key = d.value ->> 0",
}


def join_all(conversation_id: int, arrivals: Sequence[Arrival]) -> dict[str, int]:
    """Let people take part who have not until now.

    Parameters
    ----------
    conversation_id : int
        In whose transaction the conversation's row is locked, so that no two get one label.
    arrivals : sequence of Arrival
        At least one, each key once and none of them known. A language that klal does not speak, and a channel that the conversation
        does not have, are not stored.

    Returns
    -------
    dict of str to int
        The participant's number in the store by key.
    """
    conversation = Conversation.objects.only("next_participant", "participants_are_text").get(pk=conversation_id)
    known = available()
    rows = json.dumps([(one.key, one.language if one.language in known else "", channel_code(one.channel)) for one in arrivals])
    first = conversation.next_participant
    with connection.cursor() as cursor:
        prefix = "klal-" if conversation.participants_are_text else ""
        cursor.execute(_JOIN[connection.vendor], [conversation_id, prefix, first, conversation_id, rows])
        cursor.execute(_FOUND[connection.vendor], [rows])
        joined: dict[str, int] = dict(json.loads(cursor.fetchone()[0]))
    Conversation.objects.filter(pk=conversation_id).update(next_participant=first + len(arrivals))
    return joined
