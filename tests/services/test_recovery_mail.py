from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from klal.domain.identity import Identity, new_identity
from klal.domain.language import get
from klal.errors import BadMailAddressError, BadMailLinkError, TooManyError
from klal.store.configuration import Configuration

ADDRESS = "dana@example.org"


class Queue:
    """The mails that wait to be sent, in order."""

    def __getitem__(self, place: int) -> Any:
        return self._all()[place]

    def __len__(self) -> int:
        return len(self._all())

    def _all(self) -> list[Any]:
        from klal.store.models import Mail

        return list(Mail.objects.exclude(recipient="").order_by("pk"))


@pytest.fixture
def outbox(database: Configuration, monkeypatch: pytest.MonkeyPatch) -> Queue:
    monkeypatch.setattr("klal.services.recovery_mail._sent", {})
    monkeypatch.setattr("klal.services.recovery_mail.configuration", lambda: Configuration(database.home, url="https://klal.example"))
    return Queue()


@pytest.fixture
def conversation(outbox: Queue) -> Any:
    from klal.store.models import Conversation

    return Conversation.objects.create(slug="here", topic="What joins us?", texts={"he": {"topic": "מה מחבר בינינו?"}})


def pass_minutes(minutes: int) -> None:
    """Make everything that was sent so much older."""
    from django.utils import timezone

    from klal.services import recovery_mail
    from klal.store.models import Participant

    for times in recovery_mail._sent.values():
        times[:] = [at - 60 * minutes for at in times]
    Participant.objects.update(mailed=timezone.now() - timedelta(minutes=minutes))


def token_of(mail: Any) -> str:
    found = re.search(r"https://klal\.example/c/here/recover/link/\?token=(\S+)", mail.text)
    assert found
    return found[1]


