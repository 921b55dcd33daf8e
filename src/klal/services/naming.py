"""Names that the convenors gave to opinion groups and to the ends of the map; where there is none, the letter stands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from klal.domain.language import Language, Phrase
from klal.domain.wording import as_statement
from klal.errors import SettingsChangedError
from klal.services.auditing import note_act
from klal.services.revising import mark_revised
from klal.store.models import Conversation

NAME_LENGTH = 60
AXES = (("x", "low"), ("x", "high"), ("y", "low"), ("y", "high"))
"""Ends of the map: left, right, below, above."""

Names = Mapping[str, Any]


def group_name(names: Names, slot: int, language: Language) -> str:
    """Return the name of a group in a language, empty if it has none.

    Parameters
    ----------
    names : mapping
        ``Conversation.names``.
    slot : int
        Of the group.
    language : Language
        The reader's; a name in another one is better than none.
    """
    return _in(names.get("groups", {}).get(str(slot), {}), language.code)


def named_letter(names: Names, slot: int, language: Language) -> Phrase:
    """Return the letter of a group, with its name if it has one: ``A (the neighbours)``."""
    name = group_name(names, slot, language)
    letter = language.letter(slot)
    return language.text("pages.named", letter=letter, name=name) if name else letter


def axis_end(names: Names, axis: str, end: str, language: Language) -> str:
    """Return the name of an end of the map, empty if it has none; ``axis`` is x or y, ``end`` is low or high."""
    return _in(names.get("axes", {}).get(axis, {}).get(end, {}), language.code)


def give_names(conversation: Conversation, names: Names, before: Names, account: User | None) -> None:
    """Name groups and ends of the map; the same names again change nothing.

    Parameters
    ----------
    conversation : Conversation
        Which.
    names : mapping
        In the form of ``Conversation.names``; empty ones are taken away.
    before : mapping
        What stood there when the form was shown.
    account : User or None
        Who names them.

    Raises
    ------
    SettingsChangedError
        If somebody else has named them since.
    """
    with transaction.atomic():
        held = Conversation.objects.select_for_update().get(pk=conversation.pk)
        if tidy_names(held.names) != tidy_names(before):
            raise SettingsChangedError
        new = tidy_names(names)
        if new == tidy_names(held.names):
            return
        held.names = new
        held.save(update_fields=["names"])
        mark_revised(held.pk)
        note_act("names_given", account, held)


def tidy_names(names: Names) -> dict[str, Any]:
    """Return names cleaned and without empty ones, in the form of ``Conversation.names``."""
    groups = {str(slot): found for slot, texts in names.get("groups", {}).items() if (found := _tidy(texts))}
    axes: dict[str, dict[str, Any]] = {}
    for axis, end in AXES:
        found = _tidy(names.get("axes", {}).get(axis, {}).get(end, {}))
        if found:
            axes.setdefault(axis, {})[end] = found
    return ({"groups": groups} if groups else {}) | ({"axes": axes} if axes else {})


def _tidy(texts: Mapping[str, str]) -> dict[str, str]:
    found = {code: as_statement(text)[:NAME_LENGTH] for code, text in texts.items()}
    return {code: text for code, text in found.items() if text}


def _in(texts: Mapping[str, str], code: str) -> str:
    return texts.get(code) or next(iter(texts.values()), "")
