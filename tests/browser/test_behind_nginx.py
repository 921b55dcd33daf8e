"""An installation as ``deploy/`` has it, walked through in a browser: nginx, two web and two worker processes, PostgreSQL."""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from klal.domain.identity import new_identity, to_cookie
from klal.domain.language import get
from tests.browser.house import House, worker
from tests.browser.looking import MILLISECONDS, follow
from tests.certificates import make_certificate
from tests.nginx import Nginx, find_nginx
from tests.postgresql import PostgresServer, free_port
from tests.serving import SECRET, RunningServer
from tests.smtp import MailServer
from tests.waiting import PATIENCE, wait_until

pytestmark = pytest.mark.browser

EN = get("en")
SEEDS = 12


@dataclass(frozen=True)
class Installation:
    """All that runs."""

    house: House
    nginx: Nginx
    mails: MailServer

    def ask(self, method: str, path: str, body: bytes | None = None, source: str = "127.0.0.1", **headers: str) -> tuple[int, bytes]:
        """Ask through nginx, from an address of this machine."""
        context = ssl.create_default_context(cafile=self.nginx.folder / "localhost.crt")
        connection = http.client.HTTPSConnection(
            "localhost", self.nginx.port, context=context, timeout=PATIENCE, source_address=(source, 0)
        )
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def vote(self, statements: list[int], choice: str, source: str = "127.0.0.1") -> tuple[int, bytes]:
        votes = [{"key": key, "statement": one, "choice": choice, "important": False} for key, one in enumerate(statements, 1)]
        cookie = f"__Secure-klal-participant={to_cookie(new_identity(), 'town', SECRET)}"
        body = json.dumps({"votes": votes, "language": "en"}).encode()
        sent = {"cookie": cookie, "origin": self.nginx.url, "content_type": "application/json"}
        return self.ask("POST", "/c/town/votes", body, source, x_forwarded_for="8.8.8.8", **sent)


