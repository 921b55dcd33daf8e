"""Keep in memory what was read or drawn, by a version that changes with the content, so that nothing kept is ever out of date."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar

T = TypeVar("T")
_all: list[Kept[Any]] = []


class Kept(Generic[T]):
    """The newest value of each thing, of those used last; safe between threads.

    Parameters
    ----------
    most : int
        Of how many things.
    """

    def __init__(self, most: int) -> None:
        self._most, self._values, self._lock = most, OrderedDict[Hashable, tuple[Hashable, T]](), Lock()
        _all.append(self)

    def get(self, thing: Hashable, version: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a thing at a version; two threads may make it both, and either will do.

        Parameters
        ----------
        thing : hashable
            What it is of. Older versions of it are dropped: of a conversation that is spoken in all the time there would be many.
        version : hashable
            Changes with the content.
        make : callable
            Makes the value if it is not there.
        """
        with self._lock:
            found = self._values.get(thing)
            if found is not None and found[0] == version:
                self._values.move_to_end(thing)
                return found[1]
        value = make()
        with self._lock:
            self._values[thing] = version, value
            self._values.move_to_end(thing)
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return value

    def forget(self) -> None:
        """Drop everything."""
        with self._lock:
            self._values.clear()


def forget_everything() -> None:
    """Drop all that is kept, for a process that is pointed at another database."""
    for kept in _all:
        kept.forget()
