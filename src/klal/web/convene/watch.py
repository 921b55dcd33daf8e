"""Watch a conversation as it runs: the home of its desk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpResponse
from django.template import loader
from django.utils import timezone

from klal.domain.records import Phase
from klal.domain.roles import Right
from klal.errors import NotYourRoleError
from klal.services.alerting import Kind, choose_alerts
from klal.services.perceiving import count_guessers
from klal.services.phases import stage_of
from klal.services.schedule import zone_name, zone_of
from klal.services.taking_part import newest_findings, shown_statements
from klal.services.watching import Bar, Bin, watch
from klal.store.models import Membership
from klal.store.opening import configuration
from klal.web.convene.desk import Desk, at_desk
from klal.web.pages.opinion_map import map_parts
from klal.web.perception import gap_of
from klal.web.rendering import private

_BAR, _GAP, _HEIGHT = 8, 2, 60


@at_desk(Right.WATCH, "GET")
def page(desk: Desk) -> HttpResponse:
    """Show how it runs."""
    mine = Membership.objects.filter(conversation=desk.conversation, account=desk.account).first()
    return desk.show(
        "watch.html",
        page="watch",
        live=_live(desk),
        data={
            "home": "" if desk.conversation.phase == Phase.DRAFT.value or desk.conversation.deletes_at else f"/c/{desk.conversation.slug}/",
            "part": f"{desk.address}part",
            "told": desk.language.text("convene.watch.told"),
        },
        alerts=[(kind.value, f"convene.alert.{kind.value}", kind.value in mine.alerts) for kind in Kind] if mine else (),
        address=desk.account.email,
        sends_mail=configuration().sends_mail,
        saved=bool(desk.request.GET.get("saved")),
    )


@at_desk(Right.WATCH, "GET")
def part(desk: Desk) -> HttpResponse:
    """Return what changes on the page, for a page that is open already."""
    response = HttpResponse(_live(desk))
    private(response)
    return response


@at_desk(Right.WATCH, "POST")
def alerts(desk: Desk) -> HttpResponse:
    """Set what somebody wants to be mailed."""
    mine = Membership.objects.filter(conversation=desk.conversation, account=desk.account).first()
    if mine is None:  # the host's own account, which is no member
        raise NotYourRoleError(role=desk.role.value)
    choose_alerts(mine, tuple(desk.request.POST.getlist("alert")[:20]), desk.language.code)
    return desk.go("?saved=1#alerts")


def _live(desk: Desk) -> str:
    conversation, now = desk.conversation, timezone.now()
    zone = zone_of(zone_name(conversation))
    found, findings = watch(conversation, now, zone), newest_findings(conversation)
    parts = map_parts(conversation, findings, desk.language) if findings else {}
    context: dict[str, Any] = {
        "caution": _caution(desk, findings or {}),
        "language": desk.language,
        "desk_home": desk.address,
        "held": conversation,
        "stage_key": f"convene.stage.{stage_of(conversation, now).value}",
        "may_moderate": desk.may(Right.MODERATE),
        "found": found,
        "rate": desk.language.number(found.per_minute, 1 if 0 < found.per_minute < 10 else 0),
        "took": desk.language.number(max(found.health.seconds, 0.1), 1),
        "age": _age(desk, found.health.made, now),
        "series": [_picture("hours", found.hours, "%H:%M"), _picture("days", found.days, "%d.%m.")],
        "spreads": [_spread("depth", found.depth), _spread("stops", found.stops)],
        "parts": parts,
        "guessers": count_guessers(conversation),
        "gap": gap_of((findings or {}).get("perception") or {}, desk.language, conversation.names),
    }
    return loader.render_to_string("klal/convene/watch_live.html", context)


def _caution(desk: Desk, findings: Mapping[str, Any]) -> dict[str, Any]:
    """Return what looks coordinated, in words; nothing where it was not looked for."""
    told: Mapping[str, Any] = findings.get("caution") or {}
    if not told:
        return {}
    statements = shown_statements(desk.conversation)
    sets = [
        {
            "size": one["size"],
            "seen": [
                desk.language.text(f"report.caution.part_{seen['part']}", share=desk.language.percent(seen["share"]))
                for seen in one["evidence"]
            ],
        }
        for one in told["sets"]
    ]
    pushed = [
        {**one, **dict(zip(("text", "language"), statements[one["statement"]].in_language(desk.language.code), strict=True))}
        for one in told["pushed"]
        if one["statement"] in statements
    ]
    return {**told, "sets": sets, "pushed": pushed}


def _age(desk: Desk, made: Any, now: Any) -> str:
    if made is None:
        return ""
    seconds = max(0, int((now - made).total_seconds()))
    unit, count = ("seconds", seconds) if seconds < 100 else ("minutes", seconds // 60) if seconds < 6000 else ("hours", seconds // 3600)
    return desk.language.text(f"convene.watch.ago_{unit}", count=count)


def _picture(name: str, bars: Sequence[Bar], form: str) -> dict[str, Any]:
    """Return bars as one path, with the same numbers as rows."""
    most = max((bar.votes for bar in bars), default=0)
    heights = [round(_HEIGHT * bar.votes / most) if most else 0 for bar in bars]
    step = _BAR + _GAP
    path = "".join(f"M{place * step} {_HEIGHT}v-{max(height, 1)}h{_BAR}v{max(height, 1)}z" for place, height in enumerate(heights))
    return {
        "name": name,
        "title": f"convene.watch.{name}",
        "label": f"convene.watch.{name}_label",
        "width": max(1, len(bars)) * step - _GAP,
        "height": _HEIGHT,
        "path": path,
        "first": f"{bars[0].at:{form}}" if bars else "",
        "last": f"{bars[-1].at:{form}}" if bars else "",
        "most": most,
        "total": sum(bar.votes for bar in bars),
        "rows": [(f"{bar.at:{form}}", bar.votes, bar.joined) for bar in reversed(bars) if bar.votes or bar.joined],
    }


def _spread(name: str, bins: Sequence[Bin]) -> dict[str, Any]:
    return {
        "name": name,
        "title": f"convene.watch.{name}",
        "hint": f"convene.watch.{name}_hint",
        "bins": bins,
    }