@pytest.fixture(scope="module")
def installed(postgresql: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    program = find_nginx()
    if program is None:
        pytest.skip("no nginx here: install the package nginx-light")
    home = tmp_path_factory.mktemp("installed")
    postgresql.execute("CREATE DATABASE klal_installed")
    with ExitStack() as stack:
        mails = stack.enter_context(MailServer())
        ports = [free_port(), free_port()]
        certificate = make_certificate(home / "nginx")
        nginx = Nginx(program, home / "nginx", ports, certificate)
        settings = {
            "KLAL_HOSTS": "localhost",
            "KLAL_HTTPS": "yes",
            "KLAL_PROXIES": "127.0.0.1,::1",
            "KLAL_URL": nginx.url,
            "KLAL_MAIL_URL": f"smtp://127.0.0.1:{mails.port}",
            "KLAL_MAIL_FROM": "klal@localhost",
            "KLAL_LOG": "json",
            "KLAL_LOG_LEVEL": "info",
            "KLAL_LOG_ADDRESSES": "yes",
        }
        url = postgresql.url("klal_installed")
        servers = tuple(
            stack.enter_context(RunningServer(home, "--no-worker", "--no-chores", database_url=url, port=port, environment=settings))
            for port in ports
        )
        stack.enter_context(nginx)
        house = House(home, url, servers, settings)
        fill(house)
        for _ in range(2):
            stack.enter_context(worker(house))
        yield Installation(house, nginx, mails)
    postgresql.execute("DROP DATABASE klal_installed WITH (FORCE)")


def fill(house: House) -> None:
    """Bring a conversation in."""
    made_up = house.home / "made-up.parquet"
    house.klal("simulate", "--participants", "60", "--statements", str(SEEDS), "--votes", "9", "--seed", "3", "--out", str(made_up))
    house.klal("import", str(made_up), "--slug", "town")


def lines_of(server: RunningServer) -> list[dict[str, object]]:
    return [json.loads(line) for line in server.errors.splitlines()]


def test_an_installation_is_walked_through(installed: Installation, browser: Browser, artefacts: Path) -> None:
    house, nginx = installed.house, installed.nginx
    context = browser.new_context(locale="en-GB", ignore_https_errors=True, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(MILLISECONDS)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)

    # whoever types http is sent to https, and takes part
    assert nginx.ask_plainly("/c/town/?from=poster") == (308, "https://localhost/c/town/?from=poster")
    page.goto(f"{nginx.url}/c/town/?from=poster")
    expect(page.locator("#statement")).to_be_visible()
    page.screenshot(path=artefacts / "nginx-1-participate.png", full_page=True)
    for key in ("agree", "disagree", "agree", "pass", "agree", "agree", "disagree", "agree"):
        said = page.locator("#statement").inner_text()
        page.locator("#card").get_by_role("button", name=re.compile(re.escape(EN.text(f"pages.vote.{key}")))).click()
        expect(page.locator("#statement")).not_to_have_text(said)
    page.wait_for_function("() => Object.keys(localStorage).every((key) => !/queue/.test(key) || /^(\\[\\])?$/.test(localStorage[key]))")
    assert len(house.votes_of(context.cookies(), "town")) == 8
    assert all(one["secure"] for one in context.cookies())

    # the map moves by itself: events pass through nginx as they happen
    page.goto(f"{nginx.url}/c/town/map/")
    expect(page.locator("#canvas .you")).to_be_visible()
    statements = [row[0] for row in house.rows("SELECT id FROM store_statement ORDER BY id")]
    drawn = page.locator("#canvas .cloud .dots").first.get_attribute("d")
    for turn in range(6):
        assert installed.vote(statements, "disagree" if turn % 2 else "agree", source=f"127.0.0.{2 + turn}")[0] == 200
    expect(page.locator("#map-status")).not_to_be_empty()
    expect(page.locator("#canvas .cloud .dots").first).not_to_have_attribute("d", str(drawn))
    page.screenshot(path=artefacts / "nginx-2-map.png", full_page=True)

    # the first account is made on the terminal, and signs in by the link that is printed there
    said = house.klal("account", "add", "rivka", "--email", "rivka@example.org", "--host-rights", "--link")
    page.goto(re.search(rf"{nginx.url}/\S+", said)[0])  # type: ignore[index]
    follow(page.locator("main form button").first)
    page.wait_for_url(f"{nginx.url}/convene/")
    expect(page.get_by_role("link", name=re.compile("town|made", re.IGNORECASE)).first).to_be_visible()
    page.screenshot(path=artefacts / "nginx-3-convene.png", full_page=True)
    # a browser that was told to overlook who signed a certificate still fetches no script for offline use by it
    assert [message for message in wrong if "SSL certificate" not in message] == []

    # votes of one conversation went to one process, and came from where they came from, whatever they claimed
    voting = [
        {(one["path"], one.get("address")) for one in lines_of(server) if one.get("path") == "/c/<slug>/votes"} for server in house.servers
    ]
    assert sorted(map(len, voting))[0] == 0
    assert {address for one in voting for _, address in one} >= {f"127.0.0.{2 + turn}" for turn in range(6)}
    assert "8.8.8.8" not in "".join(server.errors for server in house.servers)
    assert (installed.ask("GET", "/metrics")[0], installed.ask("GET", "/readyz")[0]) == (404, 404)
    assert all(server.get("/readyz")[0] == 200 for server in house.servers)
    assert installed.ask("GET", "/healthz")[0] == 200
    files = [installed.ask("GET", path)[0] for path in set(re.findall(r'"(/static/[^"]+)"', page.content())) for _ in range(2)]
    assert set(files) == {200}

    # one of the two web processes dies: nobody sees it
    house.servers[0].kill()
    assert [installed.vote(statements, "agree")[0] for _ in range(4)] == [200] * 4
    assert [installed.ask("GET", path)[0] for path in ("/", "/c/town/", "/c/town/map/", "/c/town/report/") for _ in range(2)] == [200] * 8
    page.goto(f"{nginx.url}/convene/")
    expect(page.get_by_role("link", name=re.compile("town|made", re.IGNORECASE)).first).to_be_visible()
    context.close()

    # and a mail leaves by one of the workers, once
    house.change(
        "INSERT INTO store_mail (recipient, subject, text, headers, made, due, expires, tries, error) "
        "VALUES ('dana@example.org', 'Hello', 'you', '{}', now(), now(), now() + interval '1 day', 0, '')"
    )
    wait_until(lambda: installed.mails.mails)
    assert [mail["To"] for mail, _ in installed.mails.mails] == ["dana@example.org"]
