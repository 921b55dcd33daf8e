"""Seed statements: what a conversation begins with, by hand, pasted or from a table. Good rows are stored, others kept to be mended."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from klal.domain.language import Language, available, get, printable
from klal.domain.records import Moderation
from klal.domain.rules import STATEMENT_LENGTH
from klal.domain.small_table import Flaw, Row, Table
from klal.domain.wording import as_statement, fingerprint, written_in
from klal.errors import NoSuchStatementError, VotedStatementError
from klal.services.auditing import note_act
from klal.services.revising import mark_revised
from klal.store.models import Conversation, Statement, VoteEvent

MOST_BYTES = 1_000_000
"""Of a table."""

MOST_ROWS = 2_000
"""Taken at once."""

MOST_TO_MEND = 100
"""Rows kept to be mended; a table with more of them is no list of statements."""

LONGEST_ROW = 2_000
"""Characters of a text that may still be a statement with too many words."""

TEXT, LANGUAGE = "text", "language"

NAMES: Mapping[str, str] = {
    TEXT: TEXT,
    "statement": TEXT,
    "statements": TEXT,
    "comment": TEXT,
    "comment_text": TEXT,
    "comment-body": TEXT,
    "היגד": TEXT,
    "נוסח": TEXT,
    "טקסט": TEXT,
    LANGUAGE: LANGUAGE,
    "lang": LANGUAGE,
    "שפה": LANGUAGE,
    **{code: code for code in available()},
    **{get(code).name.lower(): code for code in available()},
    "hebrew": "he",
    "english": "en",
}
"""Columns of a table of statements by the names they may have."""

_TO_MEND = "seeds_to_mend"


@dataclass(frozen=True, slots=True)
class SeedRow:
    """A statement as somebody gave it.

    Attributes
    ----------
    text : str
        What it says.
    language : str
        Code or name; empty to have it told from the writing.
    translations : mapping of str to str
        By code.
    line : int
        Of the table or the text area; 0 if unknown.
    flaw : str
        Why its line could not be taken apart; empty if it could.
    key : str
        Of a row that is kept to be mended; empty for others.
    """

    text: str
    language: str = ""
    translations: Mapping[str, str] = field(default_factory=dict)
    line: int = 0
    flaw: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row is not taken.

    Attributes
    ----------
    kind : str
        Every language has a sentence ``convene.seeds.problem.<kind>``.
    facts : mapping of str to str or int
        For its placeholders.
    """

    kind: str
    facts: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Added:
    """What became of rows.

    Attributes
    ----------
    taken : int
        Stored as statements.
    to_mend : int
        Kept to be mended.
    problem : Problem or None
        Why none of them was looked at.
    """

    taken: int = 0
    to_mend: int = 0
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class ShownSeed:
    """A seed statement as its convenors see it."""

    id: int
    text: str
    language: str
    translations: Mapping[str, str]
    has_votes: bool
    is_rejected: bool


def rows_of(table: Table) -> list[SeedRow]:
    """Return the rows of a table as statements: the text, or the first language that has one, and translations."""
    return [_seed_row(row) for row in table.rows]


def file_problem(table: Table) -> Problem | None:
    """Say why a whole table cannot be read."""
    if table.flaw is Flaw.ENCODING:
        return Problem("encoding")
    return Problem("columns", {"found": table.found}) if table.flaw is Flaw.COLUMNS else None


def add_seeds(conversation: Conversation, account: User, rows: Sequence[SeedRow], *, mended: Sequence[str] = ()) -> Added:
    """Store seed statements; what cannot be one is kept, with its words, to be mended.

    Parameters
    ----------
    conversation : Conversation
        Where; a draft or not.
    account : User
        Who adds them.
    rows : sequence of SeedRow
        In the order given.
    mended : sequence of str
        Keys of the kept rows that these take the place of.

    Returns
    -------
    Added
        How many of each; nothing is stored if there is a problem with all of them.
    """
    too_long = next((row for row in rows if max(map(len, (row.text, *row.translations.values()))) > LONGEST_ROW), None)
    if too_long is not None:
        return Added(problem=Problem("no_list", {"line": too_long.line, "count": LONGEST_ROW}))
    if len(rows) > MOST_ROWS:
        return Added(problem=Problem("too_many", {"found": len(rows), "most": MOST_ROWS}))
    with transaction.atomic():
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        good, bad = _sorted(rows, _fingerprints(held))
        kept = [one for one in _kept(held) if one.key not in mended]
        if len(kept) + len(bad) > MOST_TO_MEND:
            first = bad[0]
            return Added(problem=Problem("too_many_bad", {"found": len(bad), "most": MOST_TO_MEND, "line": first.line}))
        _store(held, good)
        _keep(held, [*kept, *bad])
        if good:
            mark_revised(held.pk)
            note_act("seeds_added", account, held, count=len(good))
    return Added(len(good), len(bad))


def drop_kept(conversation: Conversation, keys: Sequence[str]) -> None:
    """Throw kept rows away, by their keys."""
    with transaction.atomic():
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        _keep(held, [one for one in _kept(held) if one.key not in keys])


