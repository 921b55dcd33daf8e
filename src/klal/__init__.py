"""klal: gather a scattered, divided public into one conversation and see what it holds in common.

The public names are loaded when they are first used, so that ``import klal`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from klal.version import __version__ as __version__

if TYPE_CHECKING:
    from klal.core.settings import AnalysisSettings
    from klal.core.votes import VoteMatrix
    from klal.errors import KlalError
    from klal.estimators import Bridging, CommonGround, Grouping, OpinionMap
    from klal.io import Conversation, read_conversation, write_conversation
    from klal.services.notebook import Findings, analyse, read_polis

_PUBLIC = {
    "AnalysisSettings": "klal.core.settings",
    "Bridging": "klal.estimators",
    "CommonGround": "klal.estimators",
    "Conversation": "klal.io",
    "Findings": "klal.services.notebook",
    "Grouping": "klal.estimators",
    "KlalError": "klal.errors",
    "OpinionMap": "klal.estimators",
    "VoteMatrix": "klal.core.votes",
    "analyse": "klal.services.notebook",
    "read_conversation": "klal.io",
    "read_polis": "klal.services.notebook",
    "write_conversation": "klal.io",
}

__all__ = [
    "AnalysisSettings",
    "Bridging",
    "CommonGround",
    "Conversation",
    "Findings",
    "Grouping",
    "KlalError",
    "OpinionMap",
    "VoteMatrix",
    "analyse",
    "read_conversation",
    "read_polis",
    "write_conversation",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name in _PUBLIC:
        value = getattr(import_module(_PUBLIC[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'klal' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names."""
    return sorted([*_PUBLIC, "__version__"])
