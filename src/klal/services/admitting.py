"""Conversations for those invited: who is let in, by which personal link. Only keyed digests of the codes are stored."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from klal.domain.admission import ID_LENGTH, admission_code, admission_digest, digest_of
from klal.domain.identity import Arrival, Identity, new_identity
from klal.domain.small_table import Table
from klal.domain.wording import as_statement
from klal.errors import BadAdmissionCodeError
from klal.services.auditing import note_act
from klal.services.seeding import Problem, file_problem
from klal.store.models import Admission, Conversation, Participant
from klal.store.opening import configuration
from klal.store.participants import join_all

ID = "id"
NAMES = {
    **dict.fromkeys((ID, "external_id", "xid", "מזהה"), ID),
    **dict.fromkeys(("email", "e-mail", "mail", "דואל", "דוא״ל", 'דוא"ל'), "email"),
    **dict.fromkeys(("name", "שם"), "name"),
}
"""Columns of a table of people by the names they may have; the first kind that a table has is how people are known."""

MOST_AT_ONCE = 20_000
_MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is nobody's, and why."""

    line: int
    text: str
    problem: Problem


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of a list of people.

    Attributes
    ----------
    made : int
        Who have a personal link by this round.
    there : int
        Who were invited by an earlier one; their links are as they were.
    bad : tuple of BadRow
        The first rows that are nobody's.
    bad_count : int
        How many there are in all.
    problem : Problem or None
        Why none of them was looked at.
    """

    made: int = 0
    there: int = 0
    bad: tuple[BadRow, ...] = field(default=())
    bad_count: int = 0
    problem: Problem | None = None


def invite(conversation: Conversation, account: User, table: Table, round_secret: str) -> Invited:
    """Let people in by name, each by a personal link.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Who invites.
    table : Table
        With the column ``id``: how the inviting organisation names them.
    round_secret : str
        Of `klal.domain.admission.new_round`. The same list sent again with the same one changes nothing.
    """
    problem = file_problem(table) or _too_many(table)
    if problem is not None:
        return Invited(problem=problem)
    names, bad = _names(table)
    secret = configuration().secret_key
    digests = {name: digest_of(admission_code(round_secret, name, conversation.slug, secret), conversation.slug, secret) for name in names}
    with transaction.atomic():
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        there = dict(Admission.objects.filter(conversation=held).values_list("external_id", "digest"))
        new = [Admission(conversation=held, external_id=name, digest=digests[name]) for name in names if name not in there]
        Admission.objects.bulk_create(new, batch_size=500)
        if new:
            note_act("people_admitted", account, held, count=len(new))
    again = sum(there.get(name) == digests[name] for name in names)
    return Invited(len(new) + again, len(names) - len(new) - again, tuple(bad[:_MOST_SHOWN]), len(bad))


def links_of_round(conversation: Conversation, round_secret: str, base: str) -> list[tuple[str, str]]:
    """Return the personal links of one round, for who has its secret: pairs of external id and link, by id.

    Parameters
    ----------
    conversation : Conversation
        Where.
    round_secret : str
        Of the round.
    base : str
        The server's address as people reach it.
    """
    secret, found = configuration().secret_key, []
    for name, digest in Admission.objects.filter(conversation=conversation).order_by("external_id").values_list("external_id", "digest"):
        code = admission_code(round_secret, name, conversation.slug, secret)
        if digest_of(code, conversation.slug, secret) == digest:
            found.append((name, personal_link(base, conversation.slug, code)))
    return found


def personal_link(base: str, slug: str, code: str) -> str:
    """Return the link that lets one person in."""
    return f"{base}/c/{slug}/come/?code={code}"


def find_admission(conversation: Conversation, code: str) -> Admission:
    """Return whose code it is.

    Raises
    ------
    BadAdmissionCodeError
        If it is nobody's here.
    """
    digests = [admission_digest(code, conversation.slug, key) for key in configuration().secret_keys]
    known = [digest for digest in digests if digest]
    found = Admission.objects.filter(conversation=conversation, digest__in=known).first() if known else None
    if found is None:
        raise BadAdmissionCodeError
    return found


def admit(conversation: Conversation, code: str, *, language: str = "", channel: str = "") -> Identity:
    """Let somebody in; the same code on another device opens the same participant.

    Parameters
    ----------
    conversation : Conversation
        Where.
    code : str
        Of their personal link.
    language, channel : str
        What they read and the link they came by, stored the first time.

    Returns
    -------
    Identity
        For their browser to keep.

    Raises
    ------
    BadAdmissionCodeError
        If it is nobody's here, or was taken back.
    """
    with transaction.atomic():
        # two devices may come at once: the second one finds what the first one made
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        found = find_admission(held, code)
        person = found.participant or Participant.objects.filter(conversation=held, external_id=found.external_id).first()
        if person is None or person.key is None:
            person = _join(held, found, person, Arrival(new_identity().key, language, channel))
        if found.participant_id != person.pk or found.used is None:
            found.participant, found.used = person, found.used or timezone.now()
            found.save(update_fields=["participant", "used"])
    return Identity(str(person.key), person.epoch)


def revoke(conversation: Conversation, account: User, number: int) -> None:
    """Take an admission back: its link lets nobody in, and devices that it let in are strangers again; votes that were cast stay.

    Parameters
    ----------
    conversation : Conversation
        Where.
    account : User
        Who takes it back.
    number : int
        Of the admission; one that is gone stays gone.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        found = Admission.objects.filter(conversation=held, pk=number).first()
        if found is None:
            return
        Participant.objects.filter(admission=found).update(epoch=F("epoch") + 1)
        was_used = found.used is not None
        found.delete()
        note_act("admission_revoked", account, held, used=int(was_used))


def _join(held: Conversation, admission: Admission, known: Participant | None, arrival: Arrival) -> Participant:
    if known is not None:  # of an import: what was voted under this name is theirs
        known.key = arrival.key
        known.save(update_fields=["key"])
        return known
    person = Participant.objects.get(pk=join_all(held.pk, [arrival])[arrival.key])
    person.external_id = admission.external_id
    person.save(update_fields=["external_id"])
    return person


def _names(table: Table) -> tuple[list[str], list[BadRow]]:
    """Return the names in a table, each once, and the rows that are nobody's."""
    lines: dict[str, int] = {}
    bad: list[BadRow] = []
    kind = next((kind for kind in dict.fromkeys(NAMES.values()) if any(kind in row.cells for row in table.rows)), ID)
    for row in table.rows:
        text = next(iter(row.cells.values()), "")
        name = as_statement(row.cells.get(kind, ""))
        if row.flaw is not None:
            bad.append(BadRow(row.line, text[:80], Problem(row.flaw.value)))
        elif not name:
            bad.append(BadRow(row.line, text[:80], Problem("no_name")))
        elif len(name) > ID_LENGTH:
            bad.append(BadRow(row.line, f"{name[:80]}…", Problem("long", {"found": len(name), "most": ID_LENGTH})))
        elif name in lines:
            bad.append(BadRow(row.line, name, Problem("again", {"line": lines[name]})))
        else:
            lines[name] = row.line
    return list(lines), bad


def _too_many(table: Table) -> Problem | None:
    found = len(table.rows)
    return Problem("too_many", {"found": found, "most": MOST_AT_ONCE}) if found > MOST_AT_ONCE else None


def counts_of(conversation: Conversation) -> tuple[int, int]:
    """Return how many were invited, and how many of them have come."""
    found = Admission.objects.filter(conversation=conversation)
    return found.count(), found.filter(used__isnull=False).count()
