from __future__ import annotations

import threading

import pytest

from klal.domain.identity import Identity, new_identity
from klal.errors import BadIdentityError, NotInvitedError
from klal.store.configuration import Configuration


def conversation(slug: str = "here", **fields: object):  # type: ignore[no-untyped-def]
    from klal.store.models import Conversation

    return Conversation.objects.create(slug=slug, topic="What joins us?", **fields)


def test_the_first_action_joins_and_the_second_finds(database: Configuration) -> None:
    from django.db import transaction

    from klal.services.joining import find_or_join

    where, who = conversation(next_participant=7), new_identity()
    with transaction.atomic():
        first = find_or_join(where, who)
        again = find_or_join(where, who)
        other = find_or_join(where, new_identity())
    assert (first.label, again.pk, other.label) == ("7", first.pk, "8")
    assert first.joined is not None


def test_where_participants_have_names_a_new_one_cannot_take_anothers(database: Configuration) -> None:
    from django.db import transaction

    from klal.services.joining import find_or_join

    with transaction.atomic():
        assert find_or_join(conversation(participants_are_text=True), new_identity()).label == "klal-0"


def test_a_revoked_cookie_is_refused(database: Configuration) -> None:
    from django.db import transaction

    from klal.services.joining import find_or_join

    where, who = conversation(), new_identity()
    with transaction.atomic():
        known = find_or_join(where, who)
        known.epoch = 1
        known.save()
        with pytest.raises(BadIdentityError):
            find_or_join(where, who)
        assert find_or_join(where, Identity(who.key, 1)).pk == known.pk


def test_a_cookie_of_a_later_epoch_than_anybody_has_is_refused(database: Configuration) -> None:
    from django.db import transaction

    from klal.services.joining import find_or_join

    with transaction.atomic(), pytest.raises(BadIdentityError):
        find_or_join(conversation(), Identity(new_identity().key, 3))


def test_a_key_of_another_conversation_is_refused(database: Configuration) -> None:
    from django.db import transaction

    from klal.services.joining import find_or_join

    who = new_identity()
    with transaction.atomic():
        find_or_join(conversation("one"), who)
        with pytest.raises(BadIdentityError):
            find_or_join(conversation("two"), who)


def test_who_joins_is_kept_with_language_and_channel(database: Configuration) -> None:
    from django.db import transaction

    from klal.services.joining import find_or_join
    from klal.store.models import Channel

    where = conversation()
    Channel.objects.create(conversation=where, code="poster", name="The poster")
    with transaction.atomic():
        found = find_or_join(where, new_identity(), language="he", channel="poster")
    assert (found.language, found.channel) == ("he", "poster")


def test_a_conversation_for_those_invited_knows_them_and_lets_nobody_else_join(database: Configuration) -> None:
    from django.db import transaction

    from klal.services.joining import find_or_join
    from klal.store.models import Participant

    where, guest = conversation(voters="invited"), new_identity()
    made = Participant.objects.create(conversation=where, label="guest", key=guest.key)
    with transaction.atomic():
        assert find_or_join(where, guest).pk == made.pk
        with pytest.raises(NotInvitedError):
            find_or_join(where, new_identity())
    assert Participant.objects.count() == 1


def test_many_tabs_joining_at_once_are_one_participant(database: Configuration) -> None:
    from django.db import connection, transaction

    from klal.services.joining import find_or_join
    from klal.store.models import Participant

    where, who, found = conversation(), new_identity(), []

    def join() -> None:
        with transaction.atomic():
            found.append(find_or_join(where, who).pk)
        connection.close()

    tabs = [threading.Thread(target=join) for _ in range(8)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(set(found)) == 1
    assert len(found) == 8
    assert Participant.objects.count() == 1
