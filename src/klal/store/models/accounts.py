"""Who convenes: accounts are Django's users; here is what they may do where, and what they did."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from klal.domain.roles import Role
from klal.store.models.conversation import Conversation, choices_of


class Membership(models.Model):
    """The role an account has in a conversation."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="memberships", db_index=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=choices_of(Role))
    alerts = models.JSONField(default=list, help_text="kinds of alert that are mailed to them")
    language = models.CharField(max_length=16, blank=True, default="", db_default="", help_text="of those mails")
    made = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "account"], name="membership_once")]


class Invitation(models.Model):
    """A colleague asked to help convene; who opens its link gets the role."""

    conversation = models.ForeignKey(Conversation, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=16, choices=choices_of(Role))
    digest = models.CharField(max_length=64, unique=True, help_text="keyed hash of what the link carries")
    inviter = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    made = models.DateTimeField(db_default=Now())
    expires = models.DateTimeField()
    answered = models.DateTimeField(null=True)


class SignIn(models.Model):
    """A browser that an account is signed in with, so that its owner can see and end it."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, unique=True)
    device = models.CharField(max_length=200, blank=True, help_text="what the browser calls itself")
    made = models.DateTimeField(db_default=Now())
    seen = models.DateTimeField(db_default=Now())


class AccountLink(models.Model):
    """A link that stands for an account: mailed, or printed on the terminal; used once, and only by a button."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="links")
    kind = models.CharField(max_length=16, help_text="sign_in, or address: it confirms a mail address")
    digest = models.CharField(max_length=64, unique=True, help_text="keyed hash of what the link carries")
    email = models.EmailField(blank=True, help_text="the address it confirms")
    browser = models.CharField(max_length=64, blank=True, help_text="keyed hash of a cookie of the browser that asked for it")
    made = models.DateTimeField(db_default=Now())
    expires = models.DateTimeField()
    used = models.DateTimeField(null=True)


class OutsideIdentity(models.Model):
    """Somebody's identity at an OpenID Connect provider."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="outside_identities")
    issuer = models.CharField(max_length=256)
    subject = models.CharField(max_length=256)
    made = models.DateTimeField(db_default=Now())

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["issuer", "subject"], name="outside_identity_once")]


class AccessToken(models.Model):
    """Lets a program act for an account through the API."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="access_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField(db_default=Now())
    used = models.DateTimeField(null=True)
    expires = models.DateTimeField(null=True)


class AuditEntry(models.Model):
    """One administrative act; never altered, and kept when what it was done to is gone."""

    conversation = models.ForeignKey(Conversation, models.SET_NULL, null=True, related_name="audit_entries")
    slug = models.CharField(max_length=64, blank=True, help_text="the conversation's address then")
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=200, blank=True, help_text="the account's name then; empty for the terminal")
    act = models.CharField(max_length=40)
    subject = models.CharField(max_length=80, blank=True, help_text="what it was done to, such as statement:12")
    facts = models.JSONField(default=dict)
    made = models.DateTimeField(db_default=Now(), db_index=True)
