"""The pages as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Templates, static files and template tags; no tables."""

    name = "klal.web"
    label = "web"

    def ready(self) -> None:
        """Note every browser that signs in or out, whichever way it does."""
        from django.contrib.auth.signals import user_logged_in, user_logged_out

        from klal.web.convene.sessions import note_sign_in, note_sign_out

        user_logged_in.connect(note_sign_in, dispatch_uid="klal-sign-in")
        user_logged_out.connect(note_sign_out, dispatch_uid="klal-sign-out")
