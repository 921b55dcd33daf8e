"""Points of time on the pages of accounts."""

from __future__ import annotations

from datetime import datetime


def stamp(at: datetime | None) -> str:
    """Return a point of time to the minute; empty for none."""
    return f"{at:%Y-%m-%d, %H:%M} UTC" if at is not None else ""
