"""The mail server is down, then slow: pages answer all the same, and every mail arrives once it can."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from klal.store.configuration import Configuration
from tests.intake.conversations import cookie_of, make_conversation
from tests.postgresql import free_port
from tests.serving import RunningServer
from tests.smtp import MailServer
from tests.waiting import wait_until


def ask_for_link(server: RunningServer, address: str) -> tuple[int, bytes]:
    """Ask as somebody new for a link by mail, as the form of the page does."""
    cookie = f"klal-participant={cookie_of()}"
    _, headers, page = server.get("/c/here/keep/", {"cookie": cookie})
    token = re.search(rb'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    cookie += "; " + headers["set-cookie"].split(";")[0]
    sent = {"cookie": cookie, "content-type": "application/x-www-form-urlencoded", "origin": server.url}
    body = urlencode({"csrfmiddlewaretoken": token[1].decode(), "mail": address}).encode()
    status, _, answer = server.request("POST", "/c/here/keep/", body, sent)
    return status, answer


def test_no_page_waits_for_the_mail_server_and_no_mail_is_lost(database: Configuration) -> None:
    from django.utils import timezone

    from klal.store.models import Mail

    make_conversation()
    port = free_port()
    settings = {"KLAL_MAIL_URL": f"smtp://127.0.0.1:{port}", "KLAL_MAIL_FROM": "klal@klal.example", "KLAL_URL": "http://127.0.0.1"}
    with RunningServer(database.home, "--no-worker", database_url=database.database_url, environment=settings) as server:
        status, answer = ask_for_link(server, "dana@example.org")
        assert (status, b"dana@example.org" in answer) == (200, True)
        wait_until(lambda: Mail.objects.filter(tries__gt=0).exclude(error="").exists())
        with MailServer(port=port) as mails:
            mails.is_slow.set()
            Mail.objects.update(due=timezone.now())
            wait_until(lambda: mails.connections)
            # the mail server has been called and says nothing; pages go on
            assert ask_for_link(server, "noa@example.org")[0] == 200
            assert mails.mails == []
            mails.is_slow.clear()
            mails.go_on.set()
            wait_until(lambda: len(mails.mails) == 2)
            assert sorted(mail["To"] for mail, _ in mails.mails) == ["dana@example.org", "noa@example.org"]
        wait_until(lambda: Mail.objects.filter(sent=None).count() == 0)
        assert set(Mail.objects.values_list("text", flat=True)) == {""}
        assert "dana@" not in server.errors
