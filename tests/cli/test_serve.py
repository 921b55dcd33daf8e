from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from klal.domain.identity import new_identity, to_cookie
from klal.store.configuration import Configuration
from tests.intake.conversations import cookie_of, make_conversation, stored_votes, vote
from tests.serving import SECRET, RunningServer
from tests.waiting import PATIENCE, wait_until

KLAL = str(Path(sys.executable).with_name("klal"))


def run(*words: str, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "KLAL_HOME": str(home), "KLAL_DATABASE_URL": "", "KLAL_LANGUAGE": "en"}
    return subprocess.run([KLAL, *words], capture_output=True, text=True, env=environment, check=False, timeout=PATIENCE)


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return False
    return True


def test_a_new_server_makes_its_store_and_ends_when_asked(tmp_path: Path) -> None:
    server = RunningServer(tmp_path / "new")
    assert server.output[-1] == f"klal is ready: {server.url}/"
    assert "klal account add NAME --host-rights" in server.output[1]  # nobody has an account that others could know
    assert server.get("/healthz")[0] == 200
    assert server.get("/")[0] == 200
    assert server.stop() == -signal.SIGTERM
    assert server.errors == ""
    assert (tmp_path / "new" / "klal.sqlite3").exists()


def test_a_port_in_use_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--port", str(port), home=tmp_path)
    assert done.returncode == 2
    assert done.stderr == f"klal: 127.0.0.1:{port}: another program is listening here. Choose another port with --port.\n"


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_secret_key_that_can_be_guessed_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    monkeypatch.setenv("KLAL_SECRET_KEY", "short")
    done = run(command, home=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "KLAL_SECRET_KEY" in done.stderr


def test_an_address_of_another_machine_is_one_sentence(tmp_path: Path) -> None:
    done = run("serve", "--host", "192.0.2.1", home=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("options", "hosts", "statuses"),
    [
        ((), "", {"127.0.0.1": 200, "localhost:8000": 200, "evil.example": 400}),
        ((), "klal.example", {"klal.example": 200, "127.0.0.1": 400}),
        (("--host", "0.0.0.0"), "", {"127.0.0.1": 200, socket.gethostname(): 200, "evil.example": 400}),
    ],
)
def test_it_answers_under_its_own_names_only(tmp_path: Path, options: tuple[str, ...], hosts: str, statuses: dict[str, int]) -> None:
    environment = {"KLAL_HOSTS": hosts} if hosts else {}
    with RunningServer(tmp_path, *options, environment=environment) as server:
        for host, status in statuses.items():
            assert server.get("/", {"host": host})[0] == status, host
            assert server.get("/c/nowhere/events", {"host": host})[0] == (404 if status == 200 else 400), host


def test_votes_on_their_way_are_stored_when_the_server_is_asked_to_end(database: Configuration) -> None:
    _, (first, *_) = make_conversation()
    who = new_identity()
    body = json.dumps({"votes": [vote(first)], "language": "en"}).encode()
    server = RunningServer(database.home, "--no-worker", database_url=database.database_url)
    head = (
        f"POST /c/here/votes HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: http://127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Cookie: klal-participant={cookie_of(who)}\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    ).encode()
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(head + body[:10])
        assert connection.recv(1000).startswith(b"HTTP/1.1 100")  # it has begun to read
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not is_listening(server.port))
        connection.sendall(body[10:])
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    server.stop()
    assert stored_votes() == [(who.key, first, 3)]


def test_the_worker_lives_and_ends_with_the_server(sqlite_database: Configuration) -> None:
    from klal.store.models import Conversation

    _, statements = make_conversation()
    with RunningServer(sqlite_database.home) as server:
        server.vote("here", cookie_of(), [vote(statements[0])])
        wait_until(lambda: Conversation.objects.get().snapshot_number)
        tasks = Path(f"/proc/{server.process.pid}/task")
        children = [child for task in tasks.iterdir() for child in (task / "children").read_text().split()]
        assert len(children) == 1
    assert not Path(f"/proc/{children[0]}").exists()


def test_the_demonstration_is_ready_at_once_and_keeps_what_was_voted(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    passwords = []
    for turn in range(2):
        server = RunningServer(home, command="demo")
        for path, found in (("/c/demo/", b"<html"), ("/c/demo/map/data", b'"groups"'), ("/c/demo/report/", b"<html"), ("/", b"/c/demo/")):
            status, _, body = server.get(path)
            assert status == 200, path
            assert found in body, path
        me = to_cookie(new_identity(), "demo", SECRET)
        _, before = server.vote("demo", me, [])
        status, answer = server.vote("demo", me, [vote(before["next"][0]["id"], key=turn + 1)])
        assert (status, answer["voted"]) == (200, 1)
        path = home / "demo-password"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        passwords.append(path.read_text())
        server.stop()
        assert server.errors == ""
    assert passwords[0] == passwords[1]
    assert len(passwords[0]) > 10

    with closing(sqlite3.connect(home / "klal.sqlite3")) as store:
        assert store.execute("SELECT count(*) FROM store_voteevent WHERE client_key IS NOT NULL").fetchone() == (2,)


def test_the_demonstration_says_where_everything_is(tmp_path: Path) -> None:
    with RunningServer(tmp_path, command="demo") as server:
        said = "\n".join(server.output)
    password = (tmp_path / "demo-password").read_text()
    for address in ("/c/demo/", "/c/demo/report/", "/convene/"):
        assert f"{server.url}{address}" in said
    assert password in said


def test_a_lost_password_file_means_a_new_password(sqlite_database: Configuration) -> None:
    from django.contrib.auth import authenticate

    from klal.services.demo_convenor import NAME, demo_convenor

    first = demo_convenor(sqlite_database.home)
    assert demo_convenor(sqlite_database.home) == first
    assert authenticate(username=NAME, password=first) is not None
    (sqlite_database.home / "demo-password").unlink()
    second = demo_convenor(sqlite_database.home)
    assert second != first
    assert authenticate(username=NAME, password=first) is None
    assert authenticate(username=NAME, password=second) is not None
