from __future__ import annotations

import csv
import io
import json
import zipfile
import zlib

import pytest

from tests.web.pages import numbers, text_of, vote

DATA = "/convene/c/here/data/"
ALL = ("owner", "moderator", "viewer")


def body_of(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_whoever_convenes_may_take_the_data(shut_out):
    shut_out(DATA, allowed=ALL)
    shut_out(f"{DATA}statements/", allowed=ALL, methods=("POST",))


def test_the_page_says_what_is_in_it(people):
    page = text_of(people("owner").get(DATA))
    assert "The exports tell how each participant voted" in page
    assert "data/polis/" in page
    assert "data/report/" not in page  # none is drawn yet


@pytest.mark.parametrize("who", ["moderator", "viewer"])
@pytest.mark.parametrize("kind", ["polis", "parquet", "json"])
def test_how_each_participant_voted_is_for_owners_alone(people, who, kind):
    assert f"data/{kind}/" not in text_of(people(who).get(DATA))
    assert people(who).post(f"{DATA}{kind}/").status_code == 403


def test_exports_are_those_of_the_command_line(here, people, browser_of):
    from klal.store.models import AuditEntry, Participant

    vote(browser_of, numbers(here)[0])
    owner = people("owner")
    polis = owner.post(f"{DATA}polis/")
    assert (polis.status_code, polis["Content-Type"], polis["Cache-Control"]) == (200, "application/zip", "private, no-store")
    assert polis["Content-Disposition"] == 'attachment; filename="here.zip"'
    with zipfile.ZipFile(io.BytesIO(body_of(polis))) as archive:
        assert "votes.csv" in archive.namelist()
    found = json.loads(body_of(owner.post(f"{DATA}json/")))
    assert Participant.objects.get().key not in json.dumps(found)
    assert body_of(owner.post(f"{DATA}parquet/"))[:4] == b"PAR1"
    taken = AuditEntry.objects.filter(act="data_taken").order_by("pk")
    assert [one.facts["kind"] for one in taken] == ["polis", "json", "parquet"]


def test_statements_come_without_authors_and_formulas(here, people):
    here.statements.filter(label="0").update(text="=1+1", state="pending")
    here.statements.filter(label="1").update(is_withdrawn=True, state="rejected")
    content = body_of(people("viewer").post(f"{DATA}statements/"))
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[0]["text"] == "'=1+1"
    assert [row["state"] for row in rows] == ["pending", "withdrawn", "accepted", "accepted"]
    assert "author" not in rows[0]


def test_the_report_is_taken_as_it_was_drawn(here, people):
    from klal.store.models import ReportPage

    assert people("viewer").post(f"{DATA}report/").status_code == 400
    ReportPage.objects.create(conversation=here, language="he", snapshot_number=1, html=zlib.compress("<h1>דוח</h1>".encode()))
    response = people("viewer", "he").post(f"{DATA}report/")
    assert (body_of(response).decode(), response["Content-Disposition"]) == ("<h1>דוח</h1>", 'attachment; filename="here-report-he.html"')
    assert "data/report/" in text_of(people("viewer", "he").get(DATA))


def test_what_does_not_exist_is_refused(people):
    assert people("viewer").post(f"{DATA}everything/").status_code == 400


@pytest.mark.parametrize("trouble", ["busy", "slow", "broken"])
def test_when_an_export_cannot_be_made_one_is_told_to_come_back(people, monkeypatch, trouble):
    import subprocess

    from klal.services import taking_home

    if trouble == "busy":
        monkeypatch.setattr(taking_home, "_making", type("Held", (), {"acquire": lambda *_, **__: False})())
    if trouble == "slow":
        monkeypatch.setattr(taking_home, "SECONDS", 0.05)
    if trouble == "broken":
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), 1))
    response = people("owner").post(f"{DATA}polis/")
    assert response.status_code == 503
    assert "Retry-After" in response
