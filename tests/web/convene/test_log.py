"""The log of administrative acts."""

from __future__ import annotations

import csv
import io

import pytest

from klal.domain.language import available, get
from tests.web.pages import text_of

LOG, HOST = "/convene/c/here/log/", "/convene/log/"


@pytest.fixture
def database(sqlite_database):
    """Return the embedded database."""
    return sqlite_database


def note(act, who, conversation, **facts):
    from django.contrib.auth.models import User

    from klal.services.auditing import note_act

    note_act(act, User.objects.filter(username=who).first(), conversation, subject="account:7", **facts)


def table(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_log_is_for_owners(shut_out):
    shut_out(LOG, allowed=("owner",))
    shut_out(f"{LOG}acts.csv", allowed=("owner",))


def test_the_whole_log_is_for_the_host(people, visitor, here):
    from django.contrib.auth.models import User

    for address in (HOST, f"{HOST}acts.csv"):
        assert people("nobody").get(address).status_code == 303
        for who in ("owner", "moderator", "stranger"):
            assert people(who).get(address).status_code == 404
    client = visitor()
    client.force_login(User.objects.create_superuser("host"))
    note("invited", "owner", here, email="noa@example.org", role="viewer")
    note("account_made", None, None, name="noa")
    page = text_of(client.get(HOST))
    assert "from the terminal" in page
    assert "here" in page
    assert len(table(client.get(f"{HOST}acts.csv"))) == 3
    assert client.post(HOST).status_code == 405


def test_each_act_is_a_sentence_in_the_readers_language_newest_first(people, here):
    people("owner")
    note("invited", "owner", here, email="noa@example.org", role="viewer")
    note("role_set", "owner", here, name="<b>noa</b>", role="owner", old="viewer")
    note("unheard_of", "owner", here)
    page = text_of(people("owner").get(LOG))
    assert "Invited noa@example.org as viewer" in page
    assert page.index("unheard_of") < page.index("Made &lt;b&gt;noa&lt;/b&gt; owner; was viewer") < page.index("Invited noa@")
    hebrew = text_of(people("owner", "he").get(LOG))
    assert "לתפקיד <bdi>צפייה</bdi>" in hebrew or "לתפקיד צפייה" in hebrew


def test_it_is_filtered_by_kind_paged_and_downloaded(people, here):
    people("owner")
    for n in range(60):
        note("invited", "owner", here, email=f"{n}@example.org", role="viewer")
    note("removed", "owner", here, name="=cmd|' /C calc'!A0", role="viewer")
    client = people("owner")
    first = text_of(client.get(LOG))
    assert first.count('<ol class="deeds"') == 1
    assert "Invited … as …" in first
    assert "Invited 11@example.org" in first
    assert "Invited 10@example.org" not in first
    assert "Invited 10@example.org" in text_of(client.get(f"{LOG}?page=2"))
    for odd in ("page=99", "page=x", "page=-1", "kind=evil"):
        assert client.get(f"{LOG}?{odd}").status_code == 200
    only = text_of(client.get(f"{LOG}?kind=removed"))
    assert "Invited 3@" not in only
    rows = table(client.get(f"{LOG}acts.csv?kind=removed"))
    assert rows[0] == ["time", "account", "conversation", "act", "subject", "sentence"]
    assert rows[1][1:5] == ["owner", "here", "removed", "account:7"]
    assert len(table(client.get(f"{LOG}acts.csv"))) == 62


def test_no_cell_is_a_formula_to_a_spreadsheet(people, here):
    people("owner")
    note("=1+1", "owner", here)
    assert table(people("owner").get(f"{LOG}acts.csv"))[1][3] == "'=1+1"


@pytest.mark.parametrize("code", available())
def test_every_act_the_package_notes_has_a_sentence(code):
    import re
    from pathlib import Path

    import klal

    texts = [path.read_text(encoding="utf-8") for path in Path(klal.__file__).parent.rglob("*.py")]
    acts = {act for text in texts for act in re.findall(r"""note_act\(\s*["'](\w+)["']""", text)}
    assert [act for act in sorted(acts) if not get(code).has(f"convene.act.{act}")] == []
    assert len(acts) > 10
