"""The worker process that ``klal.worker.child.Supervisor`` starts."""

from __future__ import annotations

import logging
import signal
import sys

if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s worker: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends this process
    from klal.store.opening import open_store

    open_store()
    from klal.worker.child import work_as_child

    work_as_child(float(sys.argv[1]))
