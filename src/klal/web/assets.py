"""Static files: their address carries a digest of all of them, so that browsers may keep them for ever and nothing has to be collected."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


@cache
def static_address() -> str:
    """Return the address static files are served under; it changes when any of them does."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return f"/static/{digest.hexdigest()[:12]}/"


def is_immutable(path: str, url: str) -> bool:
    """Tell WhiteNoise that a file never changes under its address."""
    del path
    return url.startswith(static_address())
