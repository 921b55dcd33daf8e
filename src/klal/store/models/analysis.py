"""What was found out about a conversation."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from klal.store.models.conversation import Conversation


class Snapshot(models.Model):
    """One analysis of a conversation, as pages show it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="snapshots", db_index=False)
    number = models.BigIntegerField()
    changes = models.BigIntegerField()
    made = models.DateTimeField(db_default=Now())
    milliseconds = models.IntegerField(help_text="how long it took")
    findings = models.JSONField(help_text="what every page may show: counts, groups, map, common ground")
    routes = models.BinaryField(db_default=b"", help_text="for choosing the next statement: see klal.domain.routes")
    turnout = models.JSONField(default=dict, help_text="how the conversation runs, for its convenors: see klal.services.turnout")
    places = models.BinaryField(help_text="who stands where: see klal.store.places; never sent to anybody but its owner")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "number"], name="snapshot_number")]


class ReportPage(models.Model):
    """The public report in one language, drawn from a snapshot."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="reports", db_index=False)
    language = models.CharField(max_length=16)
    snapshot_number = models.BigIntegerField()
    made = models.DateTimeField(db_default=Now())
    html = models.BinaryField(help_text="compressed by zlib")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "language"], name="report_language")]