def test_a_link_lets_another_device_in(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import recover_by_link, send_link

    someone = new_identity()
    send_link(conversation, someone, f" {ADDRESS} ", get("he"))
    assert outbox[0].recipient == ADDRESS
    assert "מה מחבר בינינו?" in outbox[0].subject
    assert recover_by_link(conversation, token_of(outbox[0])) == someone


def test_a_link_opens_its_own_conversation_only(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import recover_by_link, send_link
    from klal.store.models import Conversation

    send_link(conversation, new_identity(), ADDRESS, get("en"))
    other = Conversation.objects.create(slug="there", topic="Another")
    with pytest.raises(BadMailLinkError):
        recover_by_link(other, token_of(outbox[0]))


@pytest.mark.parametrize("token", ["", "made-up", "WzEsMF0:1abcde:forged"])
def test_a_made_up_link_lets_nobody_in(conversation: Any, token: str) -> None:
    from klal.services.recovery_mail import recover_by_link

    with pytest.raises(BadMailLinkError):
        recover_by_link(conversation, token)


def test_a_revoked_participant_needs_a_new_link(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import recover_by_link, send_link
    from klal.store.models import Participant

    send_link(conversation, new_identity(), ADDRESS, get("en"))
    Participant.objects.update(epoch=1)
    with pytest.raises(BadMailLinkError):
        recover_by_link(conversation, token_of(outbox[0]))


def test_an_old_link_lets_nobody_in(conversation: Any, outbox: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import recovery_mail

    recovery_mail.send_link(conversation, new_identity(), ADDRESS, get("en"))
    monkeypatch.setattr(recovery_mail, "VALID", timedelta(seconds=-1))
    with pytest.raises(BadMailLinkError):
        recovery_mail.recover_by_link(conversation, token_of(outbox[0]))


@pytest.mark.parametrize("address", ["", "dana", "dana@", "a@b\nBcc: all@example.org"])
def test_what_is_no_address_is_said(conversation: Any, outbox: Queue, address: str) -> None:
    from klal.services.recovery_mail import send_link, send_link_again

    with pytest.raises(BadMailAddressError):
        send_link(conversation, new_identity(), address, get("en"))
    with pytest.raises(BadMailAddressError):
        send_link_again(conversation, address, get("en"))
    assert not outbox


def test_an_inbox_is_not_filled_from_here(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import send_link, send_link_again

    send_link(conversation, new_identity(), ADDRESS, get("en"))
    with pytest.raises(TooManyError):
        send_link(conversation, new_identity(), ADDRESS.upper(), get("en"))
    send_link_again(conversation, ADDRESS, get("en"))
    assert len(outbox) == 1


def test_an_hour_holds_a_few_links_at_most(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import send_link

    for _ in range(5):
        send_link(conversation, new_identity(), ADDRESS, get("en"))
        pass_minutes(3)
    with pytest.raises(TooManyError):
        send_link(conversation, new_identity(), ADDRESS, get("en"))


def test_one_participant_cannot_fill_an_inbox_by_changing_the_address_to_and_fro(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import send_link

    someone = new_identity()
    send_link(conversation, someone, ADDRESS, get("en"))
    with pytest.raises(TooManyError):
        send_link(conversation, someone, "other@example.org", get("en"))
    for _ in range(4):
        for address in ("other@example.org", ADDRESS):
            pass_minutes(3)
            send_link(conversation, someone, address, get("en"))
    pass_minutes(3)
    with pytest.raises(TooManyError):
        send_link(conversation, someone, ADDRESS, get("en"))
    assert len(outbox) == 9


def test_mails_of_hours_ago_count_no_more(conversation: Any, outbox: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import recovery_mail

    monkeypatch.setattr(recovery_mail, "_sent", {ADDRESS: [-4000.0] * 5, "other@example.org": [-4000.0]})
    recovery_mail.send_link(conversation, new_identity(), ADDRESS, get("en"))
    assert list(recovery_mail._sent) == [ADDRESS]
    assert len(outbox) == 1


def test_a_clock_set_back_holds_no_link_back(conversation: Any, outbox: Queue) -> None:
    from django.utils import timezone

    from klal.services.recovery_mail import send_link
    from klal.store.models import Participant

    someone = new_identity()
    send_link(conversation, someone, ADDRESS, get("en"))
    pass_minutes(3)
    Participant.objects.update(mailed=timezone.now() + timedelta(days=1))
    send_link(conversation, someone, ADDRESS, get("en"))
    assert len(outbox) == 2


def test_the_link_is_sent_again_to_whom_it_belongs(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import recover_by_link, send_link, send_link_again

    someone = new_identity()
    send_link(conversation, someone, ADDRESS, get("en"))
    recover_by_link(conversation, token_of(outbox[0]))
    pass_minutes(3)
    send_link_again(conversation, ADDRESS.upper(), get("en"))
    assert recover_by_link(conversation, token_of(outbox[1])) == someone


def test_an_address_that_was_only_claimed_leads_nowhere(conversation: Any, outbox: Queue) -> None:
    """Or somebody could leave a stranger's address, and the stranger, asking for a link, would speak as them and be read by them."""
    from klal.services.recovery_mail import recover_by_link, send_link, send_link_again
    from klal.store.models import Participant

    stranger, claimant = new_identity(), new_identity()
    send_link(conversation, stranger, ADDRESS, get("en"))
    recover_by_link(conversation, token_of(outbox[0]))
    pass_minutes(3)
    send_link(conversation, claimant, ADDRESS, get("en"))
    assert Participant.objects.get(key=claimant.key).email == ""
    pass_minutes(3)
    send_link_again(conversation, ADDRESS, get("en"))
    assert recover_by_link(conversation, token_of(outbox[2])) == stranger


def test_looking_at_a_link_confirms_nothing(conversation: Any, outbox: Queue) -> None:
    from klal.services.recovery_mail import check_link, send_link
    from klal.store.models import Participant

    send_link(conversation, new_identity(), ADDRESS, get("en"))
    check_link(conversation, token_of(outbox[0]))
    assert Participant.objects.get().email == ""


def test_asking_for_a_stranger_tells_nothing_and_sends_nothing(conversation: Any, outbox: Queue) -> None:
    """Nor does the time of the answer tell: as many statements reach the database as for somebody who is known."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from klal.services.recovery_mail import recover_by_link, send_link, send_link_again
    from klal.store.models import Mail

    send_link(conversation, new_identity(), ADDRESS, get("en"))
    recover_by_link(conversation, token_of(outbox[0]))
    pass_minutes(3)
    asked = {}
    for address in (ADDRESS, "nobody@example.org"):
        with CaptureQueriesContext(connection) as queries:
            send_link_again(conversation, address, get("en"))
        asked[address] = [query["sql"].split()[0] for query in queries]
    assert asked[ADDRESS] == asked["nobody@example.org"]
    assert len(outbox) == 2
    assert not Mail.objects.filter(recipient="", expires__gt=timezone.now()).exists()


def test_a_mail_waits_in_the_transaction_of_what_caused_it(conversation: Any, outbox: Queue) -> None:
    from django.db import transaction

    from klal.services.recovery_mail import send_link

    with transaction.atomic():
        send_link(conversation, Identity("k" * 22), ADDRESS, get("en"))
        transaction.set_rollback(True)
    assert not outbox
