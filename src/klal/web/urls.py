"""Addresses of the pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from klal.web.api.urls import patterns as api
from klal.web.convene.urls import patterns as convene
from klal.web.pages import come, guess, home, keep, leave, mine, moderation, news, offline, opinion_map, participate, report, speak, switch

_conversation = [
    path("", participate.page, name="participate"),
    path("map/", opinion_map.page, name="map"),
    path("map/data", opinion_map.data, name="map-data"),
    path("map/part", opinion_map.part, name="map-part"),
    path("map/me", opinion_map.me, name="map-me"),
    path("guess/", guess.page, name="guess"),
    path("mine/", mine.page, name="mine"),
    path("mine/data.json", leave.data, name="mine-data"),
    path("mine/votes.csv", leave.table, name="mine-table"),
    path("leave/", leave.page, name="leave"),
    path("leave/done/", leave.done, name="leave-done"),
    path("news/", news.page, name="news"),
    path("news/confirm/", news.confirm, name="news-confirm"),
    path("news/out/", news.out, name="news-out"),
    path("moderation/", moderation.page, name="moderation"),
    path("speak/", speak.page, name="speak"),
    path("speak/similar", speak.similar, name="similar"),
    path("come/", come.page, name="come"),
    path("keep/", keep.page, name="keep"),
    path("recover/", keep.recovery, name="recover"),
    path("recover/link/", keep.link, name="recover-link"),
    path("report/", report.page, name="report"),
    path("offline.js", offline.script, name="offline"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home.page, name="home"),
    path("language", switch.language, name="language"),
    path("convene/", include(convene)),
    path("api/v1/", include(api)),
    path("c/<slug:slug>/", include(_conversation)),
]

handler400 = "klal.web.errors.bad_request"
handler403 = "klal.web.errors.csrf_failure"
handler404 = "klal.web.errors.not_found"
handler500 = "klal.web.errors.fault"
