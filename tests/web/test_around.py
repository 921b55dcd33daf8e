"""The pages around the conversations: home, convenors, language, report, service worker, static files, errors."""

from __future__ import annotations

import json
import zlib

import pytest

from klal.domain.identity import COOKIE, SECURE_COOKIE
from tests.waiting import PATIENCE
from tests.web.pages import HOME, close, numbers, snapshot, text_of, vote


@pytest.fixture
def convenor(database):
    from django.contrib.auth.models import User

    return User.objects.create_user("dana", password="a good password")


@pytest.fixture
def database(sqlite_database):
    """Return one engine only: nothing here asks the database for anything of its own."""
    return sqlite_database


@pytest.mark.parametrize(
    ("header", "cookie", "language"),
    [
        ("he", "", "he"),
        ("fr,he;q=0.4,en;q=0.2", "", "he"),
        ("en;q=0.1, he;q=0.9", "", "he"),
        ("he;q=0", "", "en"),
        ("fr", "", "en"),
        ("", "", "en"),
        ("he", "en", "en"),
        ("he", "tlh", "he"),
        ("he;q=x,en", "", "en"),
        ("," * 5000, "", "en"),
    ],
)
def test_the_language_is_chosen_else_asked_for_else_the_conversations(here, visitor, header, cookie, language):
    client = visitor(header)
    client.cookies["klal-language"] = cookie
    assert f'<html lang="{language}"' in text_of(client.get(HOME))


def test_a_reader_of_no_language_of_ours_gets_the_conversations(here, visitor):
    here.languages = ["he", "en"]
    here.save()
    assert '<html lang="he" dir="rtl">' in text_of(visitor("fr").get(HOME))
    here.languages = []
    here.save()
    assert '<html lang="en"' in text_of(visitor("fr").get(HOME))


def test_the_language_is_switched_and_kept(here, browser_of):
    response = browser_of.post("/language", {"language": "he", "back": f"{HOME}map/"})
    assert (response.status_code, response["Location"]) == (303, f"{HOME}map/")
    assert '<html lang="he" dir="rtl">' in text_of(browser_of.get(HOME))


