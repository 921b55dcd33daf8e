"""Read the audit log: of one conversation, or of the whole instance for its host."""

from __future__ import annotations

from collections.abc import Iterator
from string import Formatter

from django.db.models import QuerySet

from klal.domain.language import Language, Phrase
from klal.domain.roles import Role
from klal.store.models import AuditEntry, Conversation

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
HEAD = ("time", "account", "conversation", "act", "subject", "sentence")
"""Columns of the file."""


def entries_of(conversation: Conversation | None, act: str = "") -> QuerySet[AuditEntry]:
    """Return the acts in a conversation, or all there are, the newest first.

    Parameters
    ----------
    conversation : Conversation or None
        None for the whole instance.
    act : str
        Only of this kind.
    """
    found = AuditEntry.objects.order_by("-pk")
    if conversation is not None:
        found = found.filter(conversation=conversation)
    return found.filter(act=act) if act else found


def kinds_of(conversation: Conversation | None) -> list[str]:
    """Return which kinds of act there are."""
    return sorted(entries_of(conversation).order_by().values_list("act", flat=True).distinct())


def sentence_of(entry: AuditEntry, language: Language) -> str:
    """Return what was done, in words; the bare name of the act where the language has none for it."""
    key = f"convene.act.{entry.act}"
    if not language.has(key):
        return entry.act
    facts = {name: _shown(value, language) for name, value in entry.facts.items()}
    return language.text(key, **{"subject": entry.subject.rpartition(":")[2], "slug": entry.slug, **facts})


def kind_of(act: str, language: Language) -> str:
    """Return what a kind of act is called: its sentence without the facts."""
    key = f"convene.act.{act}"
    if not language.has(key):
        return act
    template = language.texts[key]
    plain = template if isinstance(template, str) else template["other"]
    names = {name for _, name, _, _ in Formatter().parse(plain) if name}
    return language.text(key, **{name: Phrase("…") for name in names})


def rows_of(entries: QuerySet[AuditEntry], language: Language) -> Iterator[list[str]]:
    """Yield the rows of a file, heading first; nothing in them is a formula to a spreadsheet."""
    yield list(HEAD)
    for one in entries.iterator(chunk_size=1_000):
        cells = (one.made.isoformat(), one.name, one.slug, one.act, one.subject, language_free(sentence_of(one, language)))
        yield [f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells]


def language_free(sentence: str) -> str:
    """Return a sentence without the marks that fence off foreign words."""
    return sentence.replace("\u2068", "").replace("\u2069", "")


def _shown(value: object, language: Language) -> str | int | float | None:
    if isinstance(value, str) and value in set(Role):
        return language.text(f"convene.role.{value}")
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, str | int | float | None):
        return value
    if isinstance(value, list):
        return Phrase(", ".join(language.isolate(str(one)) for one in value))
    return str(value)
