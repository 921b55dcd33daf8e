"""The demonstration's convenor: an account with a password of its own on every machine."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.contrib.auth.models import User

from klal.services.convening import make_owner
from klal.services.demonstration import SLUG
from klal.store.models import Conversation

NAME = "demo"
"""Of the account."""


def demo_convenor(home: Path) -> str:
    """Return the password of the demonstration's convenor; account and password are made the first time.

    Parameters
    ----------
    home : Path
        Folder of the instance; the password is kept there, readable by its owner only.
    """
    path = home / "demo-password"
    users = User.objects
    user = users.filter(username=NAME).first()
    if user is not None and path.exists():
        _own(user)
        return path.read_text(encoding="utf-8").strip()
    password = secrets.token_urlsafe(12)
    user = user or users.create_user(NAME)
    user.set_password(password)
    user.save()
    _own(user)
    made = home / f"demo-password.{secrets.token_hex(4)}"
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(password)
    made.replace(path)
    return password


def _own(user: User) -> None:
    conversation = Conversation.objects.filter(slug=SLUG).first()
    if conversation is not None:
        make_owner(user, conversation)
