from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from klal.services.checking.finding import Grade
from klal.store.configuration import Configuration
from klal.store.outside import OutsideService
from tests.certificates import make_certificate
from tests.postgresql import free_port
from tests.services.checking.test_settings import codes
from tests.smtp import MailServer


def with_certificate(files: tuple[Path, Path], url: str = "https://localhost") -> Configuration:
    return Configuration(Path(), https=True, url=url, tls_certificate=files[0], tls_key=files[1])


@pytest.mark.parametrize(
    ("days", "url", "wanted"),
    [
        (30, "https://localhost", "certificate_fine"),
        (30, "https://127.0.0.1", "certificate_fine"),
        (30, "https://talk.example.org", "certificate_name"),
        (3, "https://localhost", "certificate_soon"),
        (-3, "https://localhost", "certificate_old"),
    ],
)
def test_the_certificate(database: Configuration, tmp_path: Path, days: float, url: str, wanted: str) -> None:
    from klal.services.checking import around

    assert codes(around.certificate(with_certificate(make_certificate(tmp_path, days=days), url))) == [wanted]


def test_a_certificate_for_all_names_below(database: Configuration, tmp_path: Path) -> None:
    from klal.services.checking import around

    files = make_certificate(tmp_path, "*.example.org")
    assert codes(around.certificate(with_certificate(files, "https://talk.example.org"))) == ["certificate_fine"]
    assert codes(around.certificate(with_certificate(files, "https://example.org"))) == ["certificate_name"]


def test_a_certificate_that_cannot_be_used(database: Configuration, tmp_path: Path) -> None:
    from klal.services.checking import around

    one, other = make_certificate(tmp_path / "one"), make_certificate(tmp_path / "other")
    assert codes(around.certificate(Configuration(tmp_path))) == []
    for files in ((one[0], other[1]), (tmp_path / "nowhere", one[1])):
        assert codes(around.certificate(with_certificate(files))) == ["certificate_unusable"]
    one[1].chmod(0o644)
    assert codes(around.certificate(with_certificate(one))) == ["certificate_readable"]


@pytest.fixture
def use(database: Configuration) -> Iterator[Any]:
    """Make an instance with a mail server."""
    from django.test.utils import override_settings

    chosen: list[Any] = []

    def choose(url: str, **more: Any) -> Configuration:
        facts = {"mail_url": url, "mail_from": "klal@localhost", "url": "http://localhost", **more}
        found = replace(database, **facts)
        chosen.append(override_settings(**{**found.django_mail(), "EMAIL_TIMEOUT": 2}))
        chosen[-1].enable()
        return found

    yield choose
    for one in reversed(chosen):
        one.disable()


def test_mail(use: Any) -> None:
    from klal.services.checking import around

    with MailServer() as server:
        found = use(f"smtp://127.0.0.1:{server.port}")
        assert codes(around.mail(found)) == ["mail_fine"]
        assert (server.connections, server.mails) == (1, [])
        assert codes(around.mail(found, "rivka@example.org")) == ["mail_sent"]
        assert [mail["To"] for mail, _ in server.mails] == ["rivka@example.org"]
        assert codes(around.mail(use(f"smtp://127.0.0.1:{server.port}", mail_from=""))) == ["mail_incomplete", "mail_fine"]
    (finding,) = around.mail(use(f"smtp://127.0.0.1:{free_port()}"))
    assert (finding.code, finding.grade) == ("mail_away", Grade.ERROR)
    with MailServer(password="hush") as server:
        assert codes(around.mail(use(f"smtp+plain://me:hush@127.0.0.1:{server.port}"))) == ["mail_plain", "mail_fine"]


def test_no_mail_server(database: Configuration) -> None:
    from klal.services.checking import around

    assert codes(around.mail(database)) == ["mail_terminal_fine"]
    assert codes(around.mail(replace(database, hosts=("talk.example.org",)))) == ["mail_terminal"]


def test_where_people_look(database: Configuration) -> None:
    from klal.services.checking import around
    from tests.serving import RunningServer

    assert codes(around.public_address(database)) == []
    away = replace(database, url=f"http://127.0.0.1:{free_port()}")
    assert codes(around.public_address(away)) == ["url_silent"]
    with RunningServer(database.home, "--no-worker", database_url=database.database_url) as server:
        assert codes(around.public_address(replace(database, url=server.url))) == ["url_answers"]
        assert codes(around.port(database, "127.0.0.1", server.port)) == ["port_ours"]
        nothing = replace(database, outside=OutsideService(server.url, "klal", name="Login"))
        assert codes(around.provider(nothing)) == ["provider_away"]


def test_ports(database: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from klal.services.checking import around

    assert codes(around.port(database, "127.0.0.1", free_port())) == ["port_free"]
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setattr(around, "_SECONDS", 0.2)
        assert codes(around.port(database, "127.0.0.1", other.getsockname()[1])) == ["port_taken"]

    def closed(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(around.socket, "create_server", closed)
    assert codes(around.port(database, "127.0.0.1", 443)) == ["port_closed"]


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (200, b'{"issuer": "https://login.example/"}', "provider_fine"),
        (200, b'{"issuer": "https://other.example"}', "provider_other"),
        (200, b"[]", "provider_away"),
        (200, b"<html>", "provider_away"),
        (0, b"refused", "provider_away"),
    ],
)
def test_a_provider(database: Configuration, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, wanted: str) -> None:
    from klal.services.checking import around

    asked = []
    monkeypatch.setattr(around, "_fetch", lambda url: (asked.append(url), (status, body))[1])
    found = replace(database, outside=OutsideService("https://login.example", "klal", name="Login"))
    assert codes(around.provider(found)) == [wanted]
    assert asked == ["https://login.example/.well-known/openid-configuration"]
    assert codes(around.provider(database)) == []
