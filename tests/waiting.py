"""How long tests wait: for the thing itself, and to an end that a machine busy with others' work does not reach."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE = 300.0
"""Seconds until whoever waits gives up; nothing is measured by it."""


def wait_until(true: Callable[[], object], *, every: float = 0.02) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(every)


def comes_to(expected: T, ask: Callable[[], T]) -> None:
    """Hold what is found to what it is to become; it may take its time."""
    deadline = time.monotonic() + PATIENCE
    while (found := ask()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    assert found == expected
