"""For everybody: conversations, their statements and what was found. Nothing of anybody's votes but screened counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from django.db.models import OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Field, Router

from klal.domain.records import Phase
from klal.errors import NoResultsError
from klal.services.kept import Kept
from klal.services.phases import stage_of
from klal.services.taking_part import find_conversation, newest_findings, shown_statements, wording
from klal.store import models
from klal.store.models import Snapshot
from klal.web.api.answers import answer, clipped
from klal.web.api.schemas import Conversation, Conversations, Refusal, Results, Statements

router = Router(tags=["For everybody"])
PAGE = 50
After = Annotated[int, Field(ge=0, le=2**63 - 1)]
_UNKNOWN = {404: Refusal}
_results: Kept[HttpResponse] = Kept(16)


@router.get("/conversations", response=Conversations, summary="Conversations that are listed")
def conversations(request: HttpRequest, after: After = 0) -> HttpResponse:
    """List conversations, the newest first: those that the first page lists."""
    del request
    found = models.Conversation.objects.filter(is_listed=True, archived=None, deletes_at=None).exclude(phase=Phase.DRAFT.value)
    rows = list(_counted(found.filter(pk__lt=after) if after else found).order_by("-pk")[: PAGE + 1])
    following = rows[PAGE - 1].pk if len(rows) > PAGE else None
    return answer({"conversations": [_conversation(row) for row in rows[:PAGE]], "next": following})


@router.get("/conversations/{slug:slug}", response={200: Conversation, **_UNKNOWN}, summary="One conversation")
def conversation(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell of one conversation, listed or not."""
    del request
    return answer(_conversation(_counted(models.Conversation.objects).get(pk=find_conversation(slug).pk)))


@router.get("/conversations/{slug:slug}/statements", response={200: Statements, **_UNKNOWN}, summary="Its statements")
def statements(request: HttpRequest, slug: str, after: After = 0, limit: Annotated[int, Field(ge=1, le=1000)] = 200) -> HttpResponse:
    """List the statements that are open for votes, by their ids."""
    del request
    later = [one for one in shown_statements(find_conversation(slug)).values() if one.id > after][: limit + 1]
    rows = [
        {
            "id": one.id,
            "text": one.text,
            "language": one.language,
            "translations": one.translations,
            "is_seed": one.is_seed,
            "is_meta": one.is_meta,
        }
        for one in later[:limit]
    ]
    return answer({"statements": rows, "next": later[limit - 1].id if len(later) > limit else None})


@router.get("/conversations/{slug:slug}/results", response={200: Results, **_UNKNOWN}, summary="What the last analysis found")
def results(request: HttpRequest, slug: str) -> HttpResponse:
    """Tell what the last analysis found: counts, groups, common ground, what divides, and the map."""
    del request
    row = find_conversation(slug)
    findings = newest_findings(row)
    if findings is None:
        raise NoResultsError
    found = _results.get(row.pk, (row.snapshot_number, row.revision, row.moderation_mode), lambda: answer(_results_of(row, findings)))
    return HttpResponse(found.content, content_type="application/json")


def _counted(rows: Any) -> Any:
    newest = Snapshot.objects.filter(conversation=OuterRef("pk"), number=OuterRef("snapshot_number"))
    return rows.annotate(counts=Subquery(newest.values("findings__counts")[:1]))


def _conversation(row: Any) -> dict[str, Any]:
    main = wording(row, next(iter(row.languages), ""))
    texts = {code: {name: text.get(name, "") for name in ("topic", "description", "shared_purpose")} for code, text in row.texts.items()}
    return {
        "slug": row.slug,
        "address": f"/c/{row.slug}/",
        "topic": main.topic,
        "description": main.description,
        "shared_purpose": main.shared_purpose,
        "languages": row.languages,
        "texts": texts,
        "stage": stage_of(row, timezone.now()).value,
        "voters": row.voters,
        "speakers": row.speakers,
        "opens_at": row.opens_at,
        "statements_until": row.statements_until,
        "closes_at": row.closes_at,
        "is_synthetic": row.is_synthetic,
        "counts": row.counts,
    }


def _results_of(row: models.Conversation, findings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the findings but for statements that are no longer shown."""
    shown = shown_statements(row)
    names = row.names.get("groups", {})
    groups = [
        {
            **group,
            "name": names.get(str(group["slot"]), {}),
            "representative": [one for one in group["representative"] if one["statement"] in shown],
        }
        for group in findings["groups"]
    ]
    made = Snapshot.objects.filter(conversation=row, number=row.snapshot_number).values_list("made", flat=True).first()
    return {
        "snapshot": row.snapshot_number,
        "made": made,
        **clipped(findings, ("counts", "verdict")),
        "groups": groups,
        **{name: [one for one in findings[name] if one["statement"] in shown] for name in ("common_ground", "divisive")},
        "statements": {number: figures for number, figures in findings["statements"].items() if int(number) in shown},
        "map": findings["map"],
    }
