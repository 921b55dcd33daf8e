"""Who may do everything in one conversation can do nothing in another, whatever numbers their forms name."""

from __future__ import annotations

import pytest

from tests.web.addresses import every_address
from tests.web.pages import numbers

CHANGING = {"store_conversation": ("revision", "changes")}


@pytest.fixture
def there(here):
    """Return another conversation with something of every kind in it, and what can be named of it in a form."""
    from datetime import timedelta

    from django.contrib.auth.models import User
    from django.utils import timezone

    from klal.services.opening import open_conversation
    from klal.store.models import Admission, Appeal, Channel, Invitation, Membership, Participant, Proposal, Statement

    row = open_conversation("What of them?", slug="there", languages=["en"], seeds=["Every wall should have a door."])
    author = Participant.objects.create(conversation=row, label="author", key="A" * 22)
    waiting = Statement.objects.create(conversation=row, label="9", text="Every door should have a key.", author=author)
    later = timezone.now() + timedelta(days=1)
    named = [
        waiting,
        *row.statements.filter(is_seed=True),
        Membership.objects.create(conversation=row, account=User.objects.create(username="their owner"), role="owner"),
        Invitation.objects.create(conversation=row, email="a@example.org", role="owner", digest="d" * 64, expires=later),
        Admission.objects.create(conversation=row, external_id="guest", digest="e" * 64),
        Channel.objects.create(conversation=row, code="poster", name="The poster"),
        Proposal.objects.create(statement=waiting, kind="reworded", texts=["A door needs a key."]),
        Appeal.objects.create(statement=waiting, author=author, text="Look again."),
    ]
    return row, sorted({one.pk for one in named})


def state_of(conversation):
    """Return all rows of a conversation."""
    from django.apps import apps

    found = {}
    for model in apps.get_app_config("store").get_models():
        names = {field.name for field in model._meta.fields}
        if "conversation" in names:
            found[model.__name__] = list(model.objects.filter(conversation=conversation).order_by("pk").values())
        elif "statement" in names:
            found[model.__name__] = list(model.objects.filter(statement__conversation=conversation).order_by("pk").values())
    found["itself"] = list(type(conversation).objects.filter(pk=conversation.pk).values())
    return found


FIELDS = (
    {"do": "withdraw", "act": "reject", "why": "spam", "answer": "grant"},
    {"do": "role", "role": "viewer", "act": "accept", "answer": "accept"},
    {"do": "remove", "text": "Other words for it.", "part": "More.", "choice": "agree"},
    {"do": "transfer", "code": "poster", "name": "Renamed", "withdraw": "NUMBER"},
)
NAMES = ("one", "admission", "appeal", "proposal", "seed", "number", "keep", "with", "token", "sign_in", "id", "remove", "account")


def test_numbers_of_another_conversation_open_nothing_in_it(here, there, visitor):
    from django.contrib.auth.models import User

    from klal.store.models import Membership

    other, known = there
    owner = User.objects.create(username="owner")
    Membership.objects.create(conversation=here, account=owner, role="owner")
    client = visitor()
    client.force_login(owner)
    client.post("/c/here/", {"statement": numbers(here)[0], "choice": "agree"})
    before = state_of(other)
    for number in known:
        addresses = {address for _, address in every_address(number) if "/c/here/" in address}
        for address in sorted(addresses):
            client.get(address)
            for fields in FIELDS:
                form = {**dict.fromkeys(NAMES, number), **{name: number if value == "NUMBER" else value for name, value in fields.items()}}
                named = number if "choice" in fields else [f"{number}:0", f"{numbers(here)[0]}:0"]
                assert client.post(address, {**form, "statement": named}).status_code < 500, (address, form)
    assert state_of(other) == before
    for _, address in every_address(known[0]):
        if address.startswith("/convene/c/here/"):
            elsewhere = address.replace("/c/here/", "/c/there/")
            assert client.get(elsewhere).status_code in {404, 405}, elsewhere
            assert client.post(elsewhere).status_code in {404, 405}, elsewhere
    assert state_of(other) == before
