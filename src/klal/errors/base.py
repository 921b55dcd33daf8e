"""The root of the tree: an error with its code and its facts."""

from __future__ import annotations

from typing import ClassVar

Fact = str | int | float | None
"""A fact travels into messages, JSON and pickles: plain values only."""


class KlalError(Exception):
    """Root of every error klal raises on purpose.

    Parameters
    ----------
    **facts : str, int, float or None
        What was found, what was needed, where. The names a class promises are listed in ``needs``.
    """

    code: ClassVar[str] = "klal"
    message: ClassVar[str] = "Something went wrong in klal."

    def __init__(self, **facts: Fact) -> None:
        super().__init__()
        self.facts: dict[str, Fact] = facts

    def __str__(self) -> str:
        """Return the English sentence, facts filled in."""
        return self.message.format_map(_Facts(self.facts))

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle by facts, because exceptions with keyword arguments do not survive pickling."""
        return (_rebuild, (type(self), self.facts))


class _Facts(dict[str, Fact]):
    """Facts for a message: a forgotten one shows as a dash instead of hiding the error behind another."""

    def __missing__(self, name: str) -> str:
        return "-"


def _rebuild(kind: type[KlalError], facts: dict[str, Fact]) -> KlalError:
    return kind(**facts)
