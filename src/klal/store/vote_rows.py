"""The statements that store votes, for both engines: rows go in and come out as one JSON text each.

One parameter however many rows there are keeps the number of statements of a batch, and of handovers between threads, the same for
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
        Participants by key with what they have sent before: rows ``{"k": key, "c": client key or null}`` to
        ``[[key, participant, epoch, conversation, client key or null], …]``.
    answered : str
        Participants to ``[[participant, [statement, …]], …]``.
    log : str
        Votes as they were cast, rows ``{"p", "s", "c", "i", "k"}`` and their time.
    keep : str
        The votes that stand now, rows and time as in ``log``, each participant and statement once.
    withdraw : str
        Votes that stand no longer, rows ``{"p", "s"}``.
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
_PEOPLE_FOUND = "SELECT json_group_array(json_array(p.key, p.id, p.epoch, p.conversation_id, e.client_key))"
_LOG = "INSERT INTO store_voteevent (participant_id, statement_id, choice, is_important, client_key, time)"
_KEEP = "INSERT INTO store_vote (participant_id, statement_id, choice, is_important, time)"
_PEOPLE = "JOIN store_participant p ON p.key = {key} LEFT JOIN store_voteevent e ON e.participant_id = p.id AND e.client_key = {client_key}"


def _sqlite() -> VoteSql:
    p, s, c, i, k = (f"json_extract(d.value, '$.{name}')" for name in "pscik")
    key, client_key = "json_extract(d.value, '$.k')", "json_extract(d.value, '$.c')"
    return VoteSql(
        lock="",  # the transaction holds the only lock there is
        people=f"{_PEOPLE_FOUND} FROM json_each(%s) d {_PEOPLE.format(key=key, client_key=client_key)}",
        answered="SELECT json_group_array(json_array(who, json(what))) FROM (SELECT v.participant_id AS who, "
        "json_group_array(v.statement_id) AS what FROM json_each(%s) d JOIN store_vote v ON v.participant_id = d.value GROUP BY 1)",
        log=f"{_LOG} SELECT {p}, {s}, {c}, {i}, {k}, %s FROM json_each(%s) d ORDER BY d.key",  # noqa: S608 - constants
        keep=f"{_KEEP} SELECT {p}, {s}, {c}, {i}, %s FROM json_each(%s) d WHERE true {_UPSERT}",  # noqa: S608 - constants
        withdraw=f"DELETE FROM store_vote WHERE (participant_id, statement_id) IN (SELECT {p}, {s} FROM json_each(%s) d)",  # noqa: S608
    )


def _postgresql() -> VoteSql:
    rows = "json_to_recordset(%s::json) AS d(p bigint, s bigint, c smallint, i boolean, k bigint)"
    in_order = (
        "ROWS FROM (json_to_recordset(%s::json) AS (p bigint, s bigint, c smallint, i boolean, k bigint)) "
        "WITH ORDINALITY AS d(p, s, c, i, k, place)"
    )
    return VoteSql(
        lock="FOR NO KEY UPDATE",
        people="SELECT coalesce(json_agg(json_build_array(p.key, p.id, p.epoch, p.conversation_id, e.client_key)), '[]')::text "
        "FROM json_to_recordset(%s::json) AS d(k text, c bigint) " + _PEOPLE.format(key="d.k", client_key="d.c"),
        answered="SELECT coalesce(json_agg(json_build_array(who, what)), '[]')::text FROM (SELECT v.participant_id AS who, "
        "json_agg(v.statement_id) AS what FROM json_array_elements_text(%s::json) d(value) "
        "JOIN store_vote v ON v.participant_id = d.value::bigint GROUP BY 1) AS found",
        log=f"{_LOG} SELECT d.p, d.s, d.c, d.i, d.k, %s FROM {in_order} ORDER BY d.place",  # noqa: S608 - constants
        keep=f"{_KEEP} SELECT d.p, d.s, d.c, d.i, %s FROM {rows} {_UPSERT}",  # noqa: S608 - constants
        withdraw=f"DELETE FROM store_vote v USING {rows} WHERE v.participant_id = d.p AND v.statement_id = d.s",  # noqa: S608 - constants
    )


SQL = {"sqlite": _sqlite(), "postgresql": _postgresql()}
"""By Django's name of the engine."""
