"""Make the demonstration conversation."""

from __future__ import annotations

from klal.domain.records import ConversationInfo
from klal.io.conversation import Conversation
from klal.simulation.demonstration import DESCRIPTION, TOPIC, demonstration_log, demonstration_statements


def demonstration(*, seed: int = 0) -> Conversation:
    """Return the demonstration conversation, in Hebrew and English, its votes synthetic and labelled so.

    Parameters
    ----------
    seed : int
        Equal seeds give equal votes.

    Returns
    -------
    Conversation
        Ready to be analysed or written.
    """
    info = ConversationInfo(topic=TOPIC, description=DESCRIPTION, source="klal demo", notes=("synthetic",))
    return Conversation(info, demonstration_statements(), demonstration_log(seed=seed))
