from __future__ import annotations

from tests.web.pages import HOME, numbers, snapshot, text_of, vote

DESK = "/convene/c/here/"


def test_whoever_convenes_may_watch(shut_out):
    shut_out(DESK, allowed=("owner", "moderator", "viewer"))
    shut_out(f"{DESK}part", allowed=("owner", "moderator", "viewer"))
    shut_out(f"{DESK}alerts/", allowed=("owner", "moderator", "viewer"), methods=("POST",))


def test_before_the_first_vote_it_says_so(people):
    page = text_of(people("viewer").get(DESK))
    for words in ("No votes in this time.", "Nothing has been analysed yet.", "Nobody yet.", "There is no map yet."):
        assert words in page
    assert "moderate/" not in page


def test_it_shows_what_the_worker_counted(here, people):
    import time

    from klal.store.models import Channel, Conversation, Snapshot

    snapshot(here)
    minute = int(time.time()) // 60
    Channel.objects.create(conversation=here, code="p", name="The <b>poster")
    turnout = {
        "minutes": [[minute - 1, 1200, 3]],
        "hours": [[minute // 60, 1200, 3]],
        "depth": [[3, 40], [70, 3]],
        "stops": [[1, 6]],
        "channels": {"p": [12, 500], "": [28, 700]},
    }
    Snapshot.objects.update(turnout=turnout, milliseconds=2500)
    Conversation.objects.filter(pk=here.pk).update(analysed_changes=here.changes)
    here.statements.filter(label="0").update(state="pending")
    page = text_of(people("owner").get(DESK))
    for words in (
        "240",
        "1,234",
        "1 statement is unread",
        "1,200 votes in two hours",
        "fewer than 5",
        "The &lt;b&gt;poster",
        "took 2.5 seconds",
    ):
        assert words in page, words
    assert page.count("<svg") > 3
    assert 'class="dots"' in page
    assert "Every vote is in it." in page
    assert text_of(people("viewer").get(f"{DESK}part")).startswith('<p class="note stage-line">')
    hebrew = text_of(people("owner", "he").get(DESK))
    assert "פחות מחמישה" in hebrew
    assert "היגד אחד עוד לא נקרא" in hebrew


def test_it_says_what_looks_coordinated_and_accuses_nobody(here, people):
    from klal.store.models import Snapshot

    snapshot(here)
    made = Snapshot.objects.get(conversation=here)
    number = made.findings["common_ground"][0]["statement"]
    seen = [{"part": "ballots", "share": 1.0}, {"part": "burst", "share": 0.8}]
    pushed = [{"statement": number, "surplus": 23, "agreeing": 60}, {"statement": 10**6, "surplus": 9, "agreeing": 60}]
    made.findings["caution"] = {"accounts": 30, "sets": [{"size": 30, "evidence": seen}], "pushed": pushed, "common": 3, "still": 2}
    made.save()
    page = text_of(people("owner").get(DESK))
    assert "The votes of 30 accounts look alike beyond what their opinions explain." in page
    assert "30 accounts: the same votes on the same statements (100% of them); 80% within one day" in page
    assert "About 23 agreeing votes of 60 more than usual." in page
    assert "more than usual" not in page.replace("About 23 agreeing votes of 60 more than usual.", "")
    assert "2 of 3 statements of common ground surely stay" in page
    assert "That is no accusation" in page


def test_it_says_that_nothing_looks_coordinated(here, people):
    from klal.store.models import Snapshot

    snapshot(here)
    made = Snapshot.objects.get(conversation=here)
    made.findings["caution"] = {"accounts": 0, "sets": [], "pushed": [], "common": 0, "still": 0}
    made.save()
    assert "No accounts were found whose votes look alike" in text_of(people("owner").get(DESK))


def test_nothing_on_it_says_who_voted_what(here, people, browser_of):
    from klal.store.models import Participant

    vote(browser_of, numbers(here)[0])
    page = text_of(people("owner").get(DESK))
    assert Participant.objects.get().key not in page
    assert "1 change is new" not in page  # nothing has been analysed, so nothing is behind


def test_each_chooses_their_own_mails(here, people):
    from klal.store.models import Membership

    viewer = people("viewer", "he")
    assert viewer.post(f"{DESK}alerts/", {"alert": ["closing", "rush", "nonsense"]})["Location"] == f"{DESK}?saved=1#alerts"
    mine = Membership.objects.get(account__username="viewer")
    assert (mine.alerts, mine.language) == (["closing", "rush"], "he")
    assert text_of(viewer.get(f"{DESK}?saved=1")).count(" checked") == 2
    viewer.post(f"{DESK}alerts/")
    viewer.post(f"{DESK}alerts/")
    assert Membership.objects.get(account__username="viewer").alerts == []


def test_the_host_watches_without_being_a_member(here, people):
    from django.contrib.auth.models import User

    host = people("stranger")
    User.objects.filter(username="stranger").update(is_superuser=True)
    assert 'name="alert"' not in text_of(host.get(DESK))
    assert host.post(f"{DESK}alerts/", {"alert": ["rush"]}).status_code == 403


def test_a_draft_and_what_is_to_be_deleted_are_watched_without_events(here, people):
    owner = people("owner")
    assert f'"home": "{HOME}"' in text_of(owner.get(DESK))
    type(here).objects.filter(pk=here.pk).update(phase="draft")
    assert '"home": ""' in text_of(owner.get(DESK))
    type(here).objects.filter(pk=here.pk).update(phase="closed", deletes_at=here.created)
    assert "It is going to be deleted" in text_of(owner.get(DESK))
