"""What is handed out: links, squares, posters, messages, channels; and that the cookie of a channel counts who comes."""

from __future__ import annotations

import re

from tests.web.pages import HOME, numbers, text_of, vote

SHARE = "/convene/c/here/share/"
ALL = ("owner", "moderator", "viewer")


def test_all_who_convene_see_it_and_the_owner_changes_it(here, shut_out):
    shut_out(SHARE, allowed=ALL)
    shut_out(f"{SHARE}poster/", allowed=ALL)
    shut_out(f"{SHARE}square.svg", allowed=ALL)
    shut_out(f"{SHARE}square.png", allowed=ALL)
    shut_out(f"{SHARE}channels/", allowed=("owner",), methods=("POST",))


def add(people, name):
    people("owner").post(f"{SHARE}channels/", {"what": "add", "name": name})
    return text_of(people("owner").get(SHARE))


def test_the_page_has_link_square_messages_and_posters(here, people):
    page = text_of(people("owner").get(SHARE))
    assert '<a id="link" href="http://localhost/c/here/"' in page
    assert "<svg" in page
    assert "wa.me/?text=What%20joins%20our%20town" in page
    assert "mailto:?subject=" in page
    assert page.count("<textarea") == 2
    assert "See the 4 statements, add more" in page
    assert "What joins our town?\nTo act together.\n\nVote on what others say" in page
    assert not re.search("[\u2066-\u2069]", page.split("<textarea")[1].split("</textarea>")[0])
    assert "Rename or remove" not in text_of(people("viewer").get(SHARE))


def test_the_address_is_the_configured_one(here, people, monkeypatch):
    from dataclasses import replace

    from klal.store.opening import configuration

    known = replace(configuration(), url="https://klal.example")
    monkeypatch.setattr("klal.web.convene.share.configuration", lambda: known)
    assert 'href="https://klal.example/c/here/"' in text_of(people("owner").get(SHARE))


def test_squares_are_files_of_their_kind(here, people):
    svg, png = (people("viewer").get(f"{SHARE}square.{kind}") for kind in ("svg", "png"))
    assert svg["Content-Type"] == "image/svg+xml"
    assert b"<svg" in svg.content
    assert png.content.startswith(b"\x89PNG")
    assert 'filename="here.png"' in png["Content-Disposition"]
    add(people, "School")
    assert 'filename="here-school.svg"' in people("viewer").get(f"{SHARE}square.svg?from=school")["Content-Disposition"]
    assert people("viewer").get(f"{SHARE}square.svg?from=unknown").status_code == 400


def test_a_poster_speaks_one_language_or_two(here, people):
    here.texts = {"he": {"topic": "מה מחבר את עירנו?", "shared_purpose": "לפעול יחד."}}
    here.save()
    add(people, "School")
    one = text_of(people("viewer").get(f"{SHARE}poster/?languages=he&from=school"))
    assert "מה מחבר את עירנו?" in one
    assert "סורקים" in one
    assert "Scan</li>" not in one
    assert "For the channel School" in one
    assert "localhost/c/here/?from=school" in one
    both = text_of(people("viewer").get(f"{SHARE}poster/?languages=he,en"))
    assert 'class="poster both"' in both
    assert both.count('class="poster-part') == 2
    plain = text_of(people("viewer").get(f"{SHARE}poster/?languages=fr"))
    assert 'class="poster"' in plain


def test_a_question_in_one_language_stands_once_on_a_poster_for_two(here, people):
    page = text_of(people("viewer").get(f"{SHARE}poster/?languages=he,en"))
    assert page.count('class="poster-part') == 1


def test_channels_are_added_renamed_and_removed(here, people):
    page = add(people, "Library poster")
    assert "http://localhost/c/here/?from=library-poster" in page
    owner = people("owner")
    owner.post(f"{SHARE}channels/", {"what": "rename", "code": "library-poster", "name": "Poster in the library"})
    assert "Poster in the library" in text_of(owner.get(f"{SHARE}?renamed=1"))
    assert owner.post(f"{SHARE}channels/", {"what": "rename", "code": "library-poster", "name": " "}).status_code == 400
    for _ in range(2):
        assert owner.post(f"{SHARE}channels/", {"what": "remove", "code": "library-poster"}).status_code == 303
    assert "Poster in the library" not in text_of(owner.get(f"{SHARE}?removed=1"))
    assert owner.post(f"{SHARE}channels/", {"what": "add", "name": " "})["Location"] == f"{SHARE}#channels"
    assert owner.post(f"{SHARE}channels/", {"what": "bake"}).status_code == 400


def test_who_comes_by_a_channels_link_is_counted_there(here, people, visitor):
    add(people, "School")
    guest = visitor("he")
    response = guest.get(f"{HOME}?from=school")
    cookie = response.cookies["klal-channel"]
    assert (cookie.value, cookie["path"], cookie["samesite"], bool(cookie["httponly"])) == ("school", HOME, "Lax", True)
    vote(guest, numbers(here)[0])
    vote(visitor(), numbers(here)[0])
    page = text_of(people("owner").get(SHARE))
    assert page.count("1 person") == 2
    assert "klal-channel" not in guest.get(f"{HOME}?from=school").cookies


def test_a_code_of_no_channel_leaves_no_cookie(here, visitor):
    for code in ("unknown", "", "\0", "x" * 99, "ö"):
        assert "klal-channel" not in visitor().get(HOME, {"from": code}).cookies


def test_where_only_those_invited_vote_the_way_to_their_links_is_shown(here, people):
    type(here).objects.filter(pk=here.pk).update(voters="invited")
    assert 'href="/convene/c/here/invited/"' in text_of(people("owner").get(SHARE))
    assert 'href="/convene/c/here/invited/"' not in text_of(people("viewer").get(SHARE))


def test_a_draft_says_that_its_link_waits(here, people):
    type(here).objects.filter(pk=here.pk).update(phase="draft")
    assert "This is a draft still" in text_of(people("owner").get(SHARE))
