"""What comes next, for a page that is only looked at: read in the page's own thread, waiting for no vote and holding none up."""

from __future__ import annotations

import threading

from klal.domain.ballot import Ballot, Receipt
from klal.store.vote_store import VoteStore


class BallotReader:
    """Answers ballots that bring no votes; for any thread."""

    def __init__(self) -> None:
        self._store = VoteStore()
        self._one_at_a_time = threading.Lock()

    def ask(self, ballot: Ballot) -> Receipt:
        """Return how far a participant has come, and the next statements.

        Parameters
        ----------
        ballot : Ballot
            Without votes.

        Returns
        -------
        Receipt
            Nothing is saved by it.

        Raises
        ------
        UnknownConversationError, BadIdentityError
            If there is nobody, or nothing, to answer for.
        BusyError
            If the database is away.
        """
        if ballot.votes:
            raise ValueError("a ballot with votes goes to the writer")
        with self._one_at_a_time:
            (answer,) = self._store.store([ballot])
        if isinstance(answer, Receipt):
            return answer
        raise answer

    def forget(self) -> None:
        """Forget what was read before."""
        with self._one_at_a_time:
            self._store.forget()


_shared = BallotReader()


def shared_reader() -> BallotReader:
    """Return this process's reader."""
    return _shared
