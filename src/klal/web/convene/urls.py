"""Addresses of the convenors' pages, under ``/convene/``."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from klal.web.convene import account, conversations, invitation, log, names, outside, people, second_step, settings, sign_in

_conversation: list[URLPattern | URLResolver] = [
    path("people/", people.page, name="desk-people"),
    path("people/leave/", people.leave, name="desk-leave"),
    path("log/", log.page, name="desk-log"),
    path("log/acts.csv", log.table, name="desk-log-file"),
    path("settings/", settings.page, name="desk-settings"),
    path("settings/phase/", settings.phase, name="desk-phase"),
    path("settings/names/", names.page, name="desk-names"),
    path("settings/copy/", settings.copy, name="desk-copy"),
    path("settings/shelf/", settings.shelf, name="desk-shelf"),
    path("settings/delete/", settings.delete, name="desk-delete"),
]

patterns: list[URLPattern | URLResolver] = [
    path("", conversations.page, name="convene"),
    path("sign-in/", sign_in.page, name="convene-sign-in"),
    path("sign-in/mail/", sign_in.mail, name="convene-sign-in-mail"),
    path("sign-in/link/", sign_in.link, name="convene-sign-in-link"),
    path("sign-in/code/", sign_in.code, name="convene-sign-in-code"),
    path("sign-in/outside/", outside.start, name="convene-outside"),
    path("sign-in/outside/back/", outside.back, name="convene-outside-back"),
    path("sign-out/", sign_in.sign_out, name="convene-sign-out"),
    path("account/", account.page, name="convene-account"),
    path("account/new-address/", account.address, name="convene-address"),
    path("account/address/", account.confirm_address, name="convene-confirm-address"),
    path("account/password/", account.password, name="convene-password"),
    path("account/second-step/", second_step.page, name="convene-second-step"),
    path("account/sessions/", account.end_sessions, name="convene-sessions"),
    path("account/tokens/", account.make_token, name="convene-tokens"),
    path("account/tokens/revoke/", account.revoke_token, name="convene-token-revoke"),
    path("account/delete/", account.delete, name="convene-account-delete"),
    path("invitation/", invitation.page, name="convene-invitation"),
    path("log/", log.host_page, name="convene-log"),
    path("log/acts.csv", log.host_table, name="convene-log-file"),
    path("c/<slug:slug>/", include(_conversation)),
]
