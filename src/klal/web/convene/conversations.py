"""The list of conversations that somebody convenes: what waits for them, what runs, drafts, what is over, what is put away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.models import User
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from klal.domain.language import Language
from klal.domain.records import Moderation, ModerationMode
from klal.domain.roles import Right, Role, rights_of
from klal.services.convening import conversations_of
from klal.services.phases import Stage, stage_of
from klal.services.schedule import moment_in_words, zone_name
from klal.services.taking_part import wording
from klal.store.models import Appeal, Conversation, Membership, Snapshot, Statement
from klal.web.convene.desk import signed_in
from klal.web.reader import reader_language
from klal.web.rendering import show

_SHELVES = ("running", "drafts", "finished", "put_away")


@signed_in("GET")
def page(request: HttpRequest) -> HttpResponse:
    """List the conversations that somebody convenes, with their counts."""
    account, language, now = cast(User, request.user), reader_language(request), timezone.now()
    roles = {} if account.is_superuser else dict(Membership.objects.filter(account=account).values_list("conversation", "role"))
    shelves: dict[str, list[dict[str, Any]]] = {name: [] for name in _SHELVES}
    for one in _counted(conversations_of(account)):
        shelves[_shelf(one, now)].append(_row(one, Role(roles.get(one.pk, Role.OWNER.value)), language, now))
    waits = [row for name in ("running", "finished") for row in shelves[name] if row["waiting"] or row["appeals"]]
    context = {
        "waits": waits,
        "running": shelves["running"],
        "others": [{"name": name, "key": f"pages.convene.{name}", "rows": shelves[name]} for name in _SHELVES[1:3] if shelves[name]],
        "put_away": shelves["put_away"],
        "is_empty": not any(shelves.values()),
        "page": "convene",
        "person": account.get_username(),
    }
    return show(request, "convene/conversations.html", context)


def _counted(found: QuerySet[Conversation]) -> Iterable[Any]:
    """Add what the last analysis counted, and what waits for a moderator; each by a query of its own, not by joining them."""
    newest = Snapshot.objects.filter(conversation=OuterRef("pk"), number=OuterRef("snapshot_number"))
    pending = Statement.objects.filter(conversation=OuterRef("pk"), state=Moderation.PENDING.value)
    appeals = Appeal.objects.filter(statement__conversation=OuterRef("pk"), answer="")
    return found.annotate(
        counts=Subquery(newest.values("findings__counts")[:1]),
        pending=_count(pending, "conversation"),
        seconds=_count(pending.filter(needs_second=True), "conversation"),
        appeals_open=_count(appeals, "statement__conversation"),
    )


def _count(rows: QuerySet[Any], by: str) -> Coalesce:
    counted = rows.order_by().values(by).annotate(found=Count("pk")).values("found")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def _shelf(one: Conversation, now: datetime) -> str:
    stage = stage_of(one, now)
    if one.archived is not None:
        return "put_away"
    return {Stage.DRAFT: "drafts", Stage.CLOSED: "finished"}.get(stage, "running")


def _row(one: Any, role: Role, language: Language, now: datetime) -> dict[str, Any]:
    stage, zone = stage_of(one, now), zone_name(one)
    moderates = Right.MODERATE in rights_of(role)
    before = one.moderation_mode == ModerationMode.BEFORE.value
    draft = stage is Stage.DRAFT
    day = {Stage.SCHEDULED: ("opens", one.opens_at), Stage.OPEN: ("closes", one.closes_at), Stage.VOTING: ("closes", one.closes_at)}
    said, moment = day.get(stage, ("", None))
    return {
        "slug": one.slug,
        "home": f"/convene/c/{one.slug}/" + ("create/question/" if draft and role is Role.OWNER else ""),
        "wording": wording(one, language.code),
        "counts": one.counts,
        "phase": f"convene.phase.{one.phase}",
        "stage": stage.value,
        "draft": draft,
        "waiting": (one.pending if before else one.seconds) if moderates else 0,
        "appeals": one.appeals_open if moderates else 0,
        "day": language.text(f"pages.convene.{said}", day=moment_in_words(moment, zone, language)) if moment else "",
    }
