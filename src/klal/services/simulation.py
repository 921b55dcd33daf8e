"""Make a synthetic conversation of any size."""

from __future__ import annotations

import numpy as np

from klal.core.vote_log import VoteLog
from klal.domain.records import ConversationInfo, Statement
from klal.errors import BadOptionError
from klal.io.conversation import Conversation
from klal.simulation.conversation import PopulationSettings, simulate_conversation


def parse_shares(text: str) -> tuple[float, ...]:
    """Read the shares of true groups.

    Parameters
    ----------
    text : str
        Such as ``0.7,0.3``.

    Returns
    -------
    tuple of float
        Positive, summing to 1.

    Raises
    ------
    BadOptionError
        If they are not.
    """
    try:
        shares = tuple(float(part) for part in text.split(","))
    except ValueError:
        shares = ()
    if not shares or min(shares) <= 0 or not np.isclose(sum(shares), 1.0):
        raise BadOptionError(option="--groups", found=text, needed="1, or 0.7,0.3, …")
    return shares


def simulate(participants: int, statements: int, *, mean_votes: float, shares: tuple[float, ...], seed: int) -> Conversation:
    """Draw a population and let it vote.

    Parameters
    ----------
    participants, statements : int
        How many.
    mean_votes : float
        Mean votes a participant, before running out of statements.
    shares : tuple of float
        Shares of the true groups.
    seed : int
        Equal seeds give equal votes.

    Returns
    -------
    Conversation
        Without texts and times.
    """
    settings = PopulationSettings(
        participants=participants, statements=statements, mean_votes=max(mean_votes - 1, 0.1), group_shares=shares
    )
    votes = simulate_conversation(settings, seed=seed).votes
    log = VoteLog(
        rows=votes.row_of_vote().astype(np.int32),
        columns=votes.columns.astype(np.int32),
        codes=votes.codes,
        times=None,
        participants=votes.participants,
        statements=votes.statements,
    )
    info = ConversationInfo(source="klal simulate", notes=("synthetic",))
    return Conversation(info, tuple(Statement(id=j) for j in votes.statements.tolist()), log)
