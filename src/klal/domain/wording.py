"""The words of a statement: cleaned for storing, compared for sameness, told apart by script, read in a language."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from klal.domain.language import Language, printable

_BIDI_CONTROLS = dict.fromkeys([0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])
_NOTHING_TO_SEE = dict.fromkeys([0xAD, 0x115F, 0x1160, 0x180E, 0x200B, *range(0x2060, 0x2065), 0x2800, 0x3164, 0xFEFF, 0xFFA0])
"""Blanks that count as letters, and marks of no width; the joiners of emoji and of Persian stay."""
_MOST_MARKS = 4
"""On one letter: points and accents of every language that is written, but none that climb over the lines above."""
_HEBREW_PREFIXES = "והבלמשכ"
_SHORTEST_STEM = 3
_FINAL_LETTERS = str.maketrans("םןךףץ", "מנכפצ")
_ENDINGS = ("ויות", "יות", "ימ", "ות", "יה", "ית", "ה", "ת", "י", "ies", "ing", "es", "ed", "s", "e", "y")


def as_statement(text: str) -> str:
    """Return a statement as it is stored: one line, single blanks, nothing that commands a terminal or turns the writing around.

    Parameters
    ----------
    text : str
        As it was typed.

    Returns
    -------
    str
        Empty if nothing that can be read is left.
    """
    visible = printable(text).translate(_BIDI_CONTROLS).translate(_NOTHING_TO_SEE)
    return " ".join(_without_mountains(unicodedata.normalize("NFC", visible)).split())


def _without_mountains(text: str) -> str:
    """Return a text with no more marks on a letter than any language puts there."""
    if text.isascii():
        return text
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.category(letter) in {"Mn", "Me"} else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


@lru_cache(maxsize=32_768)  # all statements of a conversation are compared with each new one while it is being stored
def fingerprint(text: str) -> str:
    """Return what two statements share if they differ only in case, punctuation, accents, vowel points or blanks."""
    return " ".join(_words(text))


def content_words(text: str) -> tuple[str, ...]:
    """Return the words for comparing statements: as in `fingerprint`, Hebrew words without the letters for "and", "the" and "in".

    Examples
    --------
    >>> content_words("והקהילות בעולם")
    ('קהילות', 'עולם')
    """
    return tuple(_stem(word) for word in _words(text))


@lru_cache(maxsize=65_536)  # the words of a conversation are few, and each is met often
def word_root(word: str) -> str:
    """Return what forms of one word share, as far as endings tell: Hebrew and English ones are left off.

    Parameters
    ----------
    word : str
        As `content_words` returns it.

    Examples
    --------
    >>> word_root("קהילות") == word_root("קהילה"), word_root("benches") == word_root("bench")
    (True, True)
    """
    plain = word.translate(_FINAL_LETTERS)
    for ending in _ENDINGS:
        if plain.endswith(ending) and len(plain) - len(ending) >= _SHORTEST_STEM:
            return plain[: -len(ending)]
    return plain


def script_of(text: str) -> str:
    """Return the script most letters of a text are written in, such as ``LATIN`` or ``HEBREW``; empty if it has no letters."""
    scripts = Counter(unicodedata.name(letter, "UNKNOWN").split()[0] for letter in text if letter.isalpha())
    return max(scripts, key=lambda script: (scripts[script], script)) if scripts else ""


def written_in(text: str, languages: Iterable[Language]) -> str:
    """Return the code of the first language that is written in the script of the text; empty if there is none.

    Parameters
    ----------
    text : str
        A statement.
    languages : iterable of Language
        The likeliest first. A language's script is that of its own name for itself.
    """
    script = script_of(text)
    return next((one.code for one in languages if script_of(one.name) == script), "")


def in_language(text: str, language: str, translations: Mapping[str, str], wanted: str) -> tuple[str, str]:
    """Return a statement as somebody reads it: the text, and the code of the language it is in.

    Parameters
    ----------
    text, language : str
        As it was written.
    translations : mapping of str to str
        Text by language.
    wanted : str
        The reader's language; where there is no translation into it, the text stays as it was written.

    Examples
    --------
    >>> in_language("שלום", "he", {"en": "Peace"}, "en")
    ('Peace', 'en')
    """
    translated = translations.get(wanted) if wanted != language else None
    return (translated, wanted) if translated else (text, language)


def _words(text: str) -> list[str]:
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return "".join(letter if letter.isalnum() else ("" if letter in "'׳״\"’" else " ") for letter in bare.casefold()).split()


def _stem(word: str) -> str:
    while len(word) > _SHORTEST_STEM and word[0] in _HEBREW_PREFIXES:
        word = word[1:]
    return word
