"""Votes, kept twice: ``Vote`` holds what stands now, ``VoteEvent`` every vote as it was cast, in order.

The codes are those of ``klal.core``: 1 disagree, 2 pass, 3 agree. Times of votes are milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from klal.store.models.conversation import Participant, Statement


class Vote(models.Model):
    """The vote that stands: one a participant and statement."""

    pk = models.CompositePrimaryKey("participant_id", "statement_id")
    participant = models.ForeignKey(Participant, models.CASCADE, db_index=False)
    statement = models.ForeignKey(Statement, models.CASCADE, db_index=False)
    choice = models.SmallIntegerField()
    is_important = models.BooleanField(default=False)
    time = models.BigIntegerField(null=True)


class VoteEvent(models.Model):
    """A vote as it was cast, changed or withdrawn; never altered afterwards."""

    participant = models.ForeignKey(Participant, models.CASCADE, db_index=False)
    statement = models.ForeignKey(Statement, models.CASCADE, db_index=False)
    choice = models.SmallIntegerField(null=True, help_text="empty: withdrawn")
    is_important = models.BooleanField(default=False)
    time = models.BigIntegerField(null=True)
    chance = models.SmallIntegerField(null=True, help_text="of being asked this: −1000 times its binary logarithm")
    client_key = models.BigIntegerField(null=True, help_text="chosen by the browser; a repeat with the same key is the same vote")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["participant", "client_key"], name="vote_event_once")]