def rows_to_mend(conversation: Conversation) -> list[tuple[SeedRow, Problem]]:
    """Return the rows that wait to be mended, each with what is wrong with it as things stand now."""
    seen = _fingerprints(conversation)
    return [(row, problem_of(row, seen) or Problem("look_again")) for row in _kept(conversation)]


def seeds_of(conversation: Conversation) -> list[ShownSeed]:
    """Return the seed statements, in their order."""
    found = list(Statement.objects.filter(conversation=conversation, is_seed=True).order_by("pk"))
    voted = set(VoteEvent.objects.filter(statement__in=found).values_list("statement_id", flat=True).distinct()) if found else set()
    rejected = Moderation.REJECTED.value
    return [ShownSeed(one.pk, one.text, one.language, one.translations, one.pk in voted, one.state == rejected) for one in found]


def remove_seed(conversation: Conversation, account: User, number: int) -> None:
    """Remove a seed statement that nobody has voted on; removed twice it is removed.

    Raises
    ------
    NoSuchStatementError
        If it is a participant's.
    VotedStatementError
        If somebody voted on it, even if the vote was withdrawn.
    """
    with transaction.atomic():
        # the writer of votes takes the same row first, so that no vote comes in between
        held = Conversation.objects.select_for_update(no_key=True).get(pk=conversation.pk)
        found = Statement.objects.filter(conversation=held, pk=number).first()
        if found is None:
            return
        if not found.is_seed:
            raise NoSuchStatementError
        if VoteEvent.objects.filter(statement=found).exists():
            raise VotedStatementError
        found.delete()
        mark_revised(held.pk)
        note_act("seed_removed", account, held, text=found.text[:80])


def problem_of(row: SeedRow, seen: Mapping[str, str]) -> Problem | None:
    """Say why a row is not taken.

    Parameters
    ----------
    row : SeedRow
        As given.
    seen : mapping of str to str
        Statements there are by `klal.domain.wording.fingerprint`.
    """
    if row.flaw:
        return Problem(row.flaw)
    if row.language and row.language not in available():
        return Problem("language", {"found": row.language[:40], "needed": " / ".join(available())})
    for text in (row.text, *row.translations.values()):
        if not fingerprint(text):
            return Problem("empty")
        if len(text) > STATEMENT_LENGTH:
            return Problem("long", {"found": len(text), "most": STATEMENT_LENGTH})
    same = seen.get(fingerprint(row.text))
    return Problem("repeated", {"text": same}) if same is not None else None


def _seed_row(row: Row) -> SeedRow:
    if row.flaw is not None:
        return SeedRow(printable(next(iter(row.cells.values()))), line=row.line, flaw=row.flaw.value)
    cells = {name: as_statement(text) for name, text in row.cells.items()}
    asked = cells.pop(LANGUAGE, "")
    language = NAMES.get(asked.lower(), asked.lower())
    text = cells.pop(TEXT, "")
    if not text and cells:
        first = language if language in cells else next(iter(cells))
        text, language = cells.pop(first), first
    translations = {code: words for code, words in cells.items() if code != language}
    return SeedRow(text, language, translations, row.line)


def _sorted(rows: Sequence[SeedRow], seen: dict[str, str]) -> tuple[list[SeedRow], list[SeedRow]]:
    good: list[SeedRow] = []
    bad: list[SeedRow] = []
    for row in rows:
        if problem_of(row, seen) is None:
            seen[fingerprint(row.text)] = row.text
            good.append(row)
        else:
            bad.append(row)
    return good, bad


def _fingerprints(conversation: Conversation) -> dict[str, str]:
    texts = Statement.objects.filter(conversation=conversation).exclude(state=Moderation.REJECTED.value).values_list("text", flat=True)
    return {fingerprint(text): text for text in texts}


def _spoken(conversation: Conversation) -> tuple[Language, ...]:
    codes = dict.fromkeys((*conversation.languages, *available()))
    return tuple(get(code) for code in codes if code in available())


def _store(held: Conversation, rows: Sequence[SeedRow]) -> None:
    prefix, first, spoken, now = "klal-" if held.statements_are_text else "", held.next_statement, _spoken(held), timezone.now()
    Statement.objects.bulk_create(
        Statement(
            conversation=held,
            label=f"{prefix}{first + place}",
            text=row.text,
            language=row.language or written_in(row.text, spoken),
            translations=dict(row.translations),
            is_seed=True,
            state=Moderation.ACCEPTED.value,
            created=now,
        )
        for place, row in enumerate(rows)
    )
    held.next_statement = first + len(rows)
    held.save(update_fields=["next_statement"])


def _kept(conversation: Conversation) -> list[SeedRow]:
    rows: list[dict[str, Any]] = conversation.settings.get(_TO_MEND, [])
    return [SeedRow(**row) for row in rows]


def _keep(held: Conversation, rows: Sequence[SeedRow]) -> None:
    stored = [{**asdict(row), "key": row.key or secrets.token_hex(4)} for row in rows]
    settings = {name: value for name, value in held.settings.items() if name != _TO_MEND}
    held.settings = {**settings, _TO_MEND: stored} if stored else settings
    held.save(update_fields=["settings"])
