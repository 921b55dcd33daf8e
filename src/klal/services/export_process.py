"""Make one export in a process of its own: ``python -m klal.services.export_process SLUG KIND FILE``."""

from __future__ import annotations

import sys
from pathlib import Path


def main(slug: str, kind: str, out: str) -> None:
    """Write a conversation out of the store; the tables are as the server that started this process left them."""
    from klal.io import ExportFormat, write_conversation
    from klal.store.opening import open_store

    open_store()
    from klal.services.exchange import bring_out

    write_conversation(bring_out(slug), Path(out), format=ExportFormat(kind))


if __name__ == "__main__":
    main(*sys.argv[1:4])
