"""What moderators did, and what authors answered."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from klal.domain.moderation import Act, Answer, Origin
from klal.store.models.conversation import Conversation, Participant, Statement, choices_of


class ModerationAct(models.Model):
    """One act of moderation on one statement; never altered but for being undone."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="moderation_acts")
    statement = models.ForeignKey(Statement, models.CASCADE, related_name="acts")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    act = models.CharField(max_length=16, choices=choices_of(Act))
    batch = models.CharField(max_length=32, blank=True, help_text="the same for all that was done, and is undone, at once")
    before = models.JSONField(default=dict, help_text="the statement's fields that were changed, as they were")
    after = models.JSONField(default=dict, help_text="the same, as they became")
    reason_code = models.CharField(max_length=32, blank=True)
    note = models.TextField(blank=True, help_text="for the author and for other moderators")
    made = models.DateTimeField(db_default=Now())
    undone = models.DateTimeField(null=True)


class Lineage(models.Model):
    """Where a statement comes from: one that was merged into it, reworded or split. Votes are never carried over."""

    child = models.ForeignKey(Statement, models.CASCADE, related_name="parents")
    parent = models.ForeignKey(Statement, models.CASCADE, related_name="children")
    kind = models.CharField(max_length=16, choices=choices_of(Origin))
    made = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["child", "parent"], name="lineage_once")]


class Proposal(models.Model):
    """Other words for a statement, or several, put to its author."""

    statement = models.ForeignKey(Statement, models.CASCADE, related_name="proposals")
    kind = models.CharField(max_length=16, choices=choices_of(Origin))
    texts = models.JSONField(help_text="the words proposed, one or several")
    note = models.TextField(blank=True)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made = models.DateTimeField(db_default=Now())
    answer = models.CharField(max_length=16, choices=choices_of(Answer), blank=True)
    answered = models.DateTimeField(null=True)


class Appeal(models.Model):
    """An author's request to look again at a rejected statement; another moderator decides if there is one."""

    statement = models.ForeignKey(Statement, models.CASCADE, related_name="appeals")
    author = models.ForeignKey(Participant, models.SET_NULL, null=True, related_name="+")
    text = models.TextField(blank=True)
    made = models.DateTimeField(db_default=Now())
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", help_text="who decided")
    answer = models.CharField(max_length=16, choices=choices_of(Answer), blank=True)
    note = models.TextField(blank=True)
    answered = models.DateTimeField(null=True)
