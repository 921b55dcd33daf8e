"""What klal says to people, in their language: one folder of TOML files per language, found by its code.

Adding a language is adding one folder beside the others in ``klal/domain/languages``: ``language.toml`` states its own name,
direction, number style and group letters, the others translate every key of those in ``en`` (a test compares keys and placeholders).
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Literal, cast

from klal.errors import BadOptionError, Fact, KlalError

ISOLATE, END_ISOLATE = "\u2068", "\u2069"
"""First-strong isolate and its end: text between them keeps its own direction and leaves the sentence around it alone."""

_UNSEEN = [code for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\t\n\r"]
_INVISIBLE = dict.fromkeys(_UNSEEN)
_CONTROLS = dict.fromkeys([*_UNSEEN, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Characters that would command a terminal, break an XML file or turn the writing around: left out of what is shown."""

_LONGEST_HEADER = 500

Direction = Literal["ltr", "rtl"]
Template = str | Mapping[str, str]
"""A sentence with ``{placeholders}``, or its forms by exact number and ``other``, chosen by the value ``count``."""


def printable(text: str) -> str:
    """Return somebody's text without the characters that command a terminal or break an XML file, and without blanks at its ends.

    Parameters
    ----------
    text : str
        Anything.

    Returns
    -------
    str
        The same words; line breaks and tabs stay.
    """
    return text.translate(_INVISIBLE).strip()


class Phrase(str):
    """Text that is already in the reader's language: inserted into a sentence as it is, without isolation."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the product.

    Attributes
    ----------
    code : str
        As in HTML's ``lang``, such as ``he``.
    name : str
        Its own name for itself.
    direction : {'ltr', 'rtl'}
        Writing direction.
    thousands, decimal_point, percent_form : str
        Number style; the last one with the placeholder ``{number}``.
    letters : str
        Letters that name opinion groups, in order.
    texts : mapping of str to str or mapping
        Every sentence by its key, ``section.key``.
    """

    code: str
    name: str
    direction: Direction
    thousands: str
    decimal_point: str
    percent_form: str
    letters: str
    texts: Mapping[str, Template]

    def text(self, key: str, /, **values: Fact) -> Phrase:
        """Return a sentence with its values filled in.

        Parameters
        ----------
        key : str
            Section and key, such as ``report.title``.
        **values : str, int, float or None
            Placeholders. Whole numbers get thousands marks; text of another direction is isolated; a `Phrase` goes in as it is.
            ``count`` also chooses the form.

        Returns
        -------
        Phrase
            The sentence.

        Raises
        ------
        KeyError
            If the language has no such key (a programming error).
        """
        return Phrase(self._form(key, values.get("count")).format_map(_Shown({name: self._show(value) for name, value in values.items()})))

    def has(self, key: str) -> bool:
        """Say whether there is a sentence with this key."""
        return key in self.texts

    def error(self, error: KlalError) -> str:
        """Return the sentence of an error, facts filled in as they are, without thousands marks: a line number is not an amount."""
        template = self._form(f"errors.{error.code}", None)
        shown = {name: self.isolate("-" if fact is None else str(fact)) for name, fact in error.facts.items()}
        return template.format_map(_Shown(shown))

    def number(self, value: float, places: int = 0) -> Phrase:
        """Return a number as this language writes it, rounded to so many decimal places."""
        written = f"{value:,.{places}f}"
        if written.startswith("-"):
            written = "−" + written[1:] if any(digit in written for digit in "123456789") else written[1:]
        return Phrase(written.replace(",", "\0").replace(".", self.decimal_point).replace("\0", self.thousands))

    def percent(self, share: float) -> Phrase:
        """Return a share, 0 … 1, as a whole percentage."""
        return Phrase(self.percent_form.format(number=self.number(100 * share)))

    def letter(self, group: int) -> Phrase:
        """Return the letter that names a group, 0 the first; doubled when the alphabet is used up."""
        turns, place = divmod(group, len(self.letters))
        return Phrase(self.letters[place] * (turns + 1))

    def isolate(self, value: str) -> str:
        """Return foreign text fenced off where it could disturb the order of the words around it; its own controls are dropped."""
        clean = value.translate(_CONTROLS)
        if self.direction == "rtl" or any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in clean):
            return f"{ISOLATE}{clean}{END_ISOLATE}"
        return clean

    def _form(self, key: str, count: Fact) -> str:
        template = self.texts[key]
        if isinstance(template, str):
            return template
        return template.get(str(count), template["other"])

    def _show(self, value: Fact) -> str:
        if isinstance(value, Phrase):
            return value
        if isinstance(value, int):
            return self.number(value)
        if isinstance(value, float):
            return self.number(value, 2)
        return "-" if value is None else self.isolate(value)


class _Shown(dict[str, str]):
    """Values for a sentence: a forgotten one shows as a dash."""

    def __missing__(self, name: str) -> str:
        return "-"


@cache
def available() -> tuple[str, ...]:
    """Return the codes of all languages, sorted."""
    return tuple(sorted(entry.name for entry in _folder().iterdir() if (entry / "language.toml").is_file()))


@cache
def get(code: str) -> Language:
    """Return a language by its code.

    Parameters
    ----------
    code : str
        One of `available`.

    Returns
    -------
    Language
        With all its sentences.

    Raises
    ------
    BadOptionError
        If klal does not speak it.
    """
    if code not in available():
        raise BadOptionError(option="--language", found=code, needed=" / ".join(available()))
    files = [entry for entry in (_folder() / code).iterdir() if entry.name.endswith(".toml")]
    contents = {entry.name: tomllib.loads(entry.read_text(encoding="utf-8")) for entry in files}
    style = contents.pop("language.toml")["language"]
    return Language(
        code=code,
        name=style["name"],
        direction=style["direction"],
        thousands=style["thousands"],
        decimal_point=style["decimal_point"],
        percent_form=style["percent_form"],
        letters=style["letters"],
        texts=MappingProxyType({key: text for content in contents.values() for key, text in _flat("", content)}),
    )


def accepted(header: str) -> list[str]:
    """Return the codes of an ``Accept-Language`` header, the most wanted first.

    Examples
    --------
    >>> accepted("en-GB;q=0.5, he, fr;q=0")
    ['he', 'en']
    """
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(header[:_LONGEST_HEADER].split(",")):
        tag, _, parameters = part.strip().partition(";")
        weight = parameters.strip().removeprefix("q=")
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        wanted.append((-quality, place, tag.strip().lower().partition("-")[0]))
    return [code for quality, _, code in sorted(wanted) if quality < 0]


def _folder() -> Traversable:
    return resources.files("klal.domain") / "languages"


def _flat(prefix: str, table: Mapping[str, object]) -> Iterator[tuple[str, Template]]:
    for key, value in table.items():
        path = f"{prefix}{key}"
        if isinstance(value, Mapping) and not _is_forms(value):
            yield from _flat(f"{path}.", value)
        else:
            yield path, cast(Template, value)


def _is_forms(table: Mapping[str, object]) -> bool:
    """Say whether a table holds the forms of one sentence, not a section that happens to have a sentence called ``other``."""
    return "other" in table and all(name == "other" or name.isdecimal() for name in table)
