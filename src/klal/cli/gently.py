"""Long work beside a server that people vote at: votes come first."""

from __future__ import annotations

import os
from contextlib import suppress

_NICE = 19


def work_gently() -> None:
    """Let this process have what others leave: the lowest priority there is, and one core at a time."""
    import pyarrow as pa

    os.nice(_NICE)
    if hasattr(os, "SCHED_IDLE"):  # Linux: whoever else wants the core has it at once, which nice alone does not grant
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    pa.set_cpu_count(1)
