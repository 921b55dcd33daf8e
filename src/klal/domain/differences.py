"""Two statements beside each other, with the words in which they differ."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from klal.domain.wording import fingerprint


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of a text.

    Attributes
    ----------
    text : str
        As written.
    is_shared : bool
        Whether the other text has them at this place too, but for case and punctuation.
    """

    text: str
    is_shared: bool


def differences(first: str, second: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """Take two texts apart into words that they share and words that one of them has alone.

    Parameters
    ----------
    first, second : str
        Of any language; words are divided by blanks.

    Returns
    -------
    tuple of tuple of Part
        Of the first text and of the second, in order.

    Examples
    --------
    >>> differences("Buses at night", "Trains at night")[0]
    (Part(text='Buses', is_shared=False), Part(text='at night', is_shared=True))
    """
    ours, theirs = first.split(), second.split()
    matcher = SequenceMatcher(None, [_mark(word) for word in ours], [_mark(word) for word in theirs], autojunk=False)
    left, right = list[Part](), list[Part]()
    for kind, start, end, start_right, end_right in matcher.get_opcodes():
        for parts, words in ((left, ours[start:end]), (right, theirs[start_right:end_right])):
            if words:
                parts.append(Part(" ".join(words), kind == "equal"))
    return tuple(left), tuple(right)


def _mark(word: str) -> str:
    return fingerprint(word) or word
