"""The tables.

Votes are kept twice: ``Vote`` holds what stands now, ``VoteEvent`` every vote as it was cast, in order. The codes are those of
``klal.core``: 1 disagree, 2 pass, 3 agree. Times of votes are milliseconds since 1970 (UTC), all others are date-times.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from klal.domain.records import Moderation, ModerationMode, Phase


def _choices(kind: type[Moderation] | type[ModerationMode] | type[Phase]) -> list[tuple[str, str]]:
    return [(one.value, one.value) for one in kind]


class Conversation(models.Model):
    """A question put to people, and what is said about it."""

    slug = models.SlugField(max_length=64, unique=True, help_text="its address: /c/<slug>/")
    topic = models.TextField()
    description = models.TextField(blank=True)
    shared_purpose = models.TextField(blank=True, help_text="what those who take part want to bring about together")
    texts = models.JSONField(default=dict, help_text="translations: {language: {topic, description, shared_purpose}}")
    languages = models.JSONField(default=list, help_text="codes of the languages it is held in, first the main one")
    url = models.TextField(blank=True)
    phase = models.CharField(max_length=16, choices=_choices(Phase), default=Phase.OPEN.value)
    opens_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    moderation_mode = models.CharField(max_length=16, choices=_choices(ModerationMode), default=ModerationMode.AFTER.value)
    settings = models.JSONField(default=dict)
    is_synthetic = models.BooleanField(default=False, help_text="its votes are made up, and every page says so")
    created = models.DateTimeField(db_default=Now())

    # what an import needs to be given back as it came
    source = models.TextField(blank=True)
    notes = models.JSONField(default=list)
    participants_are_text = models.BooleanField(default=False)
    statements_are_text = models.BooleanField(default=False)
    is_timed = models.BooleanField(default=True)

    next_participant = models.BigIntegerField(default=0, help_text="label of the next participant who joins")
    next_statement = models.BigIntegerField(default=0, help_text="label of the next statement")

    # who needs to look again: a process that keeps statements in memory compares ``revision``, the worker compares ``changes``
    revision = models.BigIntegerField(default=0, help_text="grows with every change of the conversation or of a statement")
    changes = models.BigIntegerField(default=0, help_text="grows with every vote and every change that the analysis must see")
    analysed_changes = models.BigIntegerField(default=-1, help_text="``changes`` as the last snapshot saw it")
    snapshot_number = models.BigIntegerField(default=0, help_text="number of the last snapshot, 0 for none")
    claimed_by = models.CharField(max_length=64, blank=True)
    claimed_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        """Return the address."""
        return self.slug


class Participant(models.Model):
    """Somebody who takes part, known by a pseudonym in this conversation only."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="participants")
    label = models.CharField(max_length=256, help_text="pseudonymous id in analyses and exports")
    key = models.CharField(max_length=32, null=True, unique=True, help_text="what the cookie carries; nobody else may see it")
    epoch = models.IntegerField(default=0, help_text="cookies of an earlier epoch are revoked")
    recovery = models.CharField(max_length=64, null=True, unique=True, help_text="keyed hash of the recovery code")
    email = models.EmailField(blank=True, help_text="only if they asked to be sent a link")
    mailed = models.DateTimeField(null=True, help_text="when a link was last sent")
    external_id = models.CharField(max_length=256, null=True)
    language = models.CharField(max_length=16, blank=True)
    published_group = models.IntegerField(null=True, help_text="group given by the software of origin")
    joined = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "label"], name="participant_label"),
            models.UniqueConstraint(fields=["conversation", "external_id"], name="participant_external_id"),
        ]

    def __str__(self) -> str:
        """Return the pseudonym."""
        return self.label


class Statement(models.Model):
    """A short claim to vote on."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="statements", db_index=False)
    label = models.CharField(max_length=256, help_text="id in analyses and exports")
    text = models.TextField(blank=True)
    language = models.CharField(max_length=16, blank=True)
    translations = models.JSONField(default=dict, help_text="{language: text}")
    author = models.ForeignKey(Participant, models.SET_NULL, null=True, related_name="statements")
    is_seed = models.BooleanField(default=False)
    is_meta = models.BooleanField(default=False)
    source = models.TextField(blank=True, help_text="where it was taken from")
    state = models.CharField(max_length=16, choices=_choices(Moderation), default=Moderation.PENDING.value)
    is_withdrawn = models.BooleanField(default=False, help_text="rejected by its own author")
    reason = models.TextField(blank=True, help_text="why it was accepted or rejected, for its author")
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    moderated = models.DateTimeField(null=True)
    created = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "label"], name="statement_label")]

    def __str__(self) -> str:
        """Return the text."""
        return self.text


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
    client_key = models.BigIntegerField(null=True, help_text="chosen by the browser; a repeat with the same key is the same vote")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["participant", "client_key"], name="vote_event_once")]


class Snapshot(models.Model):
    """One analysis of a conversation, as pages show it."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="snapshots", db_index=False)
    number = models.BigIntegerField()
    changes = models.BigIntegerField()
    made = models.DateTimeField(db_default=Now())
    milliseconds = models.IntegerField(help_text="how long it took")
    findings = models.JSONField(help_text="what every page may show: counts, groups, map, common ground")
    priorities = models.JSONField(default=dict, help_text="{statement: weight} for choosing the next one")
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
