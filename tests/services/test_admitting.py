"""Personal links: made in rounds, kept as digests, good for one person on any device, taken back for good."""

from __future__ import annotations

import pytest

from klal.domain.admission import new_round
from klal.domain.small_table import Flaw, Table, read_table
from klal.errors import BadAdmissionCodeError, BadIdentityError

ROUND = new_round()


@pytest.fixture
def here(database):
    from klal.services.opening import open_conversation

    made = open_conversation("What joins our town?", slug="here")
    made.voters = "invited"
    made.save()
    return made


@pytest.fixture
def dana(here):
    from django.contrib.auth.models import User

    return User.objects.create_user("dana")


def people(text):
    from klal.services.admitting import NAMES

    return read_table(text, NAMES)


def codes(here, round_secret=ROUND):
    from klal.services.admitting import links_of_round

    return {name: link.rpartition("=")[2] for name, link in links_of_round(here, round_secret, "https://klal.example")}


def test_every_id_gets_one_link_and_bad_rows_are_told(here, dana):
    from klal.services.admitting import counts_of, invite, links_of_round

    found = invite(here, dana, people(f'id,note\n7,x\n8,y\n7,z\n,w\n{"9" * 257},\n"8,\n'), ROUND)
    assert (found.made, found.there, found.bad_count) == (2, 0, 4)
    assert [(row.line, row.problem.kind) for row in found.bad] == [(4, "again"), (5, "no_name"), (6, "long"), (7, "quotes")]
    assert counts_of(here) == (2, 0)
    assert links_of_round(here, ROUND, "https://k.example")[0][1].startswith("https://k.example/c/here/come/?code=")


def test_the_same_list_sent_again_changes_nothing_and_another_round_knows_no_link(here, dana):
    from klal.services.admitting import invite
    from klal.store.models import Admission, AuditEntry

    invite(here, dana, people("7\n8"), ROUND)
    before = codes(here)
    assert invite(here, dana, people("7\n8"), ROUND).made == 2
    later = new_round()
    found = invite(here, dana, people("7\n9"), later)
    assert (found.made, found.there) == (1, 1)
    assert codes(here) == before
    assert set(codes(here, later)) == {"9"}
    assert AuditEntry.objects.filter(act="people_admitted").count() == 2
    stored = {value for row in Admission.objects.values() for value in map(str, row.values())}
    assert not stored & set(before.values())


def test_a_code_makes_one_participant_however_many_devices(here, dana):
    from klal.services.admitting import admit, counts_of, find_admission, invite
    from klal.store.models import Channel, Participant

    Channel.objects.create(conversation=here, code="school", name="School")
    invite(here, dana, people("7"), ROUND)
    code = codes(here)["7"]
    assert find_admission(here, code.lower()).external_id == "7"
    first = admit(here, code, language="he", channel="school")
    assert admit(here, code.replace("-", ""), language="en") == first
    person = Participant.objects.get()
    assert (person.key, person.external_id, person.language, person.channel) == (first.key, "7", "he", "school")
    assert counts_of(here) == (1, 1)


def test_who_was_imported_under_this_id_is_who_comes(here, dana):
    from klal.services.admitting import admit, invite
    from klal.store.models import Participant

    known = Participant.objects.create(conversation=here, label="5", external_id="7")
    invite(here, dana, people("7"), ROUND)
    identity = admit(here, codes(here)["7"])
    known.refresh_from_db()
    assert (known.key, Participant.objects.count()) == (identity.key, 1)


def test_what_is_taken_back_lets_nobody_in_and_a_new_link_opens_the_same_place(here, dana):
    from klal.services.admitting import admit, invite, revoke
    from klal.services.joining import find_participant
    from klal.store.models import Admission, AuditEntry

    invite(here, dana, people("7\n8"), ROUND)
    old = codes(here)["7"]
    identity = admit(here, old)
    number = Admission.objects.get(external_id="7").pk
    revoke(here, dana, number)
    revoke(here, dana, number)
    with pytest.raises(BadAdmissionCodeError):
        admit(here, old)
    with pytest.raises(BadIdentityError):
        find_participant(here, identity)
    later = new_round()
    invite(here, dana, people("7"), later)
    again = admit(here, codes(here, later)["7"])
    assert (again.key, again.epoch) == (identity.key, identity.epoch + 1)
    revoke(here, dana, Admission.objects.get(external_id="8").pk)
    assert list(AuditEntry.objects.filter(act="admission_revoked").order_by("pk").values_list("facts", flat=True)) == [
        {"used": 1},
        {"used": 0},
    ]


@pytest.mark.parametrize("code", ["", "short", "0000-0000-0000-0000", "\0"])
def test_a_code_of_nobody_is_refused(here, code):
    from klal.services.admitting import admit

    with pytest.raises(BadAdmissionCodeError):
        admit(here, code)


def test_a_list_that_cannot_be_read_or_is_endless_is_refused_whole(here, dana, monkeypatch):
    from klal.services import admitting

    problems = [admitting.invite(here, dana, Table(flaw=flaw), ROUND).problem for flaw in (Flaw.ENCODING, Flaw.COLUMNS)]
    monkeypatch.setattr(admitting, "MOST_AT_ONCE", 1)
    problems.append(admitting.invite(here, dana, people("1\n2"), ROUND).problem)
    assert [problem and problem.kind for problem in problems] == ["encoding", "columns", "too_many"]
