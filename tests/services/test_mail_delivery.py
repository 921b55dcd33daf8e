"""Mails leave by a real mail server that is there, away, slow, or does not want them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from klal.store.configuration import Configuration
from tests.certificates import make_certificate
from tests.postgresql import free_port
from tests.smtp import MailServer

Use = Callable[..., None]


@pytest.fixture
def use(database: Configuration) -> Any:
    """Send by a mail server from now on."""
    from django.test.utils import override_settings

    chosen: list[Any] = []

    def choose(url: str, **more: Any) -> None:
        found = replace(database, mail_url=url, mail_from="klal@klal.example").django_mail()
        chosen.append(override_settings(**{**found, **more}))
        chosen[-1].enable()

    yield choose
    for one in reversed(chosen):
        one.disable()


def queue(recipient: str = "dana@example.org", **more: Any) -> Any:
    from klal.services.mailing import post

    return post(recipient, "A link\nfor you", "Here it is: https://klal.example/link", **more)


def deliver() -> None:
    from klal.services.mail_delivery import deliver_due

    deliver_due()


def deliver_apart() -> None:
    """Deliver in a thread of its own."""
    from django.db import connection

    deliver()
    connection.close()


def fresh(mail: Any) -> Any:
    mail.refresh_from_db()
    return mail


def make_due() -> None:
    from django.utils import timezone

    from klal.store.models import Mail

    Mail.objects.filter(sent=None).update(due=timezone.now())


def test_a_mail_goes_out_once_and_its_text_is_forgotten(use: Use) -> None:
    mail = queue(headers={"List-Unsubscribe": "<https://klal.example/out>"})
    with MailServer() as server:
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
        deliver()
        ((taken, encrypted),) = server.mails
    assert (taken["To"], taken["From"], taken["Subject"]) == ("dana@example.org", "klal@klal.example", "A link for you")
    assert taken["List-Unsubscribe"] == "<https://klal.example/out>"
    assert "https://klal.example/link" in taken.get_content()
    assert not encrypted
    assert (fresh(mail).text, mail.tries, mail.error) == ("", 1, "")
    assert mail.sent is not None


def test_several_processes_send_each_mail_once(use: Use, database: Configuration) -> None:
    for number in range(30):
        queue(f"number{number}@example.org")

    with MailServer() as server:
        use(f"smtp://127.0.0.1:{server.port}")
        threads = [threading.Thread(target=deliver_apart) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sorted(mail["To"] for mail, _ in server.mails) == sorted(f"number{number}@example.org" for number in range(30))


def test_a_server_that_is_down_gets_the_mail_when_it_is_back(use: Use, caplog: pytest.LogCaptureFixture) -> None:
    from django.utils import timezone

    first, second = queue(), queue("noa@example.org")
    port = free_port()
    use(f"smtp://127.0.0.1:{port}")
    pauses = []
    for _ in range(3):
        deliver()
        pauses.append((fresh(first).due - timezone.now()).total_seconds())
        make_due()
    assert pauses == [pytest.approx(seconds, abs=5) for seconds in (60, 120, 240)]
    assert (first.tries, fresh(second).tries) == (3, 0)  # one mail finds out for all
    assert "refused" in first.error
    assert "mail server cannot be used" in caplog.text
    assert "dana@example.org" not in caplog.text
    with MailServer(port=port) as server:
        deliver()
        assert [mail["To"] for mail, _ in server.mails] == ["dana@example.org", "noa@example.org"] or len(server.mails) == 2
    assert fresh(first).sent is not None


def test_pauses_grow_to_an_hour(use: Use) -> None:
    from django.utils import timezone

    from klal.store.models import Mail

    mail = queue()
    Mail.objects.update(tries=400)
    use(f"smtp://127.0.0.1:{free_port()}")
    deliver()
    assert (fresh(mail).due - timezone.now()).total_seconds() == pytest.approx(3600, abs=5)


def test_a_mail_that_is_not_taken_now_holds_up_no_other(use: Use) -> None:
    mails = [queue(), queue("noa@example.org")]
    with MailServer() as server:
        server.answer = "451 come back later"
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
        assert [(fresh(mail).sent, mail.tries, "come back later" in mail.error) for mail in mails] == [(None, 1, True)] * 2
        server.answer = "250 ok"
        make_due()
        deliver()
        assert len(server.mails) == 2


def test_an_inbox_that_does_not_exist_is_given_up(use: Use) -> None:
    mail = queue()
    with MailServer() as server:
        server.answer = "550 nobody of that name"
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
        make_due()
        deliver()
    assert (fresh(mail).text, mail.sent, mail.tries) == ("", None, 1)
    assert "nobody of that name" in mail.error


def test_a_mail_that_cannot_be_written_is_kept_apart(use: Use) -> None:
    bad, good = queue(headers={"X-Bad": "one\ntwo"}), queue("noa@example.org")
    with MailServer() as server:
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
    assert fresh(bad).sent is None
    assert fresh(good).sent is not None


def test_a_slow_server_is_left_after_a_while(use: Use) -> None:
    mail = queue()
    with MailServer() as server:
        server.is_slow.set()
        use(f"smtp://127.0.0.1:{server.port}", EMAIL_TIMEOUT=0.2)
        deliver()
    assert (fresh(mail).sent, mail.tries) == (None, 1)


def test_an_old_mail_is_given_up_and_later_forgotten(use: Use, caplog: pytest.LogCaptureFixture) -> None:
    from klal.services.mail_delivery import KEPT
    from klal.store.models import Mail

    queue(valid=timedelta(0))
    with MailServer() as server:
        use(f"smtp://127.0.0.1:{server.port}")
        with caplog.at_level(logging.WARNING):
            deliver()
        assert not server.mails
    assert Mail.objects.get().text == ""
    assert "1 mails were given up" in caplog.text
    Mail.objects.update(expires=Mail.objects.get().expires - KEPT)
    deliver()
    assert not Mail.objects.exists()


def test_a_mail_to_nobody_is_never_sent(use: Use) -> None:
    from klal.store.models import Mail

    queue("", valid=timedelta(0))
    with MailServer() as server:
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
        assert server.connections == 0
    assert not Mail.objects.exists()


def test_a_claim_of_a_process_that_died_runs_out(use: Use) -> None:
    from klal.services import mail_delivery

    mail = queue()
    assert mail_delivery._claim(mail.pk, mail.due) is not None
    assert mail_delivery._claim(mail.pk, mail.due) is None
    with MailServer() as server:
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
        assert not server.mails
        make_due()  # minutes later
        deliver()
        assert len(server.mails) == 1


def test_a_round_ends_in_time_for_others(use: Use, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services import mail_delivery

    queue()
    monkeypatch.setattr(mail_delivery, "_ROUND_SECONDS", -1.0)
    with MailServer() as server:
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
        assert not server.mails


def test_a_relay_that_offers_encryption_is_spoken_to_encrypted_whoever_signed_it(use: Use, tmp_path: Path) -> None:
    queue()
    with MailServer(certificate=make_certificate(tmp_path)) as server:
        use(f"smtp://127.0.0.1:{server.port}")
        deliver()
        assert [encrypted for _, encrypted in server.mails] == [True]


def test_encryption_can_be_declined(use: Use, tmp_path: Path) -> None:
    queue()
    with MailServer(certificate=make_certificate(tmp_path)) as server:
        use(f"smtp+plain://127.0.0.1:{server.port}")
        deliver()
        assert [encrypted for _, encrypted in server.mails] == [False]


def test_a_password_goes_to_a_server_that_proves_its_name(use: Use, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    queue()
    certificate = make_certificate(tmp_path)
    with MailServer(certificate=certificate, password="hush") as server:
        use(f"smtp://me:hush@127.0.0.1:{server.port}")
        deliver()
        assert (server.passwords, server.mails) == ([], [])  # nobody vouches for its certificate
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
        make_due()
        deliver()
        assert server.passwords == [("hush", True)]
        assert len(server.mails) == 1


def test_no_password_goes_to_a_server_without_encryption(use: Use) -> None:
    mail = queue()
    with MailServer(password="hush") as server:
        use(f"smtp://me:hush@127.0.0.1:{server.port}")
        deliver()
        assert (server.passwords, server.mails) == ([], [])
    assert "STARTTLS" in fresh(mail).error


def test_without_a_mail_server_mails_are_printed_on_standard_error(use: Use, capsys: pytest.CaptureFixture[str]) -> None:
    mail = queue()
    use("")
    deliver()
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "https://klal.example/link" in printed.err
    assert fresh(mail).sent is not None


def test_the_asker_does_not_wait_for_the_mail_server(use: Use) -> None:
    """A page posts within its transaction; sending is another thread's."""
    with MailServer() as server:
        server.is_slow.set()
        use(f"smtp://127.0.0.1:{server.port}")
        sending = threading.Thread(target=deliver_apart)
        mail = queue()
        sending.start()
        while not server.connections:
            time.sleep(0.005)
        another = queue("noa@example.org")
        assert (fresh(another).sent, fresh(mail).sent) == (None, None)
        server.go_on.set()
        sending.join()
        assert len(server.mails) == 1
