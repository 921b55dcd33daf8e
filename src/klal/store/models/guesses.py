"""Guesses of the perception check. Times are milliseconds since 1970 (UTC), shares hundredths."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from klal.store.models.conversation import Participant, Statement


class Guess(models.Model):
    """How many of a group, or of all, somebody thinks agree with a statement: the last guess before they saw the answer."""

    pk = models.CompositePrimaryKey("participant_id", "statement_id", "target")
    participant = models.ForeignKey(Participant, models.CASCADE, db_index=False)
    statement = models.ForeignKey(Statement, models.CASCADE, db_index=False)
    target = models.SmallIntegerField(help_text="slot of the group guessed about, −1 for the whole; of sides 0 agreed, 1 disagreed")
    own = models.SmallIntegerField(help_text="slot or side of the guesser then, −1 for none")
    anchor = models.ForeignKey(
        Statement, models.CASCADE, null=True, related_name="+", db_index=False, help_text="sides are those who agreed or disagreed with it"
    )
    share = models.SmallIntegerField(help_text="0 … 100")
    spread = models.SmallIntegerField(help_text="surely within so many hundredths, 0 … 50")
    round = models.SmallIntegerField(default=1, help_text="only the first, made before any answer was seen, counts for the gap")
    snapshot_number = models.BigIntegerField(help_text="the one whose figures were guessed at, and shown since")
    time = models.BigIntegerField()
    seen = models.BigIntegerField(null=True, help_text="when the answer was shown; from then on the guess stands")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["statement"], name="guess_statement"),
            models.Index(fields=["anchor"], name="guess_anchor"),
        ]
