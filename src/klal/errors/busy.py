"""What cannot be taken just now."""

from __future__ import annotations

from typing import ClassVar

from klal.errors.base import KlalError


class BusyError(KlalError):
    """Facts: ``seconds``."""

    code = "busy"
    message = "klal cannot store this right now. It is tried again in {seconds} seconds; nothing is lost."
    status: ClassVar[int] = 503


class FullError(BusyError):
    """Facts: ``seconds``."""

    code = "busy.full"
    message = (
        "The server's disk is full: nothing new can be stored until its host makes room. What you said before is kept. "
        "It is tried again in {seconds} seconds."
    )
    status = 507