@pytest.mark.parametrize("back", ["", "https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "c/here/"])
def test_the_switch_never_leads_elsewhere(browser_of, back):
    assert browser_of.post("/language", {"language": "he", "back": back})["Location"] == "/"


@pytest.mark.parametrize(
    ("referer", "back"),
    [("http://localhost/c/here/speak/?from=poster", f"{HOME}speak/?from=poster"), ("http://evil.example/c/other/", HOME), (None, HOME)],
)
def test_the_language_is_switched_on_the_page_of_a_form_that_was_refused(here, browser_of, referer, back):
    page = browser_of.post(f"{HOME}speak/", {"text": ""}, headers={"referer": referer} if referer else {})
    assert page.status_code >= 400
    assert f'name="back" value="{back}"' in page.content.decode()
    page = browser_of.post(f"{HOME}speak/", {"text": ""}, SERVER_NAME="evil.example", headers={"referer": referer} if referer else {})
    assert page.status_code == 400


def test_an_unknown_language_is_refused(browser_of):
    assert browser_of.post("/language", {"language": "tlh"}).status_code == 400
    assert browser_of.get("/language").status_code == 405


def test_the_report_is_served_as_it_was_drawn(here, browser_of):
    from klal.store.models import ReportPage

    assert "The report is not drawn yet" in text_of(browser_of.get(f"{HOME}report/"))
    html = "<!doctype html><meta content=\"default-src 'none'; script-src 'sha256-abc='\"><title>Report</title>"
    ReportPage.objects.create(conversation=here, language="en", snapshot_number=1, html=zlib.compress(html.encode()))
    response = browser_of.get(f"{HOME}report/")
    assert text_of(response) == html
    assert "script-src 'sha256-abc='" in response["Content-Security-Policy"]
    assert "הדוח עוד לא צויר" in text_of(browser_of.get(f"{HOME}report/", HTTP_ACCEPT_LANGUAGE="he"))


def test_the_report_leads_back_to_its_conversation(here, browser_of):
    from klal.store.models import ReportPage

    page = zlib.compress(b'<header class="top"><h1>Found</h1></header>')
    ReportPage.objects.create(conversation=here, language="en", snapshot_number=1, html=page)
    assert 'href="/c/here/">Back to the conversation</a>' in text_of(browser_of.get(f"{HOME}report/"))


def test_a_report_without_a_script_may_run_none(here, browser_of):
    from klal.store.models import ReportPage

    ReportPage.objects.create(conversation=here, language="en", snapshot_number=1, html=zlib.compress(b"<title>Report</title>"))
    assert "script-src 'none'" in browser_of.get(f"{HOME}report/")["Content-Security-Policy"]


def test_the_service_worker_knows_its_page_and_files(here, browser_of):
    response = browser_of.get(f"{HOME}offline.js")
    assert response["Content-Type"].startswith("text/javascript")
    assert 'const HOME = "/c/here/"' in text_of(response)
    files = json.loads(text_of(response).split("const FILES = ")[1].split(";")[0])
    for address in files:
        found = browser_of.get(address)
        assert found.status_code == 200, address
        found.close()


def test_static_files_may_be_kept_for_ever_and_travel_packed(here, browser_of):
    from klal.web.assets import static_address

    response = browser_of.get(f"{static_address()}klal/house.css", HTTP_ACCEPT_ENCODING="gzip")
    assert "immutable" in response["Cache-Control"]
    assert response["Content-Encoding"] == "gzip"
    response.close()


def test_every_page_forbids_what_it_does_not_need(here, browser_of):
    for address in ("/", HOME, f"{HOME}map/", "/nowhere", "/convene/sign-in/"):
        response = browser_of.get(address)
        assert "default-src 'none'" in response["Content-Security-Policy"]
        assert "unsafe" not in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"
        assert " style=" not in text_of(response)
        assert "<script>" not in text_of(response)


@pytest.mark.parametrize(
    "address", ["/nowhere", "/c/", "/c/there/", "/c/there/map/", "/c/there/map/data", "/c/there/mine/", "/c/a b/", "/c/%00/"]
)
@pytest.mark.parametrize(("language", "words"), [("en", "Not here"), ("he", "לא כאן")])
def test_what_is_not_here_is_said_in_the_readers_language(here, visitor, address, language, words):
    response = visitor(language).get(address)
    assert response.status_code == 404
    assert words in text_of(response)


def test_scripts_are_told_in_json(here, browser_of):
    for address in ("/c/there/map/data", "/nowhere"):
        response = browser_of.get(address, HTTP_ACCEPT="application/json")
        assert response.status_code == 404
        assert {"code", "message"} == set(json.loads(response.content))


def test_a_huge_body_is_refused_before_it_is_read(here, browser_of):
    for content_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"):
        response = browser_of.generic("POST", HOME, b"x" * 5_000_000, content_type=content_type)
        assert response.status_code == 413
        assert "64 kB" in text_of(response)


def test_a_body_that_cannot_be_taken_apart_is_a_bad_request(here, browser_of):
    broken = b'--x\r\nContent-Disposition: form-data; name="choice"\r\n\r\nagree'
    assert browser_of.generic("POST", HOME, broken, content_type="multipart/form-data; boundary=x").status_code == 400
    assert browser_of.generic("POST", HOME, b"a", content_type="multipart/form-data").status_code == 400
    fields = "&".join(f"f{i}=1" for i in range(200))
    assert browser_of.generic("POST", HOME, fields, content_type="application/x-www-form-urlencoded").status_code == 400
    assert browser_of.generic("POST", HOME, b"a", CONTENT_LENGTH="-5").status_code == 413


def test_another_host_is_refused(here):
    from django.test import Client

    response = Client(SERVER_NAME="evil.example", raise_request_exception=False).get(HOME)
    assert response.status_code == 400
    assert "This could not be read." in text_of(response)


@pytest.mark.parametrize("kind", ["OperationalError", "InterfaceError"])
@pytest.mark.parametrize("address", ["/", HOME, f"{HOME}map/", f"{HOME}mine/", f"{HOME}report/", f"{HOME}map/me"])
def test_an_absent_database_is_told_with_a_time_to_come_back(here, browser_of, monkeypatch, kind, address):
    from django import db
    from django.db.models.sql.compiler import SQLCompiler

    def away(*args, **kwargs):
        raise getattr(db, kind)("gone")

    monkeypatch.setattr(SQLCompiler, "execute_sql", away)
    response = browser_of.get(address)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert "A moment, please" in text_of(response)


def test_an_absent_database_outside_of_a_view_is_told_too(here, browser_of, convenor, monkeypatch):
    from django.contrib.sessions.backends.db import SessionStore
    from django.db import OperationalError

    def away(*args, **kwargs):
        raise OperationalError("gone")

    monkeypatch.setattr(SessionStore, "save", away)
    response = browser_of.post("/convene/sign-in/", {"name": "dana", "password": "a good password"})
    assert response.status_code == 503


def test_a_busy_writer_is_told_with_a_time_to_come_back(here, browser_of, monkeypatch):
    from klal.errors import BusyError
    from klal.web import visit

    class Busy:
        def cast(self, ballot):
            raise BusyError(seconds=2)

    monkeypatch.setattr(visit, "shared_writer", Busy)
    response = vote(browser_of, numbers(here)[0])
    assert (response.status_code, response["Retry-After"]) == (503, "2")


def test_a_fault_of_ours_is_owned(here, browser_of, monkeypatch):
    from klal.web.pages import home

    monkeypatch.setattr(home, "reader_language", lambda request: 1 / 0)
    response = browser_of.get("/")
    assert response.status_code == 500
    assert "Something went wrong on our side." in text_of(response)


def test_the_pages_load_nothing_that_is_heavy(here):
    import subprocess
    import sys

    code = (
        "import sys; from klal.store.opening import open_store; open_store(); from klal.web.wsgi import application; import klal.web.urls; "
        "heavy = {'numpy', 'numba', 'scipy', 'polars', 'pyarrow', 'altair', 'klal.report', 'klal.io'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr


def test_cookies_say_https_where_there_is_https(here, visitor, monkeypatch, database):
    from dataclasses import replace

    from klal.web import reader

    client = visitor()
    plain = client.get(HOME).cookies[COOKIE].value
    monkeypatch.setattr(reader, "configuration", lambda: replace(database, https=True))
    found = client.get(HOME).cookies[SECURE_COOKIE]
    assert (found["secure"], found.value) == (True, plain)  # of before https was: it goes on under the name browsers guard
    assert SECURE_COOKIE not in client.get(HOME).cookies
    other = visitor()
    assert other.get(HOME).cookies.keys() >= {SECURE_COOKIE}


def test_a_cookie_of_an_older_key_is_believed_and_signed_anew(here, visitor, monkeypatch, database):
    from dataclasses import replace

    from klal.store.guards import Guards
    from klal.web import reader

    client = visitor()
    before = client.get(HOME).cookies[COOKIE].value
    changed = replace(database, secret_key="another secret " * 3, guards=Guards(old_secret_keys=(database.secret_key,)))
    monkeypatch.setattr(reader, "configuration", lambda: changed)
    after = client.get(HOME).cookies[COOKIE].value
    assert after != before
    assert after.split(".")[0] == before.split(".")[0]
    assert COOKIE not in client.get(HOME).cookies


def test_an_error_inside_a_conversation_leads_back_to_it(here, browser_of):
    close(here)
    assert f'href="{HOME}"' in text_of(vote(browser_of, numbers(here)[0]))
    assert 'href="/c/there/"' not in text_of(browser_of.get("/c/there/map/"))


def test_a_busy_page_offers_another_try(here, browser_of, monkeypatch):
    from klal.errors import BusyError
    from klal.web.pages import opinion_map

    def busy(*args):
        raise BusyError(seconds=3)

    monkeypatch.setattr(opinion_map, "newest_findings", busy)
    assert f'href="{HOME}map/?x=1"' in text_of(browser_of.get(f"{HOME}map/?x=1"))


def test_a_statement_without_a_text_is_shown_by_its_number(here, browser_of):
    from klal.services.revising import mark_revised

    vote(browser_of, numbers(here)[1])
    here.statements.update(text="")
    mark_revised(here.pk)
    assert "(its text is not here)" in text_of(browser_of.get(HOME))
    snapshot(here)
    assert "#0" in text_of(browser_of.get(f"{HOME}map/"))
    assert 'dir="auto">#1</p>' in text_of(browser_of.get(f"{HOME}mine/"))
