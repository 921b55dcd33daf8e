"""One thing that was looked at, and how it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from klal.domain.language import Language
from klal.errors import Fact, KlalError


class Grade(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about one thing.

    Attributes
    ----------
    code : str
        Names the sentence ``hosting.check.<code>``, which says what was found and, unless all is well, the remedy.
    grade : Grade
        How bad it is.
    facts : dict of str to str, int, float or None
        For the sentence.
    error : KlalError or None
        Whose sentence is told instead: a setting that cannot be read at all.
    """

    code: str
    grade: Grade
    facts: dict[str, Fact] = field(default_factory=dict)
    error: KlalError | None = None

    def sentence(self, language: Language) -> str:
        """Return what is told."""
        return language.error(self.error) if self.error is not None else language.text(f"hosting.check.{self.code}", **self.facts)

    def as_dict(self, language: Language) -> dict[str, Any]:
        """Return it for JSON."""
        facts = self.error.facts if self.error is not None else self.facts
        return {"check": self.code, "grade": self.grade.value, "message": self.sentence(language), "facts": dict(facts)}


def fine(code: str, **facts: Fact) -> Finding:
    """Return that all is well."""
    return Finding(code, Grade.OK, facts)


def doubtful(code: str, **facts: Fact) -> Finding:
    """Return what may be meant, but is better mended."""
    return Finding(code, Grade.WARNING, facts)


def wrong(code: str, **facts: Fact) -> Finding:
    """Return what has to be mended."""
    return Finding(code, Grade.ERROR, facts)
