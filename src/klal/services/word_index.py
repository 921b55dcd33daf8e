"""An index of texts by their words, in memory, that says which of them say nearly the same as another."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import log
from threading import Lock

from rapidfuzz import fuzz, process

from klal.domain.rules import STATEMENT_LENGTH
from klal.domain.wording import content_words, word_root

ENOUGH_TO_COMPARE = 2
"""Words without which a text is compared with nothing: one word is like everything."""

MOST_TEXTS = 200_000
"""Texts kept of one conversation, the newest: about a kilobyte each."""

_SAME_WORD = 80
_UNKNOWN_WORD, _SHORT_WORD, _SHORTEST_TELLING = 2.0, 0.35, 3
_LOOKED_AT = 48
_WORK = 16_000  # entries of lists of statements that one search goes through, the rarest words first
_OF_ROOT = 0.95
_ALIKE = 8  # other words that one word may be taken for
_LETTERS = 3
_MOST_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Near:
    """A statement that says nearly what a text says.

    Attributes
    ----------
    id : int
        Its number in the store.
    likeness : float
        0 … 1: the weight of the words they share, over all of them.
    """

    id: int
    likeness: float


class WordIndex:
    """The texts of statements by their words, and the words by their letters; safe between threads.

    A word is found as itself, by its root (Hebrew prefixes and endings, English endings) and, written a little differently, by the
    groups of three letters it shares with another.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._numbers: list[int] = []
        self._words: list[tuple[str, ...]] = []
        self._texts: dict[int, tuple[int, ...]] = {}  # places of a statement's texts
        self._having: dict[str, array[int]] = {}  # places by word
        self._by_root: dict[str, list[str]] = {}
        self._by_letters: dict[str, list[str]] = {}
        self._kept: dict[str, list[tuple[str, float]]] = {}  # what a word may mean, as asked last
        self._gone = 0
        self.last = 0

    def __len__(self) -> int:
        """Return how many texts there are."""
        return len(self._numbers) - self._gone

    def add(self, statements: Iterable[tuple[int, Sequence[str]]]) -> None:
        """Add statements, each with its text and translations; one that is there already is replaced."""
        for number, texts in statements:
            words = as_words(texts)
            with self._lock:
                self._put(number, words)
                self.last = max(self.last, number)
                if len(self._numbers) > 2 * MOST_TEXTS:
                    self._make_room()

    def words_of(self, number: int) -> tuple[tuple[str, ...], ...]:
        """Return a statement's texts as words, empty if it is not there."""
        with self._lock:
            return tuple(self._words[place] for place in self._texts.get(number, ()))

    def search(self, text: str, *, most: int, at_least: float, keep: Callable[[int], bool]) -> tuple[Near, ...]:
        """Return the statements nearest to a text, the nearest first.

        Parameters
        ----------
        text : str
            As typed.
        most : int
            Returned.
        at_least : float
            Likeness, 0 … 1.
        keep : callable
            Says of a statement's number whether it may be returned.
        """
        typed = content_words(text[: 2 * STATEMENT_LENGTH])
        if len(typed) < ENOUGH_TO_COMPARE:
            return ()
        with self._lock:
            best: dict[int, float] = {}
            for place in self._likely(typed, keep):
                score, number = self._likeness(typed, self._words[place]), self._numbers[place]
                best[number] = max(score, best.get(number, 0.0))
        found = sorted((-score, number) for number, score in best.items() if score >= at_least)
        return tuple(Near(number, -score) for score, number in found[:most])

    def _put(self, number: int, texts: Sequence[tuple[str, ...]]) -> None:
        for place in self._texts.pop(number, ()):
            self._words[place], self._gone = (), self._gone + 1  # what is left in the lists of words is passed over
        for words in texts:
            place = len(self._numbers)
            self._numbers.append(number)
            self._words.append(words)
            self._texts[number] = (*self._texts.get(number, ()), place)
            for word in dict.fromkeys(words):
                if word not in self._having:
                    self._learn(word)
                self._having[word].append(place)

    def _learn(self, word: str) -> None:
        self._kept.clear()  # a word that is new may be what another one means
        self._having[word] = array("I")
        self._by_root.setdefault(word_root(word), []).append(word)
        for group in _groups(word):
            self._by_letters.setdefault(group, []).append(word)

    def _make_room(self) -> None:
        """Forget the older half, so that memory has an end."""
        newest = sorted(self._texts)[-MOST_TEXTS:]
        kept = [(number, [self._words[place] for place in self._texts[number]]) for number in newest][-MOST_TEXTS:]
        self._numbers, self._words, self._texts, self._gone = [], [], {}, 0
        self._having, self._by_root, self._by_letters = {}, {}, {}
        for number, texts in kept:
            self._put(number, texts)

    def _likely(self, typed: tuple[str, ...], keep: Callable[[int], bool]) -> list[int]:
        """Return the places of the texts worth a closer look: those that share most, counted from the rarest words on."""
        words = {word: other for own in dict.fromkeys(typed) for word, other in self._alike(own)}
        rarest = sorted(words, key=lambda word: (len(self._having[word]), word))
        shared: dict[int, float] = {}
        work = 0
        for word in rarest:
            places = self._having[word]
            if work and work + len(places) > _WORK:
                break
            work += len(places)
            gain = words[word] * self._weight_of(word)
            for place in places[-_WORK:]:
                shared[place] = shared.get(place, 0.0) + gain
        number, written = self._numbers, self._words
        for looked_at in (4 * _LOOKED_AT, len(shared)):  # most may be returned: the rest is looked through only if it has to be
            best = nlargest(looked_at, zip(shared.values(), shared, strict=True))
            found = [place for _, place in best if written[place] and keep(number[place])]
            if len(found) >= _LOOKED_AT:
                break
        return found[:_LOOKED_AT]

    def _alike(self, own: str) -> list[tuple[str, float]]:
        """Return the words of the index that a typed word may be, each with how sure that is: itself, of its root, a few letters away."""
        if own in self._kept:
            return self._kept[own]
        found = {own: 1.0} if own in self._having else {}
        for word in self._by_root.get(word_root(own), ()):
            found.setdefault(word, _OF_ROOT)
        groups = _groups(own)
        counts: Counter[str] = Counter()
        for group in groups:
            counts.update(self._by_letters.get(group, ()))
        enough = max(1, len(groups) // 3)
        near = [word for word, count in counts.items() if count >= enough and word not in found]
        for word, score, _ in process.extract(own, near, scorer=fuzz.ratio, score_cutoff=_SAME_WORD, limit=_ALIKE):
            found[word] = score / 100
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[own] = list(found.items())
        return self._kept[own]

    def _weight_of(self, word: str) -> float:
        known = log(1 + len(self) / max(1, len(self._having[word]))) if word in self._having else _UNKNOWN_WORD
        return known * _SHORT_WORD if len(word) <= _SHORTEST_TELLING else known

    def _likeness(self, typed: tuple[str, ...], other: tuple[str, ...]) -> float:
        """Return how far two texts share their words, 0 … 1: the weight of what is shared over the weight of what is typed.

        A text that says much more than the typed one shares less with it, but only by half: what is typed may not be finished.
        """
        own = {word: self._weight_of(word) for word in typed}
        theirs = {word: self._weight_of(word) for word in other}
        roots = {word_root(word): word for word in theirs}
        shared = 0.0
        for word in own:
            same, sureness = _same(word, theirs, roots)
            if sureness:
                own[word] = theirs[same]
                shared += sureness * own[word]
        whole = sum(own.values())
        return shared / (whole + max(0.0, sum(theirs.values()) - whole) / 4) if whole else 0.0


def as_words(texts: Iterable[str]) -> list[tuple[str, ...]]:
    """Return texts as the words they are compared by, without those that have none."""
    return [words for text in texts if (words := content_words(text[: 2 * STATEMENT_LENGTH]))]


def _groups(word: str) -> set[str]:
    """Return the groups of three letters of a word, its ends marked."""
    marked = f"^{word}$"
    return {marked[start : start + _LETTERS] for start in range(len(marked) - _LETTERS + 1)}


def _same(word: str, theirs: Mapping[str, float], roots: Mapping[str, str]) -> tuple[str, float]:
    """Return the word of another text that a word is, and how sure that is: itself, of its root, or nearly as it is written."""
    if word in theirs:
        return word, 1.0
    of_root = roots.get(word_root(word))
    if of_root is not None:
        return of_root, _OF_ROOT
    found = process.extractOne(word, theirs.keys(), scorer=fuzz.ratio, score_cutoff=_SAME_WORD)
    return (found[0], found[1] / 100) if found else ("", 0.0)
