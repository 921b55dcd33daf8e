"""Addresses of the convenors' pages, under ``/convene/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from klal.web.convene import conversations

_conversation: list[URLPattern | URLResolver] = []

patterns: list[URLPattern | URLResolver] = [
    path("", conversations.page, name="convene"),
    path("sign-in/", conversations.sign_in, name="convene-sign-in"),
    path("sign-out/", conversations.sign_out, name="convene-sign-out"),
    path("c/<slug:slug>/", include(_conversation)),
]
