"""The SQL that stores votes, for both engines: rows go in and come out as one JSON text each.

One parameter however many rows there are keeps the number of queries of a batch, and of handovers between threads, the same for
one vote and for a thousand.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class VoteSql:
    """What differs between the engines, spelt out.

    Attributes
    ----------
    lock : str
        End of the query for conversations: until the transaction ends, nobody else stores votes in them or changes them.
    people : str
        Participants by key with what they have sent before: rows ``[key, client key or null]`` to
        ``[[key, participant, epoch, conversation, client key or null, statement, choice or null, importance], …]``.
    answered : str
        Participants to ``[[participant, [[statement, choice], …]], …]``.
    log : str
        Votes as they were cast: their time, and rows ``[participant, statement, choice or null, importance, client key,
        chance or null]``.
    keep : str
        The votes that stand now: time and rows as in ``log``, each participant and statement once.
    withdraw : str
        Votes that stand no longer: rows as in ``log``.
    """

    lock: str
    people: str
    answered: str
    log: str
    keep: str
    withdraw: str


_UPSERT = (
    "ON CONFLICT (participant_id, statement_id) DO UPDATE SET choice = excluded.choice, is_important = excluded.is_important, "
    "time = excluded.time"
)
_PERSON = "p.key, p.id, p.epoch, p.conversation_id, e.client_key, e.statement_id, e.choice, e.is_important"
_PEOPLE_FOUND = f"SELECT json_group_array(json_array({_PERSON}))"
_LOG = "INSERT INTO store_voteevent (participant_id, statement_id, choice, is_important, client_key, chance, time)"
_KEEP = "INSERT INTO store_vote (participant_id, statement_id, choice, is_important, time)"
_PEOPLE_LISTED = f"SELECT coalesce(json_agg(json_build_array({_PERSON})), '[]')::text"
_PEOPLE = "JOIN store_participant p ON p.key = {key} LEFT JOIN store_voteevent e ON e.participant_id = p.id AND e.client_key = {client_key}"


def _sqlite() -> VoteSql:
    p, s, c, i, k, chance = (f"json_extract(d.value, '$[{place}]')" for place in range(6))
    return VoteSql(
        lock="",  # the transaction holds the only lock there is
        people=f"{_PEOPLE_FOUND} FROM json_each(%s) d {_PEOPLE.format(key=p, client_key=s)}",
        answered="SELECT json_group_array(json_array(who, json(what))) FROM (SELECT v.participant_id AS who, "
        "json_group_array(json_array(v.statement_id, v.choice)) AS what FROM json_each(%s) d "
        "JOIN store_vote v ON v.participant_id = d.value GROUP BY 1)",
        log=f"{_LOG} SELECT {p}, {s}, {c}, {i}, {k}, {chance}, %s FROM json_each(%s) d ORDER BY d.key",  # noqa: S608 - constants
        keep=f"{_KEEP} SELECT {p}, {s}, {c}, {i}, %s FROM json_each(%s) d WHERE true {_UPSERT}",  # noqa: S608 - constants
        withdraw=f"DELETE FROM store_vote WHERE (participant_id, statement_id) IN (SELECT {p}, {s} FROM json_each(%s) d)",  # noqa: S608
    )


def _postgresql() -> VoteSql:
    kinds = ("bigint", "bigint", "smallint", "boolean", "bigint", "smallint")
    p, s, c, i, k, chance = (f"(d.value->>{place})::{kind}" for place, kind in enumerate(kinds))
    rows = "json_array_elements(%s::json) AS d(value)"
    in_order = "json_array_elements(%s::json) WITH ORDINALITY AS d(value, place) ORDER BY d.place"
    return VoteSql(
        lock="FOR NO KEY UPDATE",
        people=f"{_PEOPLE_LISTED} FROM json_array_elements(%s::json) AS d(value) {_PEOPLE.format(key='d.value->>0', client_key=s)}",
        answered="SELECT coalesce(json_agg(json_build_array(who, what)), '[]')::text FROM (SELECT v.participant_id AS who, "
        "json_agg(json_build_array(v.statement_id, v.choice)) AS what FROM json_array_elements_text(%s::json) d(value) "
        "JOIN store_vote v ON v.participant_id = d.value::bigint GROUP BY 1) AS found",
        log=f"{_LOG} SELECT {p}, {s}, {c}, {i}, {k}, {chance}, %s FROM {in_order}",  # noqa: S608 - constants
        keep=f"{_KEEP} SELECT {p}, {s}, {c}, {i}, %s FROM {rows} {_UPSERT}",  # noqa: S608 - constants
        withdraw=f"DELETE FROM store_vote v USING {rows} WHERE v.participant_id = {p} AND v.statement_id = {s}",  # noqa: S608 - constants
    )


SQL = {"sqlite": _sqlite(), "postgresql": _postgresql()}
"""By Django's name of the engine."""
