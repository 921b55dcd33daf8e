"""The worker process that ``klal.worker.child.Supervisor`` starts."""

from __future__ import annotations

import signal
import sys

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then ends this process
    from klal.intake.logs import set_up_logs
    from klal.store.opening import open_store

    set_up_logs(open_store(), process="worker")
    from klal.worker.child import work_as_child

    work_as_child(float(sys.argv[1]))
