"""How people come to a conversation, and how they hear of it again."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from klal.store.models.conversation import Conversation, Participant


class Channel(models.Model):
    """One way a link was handed out, such as a poster, so that turnout can be told apart."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="channels", db_index=False)
    code = models.CharField(max_length=32, help_text="what the link carries: /c/<slug>/?from=<code>")
    name = models.CharField(max_length=80)
    made = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "code"], name="channel_code")]


class Admission(models.Model):
    """Leave to take part in a conversation that is for those invited only."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="admissions", db_index=False)
    external_id = models.CharField(max_length=256, help_text="how the inviting organisation names the person")
    digest = models.CharField(max_length=64, unique=True, help_text="keyed hash of what their link carries")
    participant = models.OneToOneField(Participant, models.SET_NULL, null=True, related_name="admission")
    made = models.DateTimeField(db_default=Now())
    used = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "external_id"], name="admission_once")]


class Subscription(models.Model):
    """An address that asked for news of a conversation; not tied to any participant."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="subscriptions", db_index=False)
    email = models.EmailField()
    language = models.CharField(max_length=16, blank=True)
    made = models.DateTimeField(db_default=Now())
    confirmed = models.DateTimeField(null=True, help_text="only then is anything sent")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "email"], name="subscription_once")]


class News(models.Model):
    """A letter to those who asked for news."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="news")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    subject = models.JSONField(help_text="{language: text}")
    text = models.JSONField(help_text="{language: text}")
    recipients = models.IntegerField(default=0)
    reached = models.BigIntegerField(default=0, db_default=0, help_text="number of the last subscription it was posted to")
    posted = models.DateTimeField(null=True, help_text="when it had been posted to all")
    made = models.DateTimeField(db_default=Now())


class Alert(models.Model):
    """Something its convenors should know of; stands until it is over, so that it is mailed once."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="alerts", db_index=False)
    kind = models.CharField(max_length=32)
    facts = models.JSONField(default=dict)
    raised = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "kind"], name="alert_once")]


class Mail(models.Model):
    """A mail to be sent: stored with what caused it, sent later, tried again until it is taken or too old."""

    recipient = models.EmailField()
    subject = models.TextField()
    text = models.TextField(help_text="emptied once it is sent: it may carry a link that lets in")
    headers = models.JSONField(default=dict)
    made = models.DateTimeField(db_default=Now())
    due = models.DateTimeField(db_default=Now(), help_text="not before then")
    expires = models.DateTimeField(help_text="given up then")
    tries = models.IntegerField(default=0)
    error = models.TextField(blank=True, help_text="what the mail server said last")
    sent = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["due"], condition=models.Q(sent=None), name="mail_waiting")]
