"""Long work beside a server that people vote at: votes come first."""

from __future__ import annotations

import os

_NICE = 19


def work_gently() -> None:
    """Let this process have what others leave: the lowest priority, and one core at a time."""
    import pyarrow as pa

    os.nice(_NICE)
    pa.set_cpu_count(1)
