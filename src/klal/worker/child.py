"""The worker as a child process of the server: there while something changes, gone when it is quiet.

NumPy, numba and the analysis take 200 MB and hold the interpreter's lock for long; a process of its own keeps both away from the
votes. The child ends when its standard input does, so that it never outlives the server, however that ends. Nothing here loads
NumPy in the server's own process.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time

from django.db import DatabaseError, InterfaceError, connection

from klal.worker.claim import work_is_waiting

_log = logging.getLogger(__name__)

IDLE_SECONDS = 60.0
POLL_SECONDS = 0.5
_GRACE_SECONDS = 5.0
_LONGEST_WAIT = 60.0
_COMMAND = (sys.executable, "-m", "klal.worker")


class Supervisor:
    """Starts a worker process when some conversation wants one, and again when it died.

    Parameters
    ----------
    idle_seconds : float
        Quiet time after which the child leaves.
    """

    def __init__(self, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._command = (*_COMMAND, str(idle_seconds))
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._deaths = 0
        self._is_expected = threading.Event()

    @property
    def child(self) -> subprocess.Popen[bytes] | None:
        """Return the running child, None if there is none."""
        return self._child if self._child is not None and self._child.poll() is None else None

    def start(self) -> None:
        """Begin to look for work."""
        self._thread = threading.Thread(target=self._watch, name="worker-supervisor", daemon=True)
        self._thread.start()

    def expect(self) -> None:
        """Have a child at hand: somebody has come who will most likely vote, and loading the analysis takes longer than doing it."""
        self._is_expected.set()

    def stop(self) -> None:
        """End the child, which finishes what it is at if that is soon done, and stop looking."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        self._bury()

    def _bury(self) -> None:
        """End the child if it still lives, and give back what it held."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            child.stdin.close()
        try:
            child.wait(_GRACE_SECONDS + 1)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _watch(self) -> None:
        wait = POLL_SECONDS
        while not self._stop.wait(wait):
            wait = self._look()
        connection.close()

    def _look(self) -> float:
        """Start a child if one is wanted and none is there; return how long to wait before looking again."""
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                self._is_expected.clear()
                return POLL_SECONDS
            self._bury()
            self._deaths = self._deaths + 1 if code else 0
            if code:
                wait = min(2.0**self._deaths, _LONGEST_WAIT)
                _log.error("The worker process ended with code %d; starting it again in %.0f s.", code, wait)
                return wait
        try:
            if self._is_expected.is_set() or work_is_waiting():
                self._child = subprocess.Popen(self._command, stdin=subprocess.PIPE)  # noqa: S603 - our own program
        except (DatabaseError, InterfaceError):
            connection.close()
            return 2 * POLL_SECONDS
        except OSError:  # no memory or no room for another process: not a reason to stop serving
            _log.exception("The worker process could not be started; trying again in %.0f s.", _LONGEST_WAIT)
            return _LONGEST_WAIT
        return POLL_SECONDS


def work_as_child(idle_seconds: float) -> None:
    """Be the child: work until it is quiet or standard input ends.

    Parameters
    ----------
    idle_seconds : float
        Quiet time after which to leave.
    """
    stop = threading.Event()
    threading.Thread(target=_leave_with_parent, args=(stop,), name="parent", daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(2)  # votes go first, but a map that is asked for must come as well
    from klal.worker.loop import run

    run(idle_exit=idle_seconds, stop=stop)


def _leave_with_parent(stop: threading.Event) -> None:
    """Wait until the parent's end of standard input is closed, by itself or by its death; then leave, at the latest a little later."""
    while os.read(0, 1):
        pass
    stop.set()
    time.sleep(_GRACE_SECONDS)
    os._exit(0)  # a half-finished analysis is in a transaction and is made again
