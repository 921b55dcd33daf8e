"""Readers and writers of conversations. Every reader has a writer, or its module says why not.

The names below are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from klal.io.atomic import atomic_file, atomic_folder
    from klal.io.conversation import Conversation
    from klal.io.progress import Progress
    from klal.io.read import read_conversation
    from klal.io.write import ExportFormat, write_conversation

__all__ = [
    "Conversation",
    "ExportFormat",
    "Progress",
    "atomic_file",
    "atomic_folder",
    "read_conversation",
    "write_conversation",
]

_MODULES = {
    "Conversation": "conversation",
    "ExportFormat": "write",
    "Progress": "progress",
    "atomic_file": "atomic",
    "atomic_folder": "atomic",
    "read_conversation": "read",
    "write_conversation": "write",
}


def __getattr__(name: str) -> Any:  # a module is where the interpreter looks for this
    """Load a public name on first use."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"klal.io.{_MODULES[name]}"), name)
