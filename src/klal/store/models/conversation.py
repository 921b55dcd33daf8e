"""A conversation, who takes part in it and what they say. Times are date-times."""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from klal.domain.records import Moderation, ModerationMode, Phase, Speakers, Voters


def choices_of(kind: type[StrEnum]) -> list[tuple[str, str]]:
    """Return an enumeration as Django's ``choices``."""
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
    phase = models.CharField(max_length=16, choices=choices_of(Phase), default=Phase.OPEN.value)
    voters = models.CharField(max_length=16, choices=choices_of(Voters), default=Voters.ANYONE.value)
    speakers = models.CharField(max_length=16, choices=choices_of(Speakers), default=Speakers.ANYONE.value)
    is_listed = models.BooleanField(default=True, help_text="named on the first page; else reached by its link only")
    opens_at = models.DateTimeField(null=True)
    statements_until = models.DateTimeField(null=True, help_text="from then on it takes votes only")
    closes_at = models.DateTimeField(null=True)
    archived = models.DateTimeField(null=True, help_text="put away: no longer in its convenors' list")
    deletes_at = models.DateTimeField(null=True, help_text="when everything of it is deleted for good")
    moderation_mode = models.CharField(max_length=16, choices=choices_of(ModerationMode), default=ModerationMode.AFTER.value)
    policy = models.JSONField(default=dict, help_text="what the convenors add to the published moderation policy: {language: text}")
    names = models.JSONField(default=dict, help_text='names the convenors gave: {"groups": {slot: {language: name}}, "axes": {…}}')
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
    channel = models.CharField(max_length=32, blank=True, default="", db_default="", help_text="code of the link they came by")
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
    state = models.CharField(max_length=16, choices=choices_of(Moderation), default=Moderation.PENDING.value)
    is_withdrawn = models.BooleanField(default=False, help_text="rejected by its own author")
    reason = models.TextField(blank=True, help_text="why it was accepted or rejected, for its author, in the moderator's own words")
    reason_code = models.CharField(
        max_length=32, blank=True, default="", db_default="", help_text="the same as one of the published policy's reasons"
    )
    moderator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True)
    moderated = models.DateTimeField(null=True)
    version = models.IntegerField(default=0, db_default=0, help_text="grows with every act of moderation; who acts on an older one is told")
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="has it on their screen")
    held_until = models.DateTimeField(null=True)
    needs_second = models.BooleanField(default=False, db_default=False, help_text="a moderator asked another one to decide")
    created = models.DateTimeField(null=True, db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "label"], name="statement_label")]
        indexes: ClassVar = [models.Index(fields=["conversation", "state", "id"], name="statement_queue")]

    def __str__(self) -> str:
        """Return the text."""
        return self.text
