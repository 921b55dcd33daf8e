"""Do the chores: what has to be done from time to time, in threads beside the pages or the analysis."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from django.db import DatabaseError, InterfaceError, connection

from klal.services import chores

_log = logging.getLogger(__name__)

SECONDS = 2.0
"""Between two rounds: how long a mail waits for its first try, at most."""
_LONGEST_PAUSE = 60.0
_GRACE_SECONDS = 5.0

Chore = Callable[[], None]


class Chores:
    """Runs the chores again and again until told to stop; several processes may do so beside each other.

    Parameters
    ----------
    seconds : float
        Between two rounds.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._stop = threading.Event()
        rounds = (chores.CHORES, *((one,) for one in chores.PATIENT))
        self._threads = [threading.Thread(target=self._run, args=(each,), name="chores", daemon=True) for each in rounds if each]

    def start(self) -> None:
        """Begin."""
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        """End after the chore that is being done; one that takes very long is left behind and ends with the process."""
        self._stop.set()
        for one in self._threads:
            if one.is_alive():
                one.join(_GRACE_SECONDS)

    def _run(self, mine: Sequence[Chore]) -> None:
        failures = dict.fromkeys(mine, 0)
        wait = self._seconds
        while not self._stop.wait(wait):
            for chore in mine:
                failures[chore] = 0 if _do(chore, failures[chore]) else failures[chore] + 1
            worst = max(failures.values())
            wait = min(self._seconds * 2 ** min(worst, 10), _LONGEST_PAUSE) if worst else self._seconds
        connection.close()


def _do(chore: Chore, failures: int) -> bool:
    """Do one chore and say whether it went well."""
    try:
        chore()
    except (DatabaseError, InterfaceError) as error:  # gone, or not set up yet
        connection.close()
        if not failures:
            _log.warning("%s: the database cannot be used (%s).", chore.__name__, str(error).strip().split("\n")[0])
        return False
    except Exception:  # noqa: BLE001 - whatever is wrong with one chore must not stop the others
        _log.exception("%s failed.", chore.__name__)
        connection.close()
        return False
    return True
