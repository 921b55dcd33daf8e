"""For a convenor's programs: what their account convenes, by a token. The same services and the same rights as on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.security import HttpBearer

from klal.domain.language import available
from klal.domain.records import Phase
from klal.domain.roles import Right, Role, rights_of
from klal.domain.wording import as_statement
from klal.errors import BadRequestError, BadTokenError, NotYourRoleError, UnknownConversationError
from klal.services.accounts.tokens import account_of_token
from klal.services.convening import conversations_of, role_of
from klal.services.creating import Words, open_draft, start_draft
from klal.services.moderation import queue as moderation
from klal.services.phases import set_phase
from klal.services.seeding import SeedRow, add_seeds
from klal.store.models import Conversation, Membership
from klal.web.api.answers import answer
from klal.web.api.public import After
from klal.web.api.schemas import AddedSeeds, NewConversation, NewPhase, NewSeeds, OwnConversation, OwnConversations, Queue, Refusal

_REFUSED = {401: Refusal, 403: Refusal, 404: Refusal}


class Bearer(HttpBearer):
    """``Authorization: Bearer klal_…``."""

    def authenticate(self, request: HttpRequest, token: str) -> User:
        """Return whom the token acts for.

        Raises
        ------
        BadTokenError
            If it is nobody's.
        """
        del request
        found = account_of_token(token)
        if found is None:
            raise BadTokenError
        return found


router = Router(tags=["For convenors, by token"], auth=Bearer())


@router.get("/own/conversations", response={200: OwnConversations, 401: Refusal}, summary="Conversations that you convene")
def conversations(request: HttpRequest) -> HttpResponse:
    """List the conversations that the token's account convenes."""
    account = _account(request)
    roles = dict(Membership.objects.filter(account=account).values_list("conversation_id", "role"))
    rows = conversations_of(account).filter(archived=None)
    return answer({"conversations": [_own(row, Role.OWNER if account.is_superuser else Role(roles[row.pk])) for row in rows]})


@router.post(
    "/own/conversations",
    response={201: OwnConversation, 400: Refusal, 401: Refusal, 409: Refusal, 422: Refusal},
    summary="Begin a conversation",
)
def begin(request: HttpRequest, new: NewConversation) -> HttpResponse:
    """Begin a conversation: a draft, which nobody but its convenors sees until it is opened."""
    if new.language not in available():
        raise BadRequestError(found=new.language, needed=" / ".join(available()))
    texts = {new.language: {"topic": new.topic, "description": new.description, "shared_purpose": new.shared_purpose}}
    made = start_draft(_account(request), Words((new.language,), texts, new.slug), "")
    return answer(_own(made, Role.OWNER), 201)


@router.post("/own/conversations/{slug:slug}/seeds", response={200: AddedSeeds, 400: Refusal, **_REFUSED}, summary="Add seed statements")
def seeds(request: HttpRequest, slug: str, new: NewSeeds) -> HttpResponse:
    """Add seed statements. Those that cannot be statements yet wait on the conversation's page to be mended."""
    row = _held(request, slug, Right.MANAGE)
    rows = [SeedRow(as_statement(one.text), one.language, _cleaned(one.translations)) for one in new.statements]
    added = add_seeds(row, _account(request), rows)
    problem = {"kind": added.problem.kind, "facts": dict(added.problem.facts)} if added.problem else None
    return answer({"stored": added.taken, "to_mend": added.to_mend, "problem": problem})


@router.get("/own/conversations/{slug:slug}/queue", response={200: Queue, **_REFUSED}, summary="The moderators' queue")
def queue(request: HttpRequest, slug: str, part: moderation.Tab = moderation.Tab.WAITING, after: After = 0) -> HttpResponse:
    """List statements before the moderators; nothing is decided here."""
    row = _held(request, slug, Right.MODERATE)
    page = moderation.page(row, _account(request), part, after=after)
    rows = [
        {
            "id": one.statement.pk,
            "text": one.statement.text,
            "language": one.statement.language,
            "is_seed": one.statement.is_seed,
            "is_meta": one.statement.is_meta,
            "state": one.statement.state,
            "reason": one.statement.reason_code,
            "version": one.statement.version,
            "votes": one.votes,
            "created": one.statement.created,
        }
        for one in page.items
    ]
    return answer({"statements": rows, "counts": moderation.counts(row), "next": page.after or None})


@router.put(
    "/own/conversations/{slug:slug}/phase", response={200: OwnConversation, 400: Refusal, 409: Refusal, **_REFUSED}, summary="Set the phase"
)
def phase(request: HttpRequest, slug: str, new: NewPhase) -> HttpResponse:
    """Open, pause or close a conversation; doing it twice changes nothing."""
    row, account = _held(request, slug, Right.MANAGE), _account(request)
    if row.phase == Phase.DRAFT.value:
        if new.phase != Phase.OPEN.value:
            raise BadRequestError(found=new.phase, needed=Phase.OPEN.value)
        open_draft(row, account, at_once=True)
    else:
        set_phase(row, Phase(new.phase), account)
    row.refresh_from_db()
    return answer(_own(row, Role.OWNER))


def _account(request: HttpRequest) -> User:
    return cast(User, request.auth)  # type: ignore[attr-defined]


def _held(request: HttpRequest, slug: str, right: Right) -> Conversation:
    """Return a conversation if the account has a right in it; to who has no role it is as if there were none."""
    row = Conversation.objects.filter(slug=slug).first()
    role = role_of(_account(request), row) if row else None
    if row is None or role is None:
        raise UnknownConversationError(slug=slug)
    if right not in rights_of(role):
        raise NotYourRoleError(role=role.value)
    return row


def _own(row: Conversation, role: Role) -> dict[str, Any]:
    return {
        "slug": row.slug,
        "topic": row.topic,
        "role": role.value,
        "phase": row.phase,
        "address": f"/convene/c/{row.slug}/",
        "created": row.created,
    }


def _cleaned(translations: Mapping[str, str]) -> dict[str, str]:
    return {code: as_statement(text) for code, text in translations.items() if code in available()}
