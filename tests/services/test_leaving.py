from __future__ import annotations

import pytest

from tests.web.conftest import here, visitor  # noqa: F401 - fixtures
from tests.web.pages import numbers


def fresh(one):
    return type(one).objects.get(pk=one.pk)


@pytest.fixture
def ann(here):  # noqa: F811
    """Somebody who has voted, changed, withdrawn, spoken, and left an address."""
    from klal.domain.ballot import Ballot, CastVote, Choice
    from klal.domain.identity import new_identity
    from klal.domain.language import get
    from klal.intake.writer import shared_writer
    from klal.services.speaking import Draft, speak
    from klal.store.models import Admission, Appeal, ModerationAct, Participant, Proposal

    identity = new_identity()
    first, second, third, _ = numbers(here)
    votes = ((1, first, Choice.AGREE), (2, second, Choice.DISAGREE), (3, first, Choice.PASS), (4, second, None), (5, third, Choice.AGREE))
    for key, statement, choice in votes:
        shared_writer().cast(Ballot("here", identity, (CastVote(key, statement, choice, is_important=key == 5),)))
    said = speak(fresh(here), identity, Draft("=A choir in every quarter."), (get("en"),))
    ann = Participant.objects.get(key=identity.key)
    Participant.objects.filter(pk=ann.pk).update(email="ann@example.org", recovery="digest", external_id="member-7")
    Admission.objects.create(conversation=here, external_id="member-7", digest="x", participant=ann, used=here.created)
    Appeal.objects.create(statement=said, author=ann, text="Please look again.")
    Proposal.objects.create(statement=said, kind="reworded", texts=["A choir everywhere."])
    ModerationAct.objects.create(conversation=here, statement=said, act="reword", before={"text": "A choir", "state": "pending"}, note="hm")
    return fresh(ann)


def test_everything_kept_of_somebody_is_theirs_to_take(here, ann):  # noqa: F811
    from klal.services.leaving import own_data, own_table

    found = own_data(fresh(here), ann)
    assert found["you"]["email"] == "ann@example.org"
    assert found["you"]["external_id"] == "member-7"
    assert [(one["text"][:6], one["choice"], one["important"]) for one in found["votes"]] == [
        ("Every ", "pass", False),
        ("School", "agree", True),
        ("=A cho", "agree", False),
    ]
    assert [one["choice"] for one in found["history"]] == ["agree", "disagree", "pass", "withdrawn", "agree", "agree"]
    assert found["statements"][0]["became"] == "shown"
    assert "key" not in found["you"]
    table = own_table(fresh(here), ann).decode("utf-8-sig")
    assert table.splitlines()[0] == "statement,text,choice,important,time"
    assert ",'=A choir in every quarter.,agree," in table  # no formula for a spreadsheet


def test_what_a_moderator_took_down_is_not_handed_out(here, ann):  # noqa: F811
    from klal.services.leaving import own_data

    here.statements.filter(label="0").update(state="rejected")
    here.statements.filter(author=ann).update(state="rejected")
    found = own_data(fresh(here), ann)
    assert [one["text"] for one in found["votes"]] == [
        "",
        "Schools should open their yards in the afternoon.",
        "=A choir in every quarter.",
    ]


@pytest.mark.parametrize("keeps", [False, True])
def test_who_goes_leaves_nothing_that_leads_to_them(here, ann, keeps):  # noqa: F811
    from klal.services.leaving import erase
    from klal.store.models import Admission, Appeal, ModerationAct, Participant, Proposal, Statement, Vote, VoteEvent

    number, before = ann.pk, fresh(here)
    erase(fresh(here), ann, keeps_statements=keeps)
    assert not Participant.objects.exists()
    assert not Vote.objects.exists()
    assert not VoteEvent.objects.exists()
    assert not Appeal.objects.exists()
    admission = Admission.objects.get()
    assert (admission.participant_id, admission.used) == (None, None)
    said = Statement.objects.order_by("pk").last()
    assert said.author_id is None
    if keeps:
        assert (said.text, said.state) == ("=A choir in every quarter.", "pending")
        assert Proposal.objects.exists()
    else:
        assert (said.text, said.state, said.is_withdrawn) == ("", "rejected", True)
        assert not Proposal.objects.exists()
        act = ModerationAct.objects.get()
        assert (act.before, act.note) == ({"state": "pending"}, "")
    after = fresh(here)
    assert (after.revision, after.changes) == (before.revision + 1, before.changes + 1)
    assert number not in Participant.objects.values_list("pk", flat=True)
    erase(fresh(here), None, keeps_statements=keeps)
    assert fresh(here).revision == after.revision


def test_the_next_analysis_knows_nothing_of_them(here, ann):  # noqa: F811
    from klal.services.leaving import erase
    from klal.services.recompute import recompute
    from klal.store.models import Snapshot

    recompute(here.pk)
    old = Snapshot.objects.get().findings
    erase(fresh(here), ann, keeps_statements=False)
    new = recompute(here.pk)
    assert (old["counts"]["participants"], new.findings["counts"]["participants"], new.findings["counts"]["votes"]) == (1, 0, 0)
    assert Snapshot.objects.filter(number=1).values_list("findings", flat=True).first() in (old, None)


def test_votes_go_on_after_somebody_left(here, ann):  # noqa: F811
    from klal.domain.ballot import Ballot, CastVote, Choice
    from klal.domain.identity import Identity, new_identity
    from klal.intake.writer import shared_writer
    from klal.services.leaving import erase
    from klal.store.models import Participant

    key = ann.key
    erase(fresh(here), ann, keeps_statements=True)
    first = numbers(here)[0]
    shared_writer().cast(Ballot("here", new_identity(), (CastVote(9, first, Choice.AGREE),)))
    receipt = shared_writer().cast(Ballot("here", Identity(key), ()))
    assert receipt.voted == 0
    assert Participant.objects.count() == 1
    assert Participant.objects.get().label != ann.label
