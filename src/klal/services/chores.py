"""What has to be done from time to time without anybody asking: each chore is one function, safe to run in several processes at once."""

from __future__ import annotations

from collections.abc import Callable

CHORES: tuple[Callable[[], None], ...] = ()
"""Run in this order every few seconds by `klal.worker.chores`; none imports NumPy."""
