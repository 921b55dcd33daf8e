"""Personal links on the pages: made, taken home once, used on two devices, taken back."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.web.pages import HOME, numbers, standing_votes, text_of, vote

PAGE, LINKS, REVOKE = (f"/convene/c/here/invited/{part}" for part in ("", "links/", "revoke/"))


@pytest.fixture
def invited(here):
    type(here).objects.filter(pk=here.pk).update(voters="invited")
    here.refresh_from_db()
    return here


def round_of(people):
    found = re.search(r'name="round" value="([^"]+)"', text_of(people("owner").get(PAGE)))
    assert found
    return found.group(1)


def make(people, ids, **fields):
    secret = round_of(people)
    return secret, people("owner").post(PAGE, {"round": secret, "ids": ids, **fields})


def links(people, secret):
    lines = people("owner").post(LINKS, {"round": secret}).content.decode("utf-8-sig").splitlines()
    return {name: link.removeprefix("http://localhost") for name, _, link in (line.partition(",") for line in lines[1:])}


def test_invitations_are_the_owners(invited, shut_out):
    shut_out(PAGE, allowed=("owner",), methods=("GET", "POST"))
    shut_out(LINKS, allowed=("owner",), methods=("POST",))
    shut_out(REVOKE, allowed=("owner",), methods=("POST",))


def test_links_are_shown_by_the_answer_to_the_form_only(invited, people):
    secret, made = make(people, "7\n8\n7\n")
    page = text_of(made)
    assert "2 personal links are ready." in page
    assert "Given in line 1 already." in page
    assert "come/?code=" not in page
    assert set(links(people, secret)) == {"7", "8"}
    assert links(people, round_of(people)) == {}  # another visit to the page has another secret
    again = people("owner").post(PAGE, {"round": secret, "ids": "7\n8"})
    assert "2 personal links are ready." in text_of(again)
    assert "2 people were invited before" in text_of(make(people, "7\n8")[1])


def test_a_file_adds_to_what_was_typed(invited, people):
    file = SimpleUploadedFile("a.csv", b"name;id\nDana;9\n")
    secret, _ = make(people, "7", file=file)
    assert set(links(people, secret)) == {"7", "9"}
    by_name = SimpleUploadedFile("b.csv", b"name,phone\nDana,5\n")
    secret, _ = make(people, "", file=by_name)
    assert set(links(people, secret)) == {"Dana"}
    for raw, told in (("שם".encode("cp1255"), "not UTF-8"), (b"x" * 1_000_001, "more than 1 MB")):
        _, refused = make(people, "7", file=SimpleUploadedFile("a.csv", raw))
        assert (refused.status_code, told in text_of(refused)) == (422, True)


def test_ids_that_a_spreadsheet_would_run_are_fenced(invited, people):
    secret, _ = make(people, "=1+1")
    assert "'=1+1" in people("owner").post(LINKS, {"round": secret}).content.decode("utf-8-sig")


def test_a_secret_that_was_made_up_is_refused(invited, people):
    for address in (PAGE, LINKS):
        assert people("owner").post(address, {"round": "x", "ids": "7"}).status_code == 400


def test_a_link_lets_one_person_in_on_any_device(invited, people, visitor):
    secret, _ = make(people, "7")
    link = links(people, secret)["7"]
    code = link.partition("code=")[2]
    phone, laptop = visitor("he"), visitor()
    page = phone.get(link)
    assert "הוזמנת." in text_of(page)
    assert not invited.participants.exists()
    assert vote(visitor(), numbers(invited)[0]).status_code == 403
    for device, choice in ((phone, "agree"), (laptop, "disagree")):
        assert device.post(f"{HOME}come/", {"code": code})["Location"] == HOME
        assert vote(device, numbers(invited)[0], choice).status_code == 303
    assert len(standing_votes(invited)) == 1
    assert invited.participants.get().external_id == "7"
    assert "1 has come." in text_of(people("owner").get(PAGE))
    assert phone.put(link).status_code == 405


@pytest.mark.parametrize("code", ["", "nonsense", "0000-0000-0000-0000", "\0"])
def test_an_unknown_link_is_refused(invited, visitor, code):
    assert visitor().get(f"{HOME}come/", {"code": code}).status_code == 422
    assert visitor().post(f"{HOME}come/", {"code": code}).status_code == 422


def test_who_is_taken_back_votes_no_more_and_may_be_invited_again(invited, people, visitor):
    secret, _ = make(people, "7")
    link, guest = links(people, secret)["7"], visitor()
    code = link.partition("code=")[2]
    guest.post(f"{HOME}come/", {"code": code})
    vote(guest, numbers(invited)[0])
    number = invited.admissions.get().pk
    for _ in range(2):
        assert people("owner").post(REVOKE, {"admission": number})["Location"].endswith("invited/?revoked=1#list")
    assert people("owner").post(REVOKE, {"admission": "x"}).status_code == 303
    assert "The link was taken back." in text_of(people("owner").get(f"{PAGE}?revoked=1"))
    assert guest.get(link).status_code == 422
    assert vote(guest, numbers(invited)[1]).status_code == 403
    secret, _ = make(people, "7")
    guest.post(f"{HOME}come/", {"code": links(people, secret)["7"].partition("code=")[2]})
    assert vote(guest, numbers(invited)[1]).status_code == 303
    assert len(standing_votes(invited)) == 2


def test_people_are_found_and_turned_page_by_page(invited, people):
    make(people, "\n".join(f"member {number:03}" for number in range(60)))
    page = text_of(people("owner").get(PAGE))
    assert "member 049" in page
    assert "member 050" not in page
    assert "member 050" in text_of(people("owner").get(PAGE, {"page": 2}))
    found = text_of(people("owner").get(PAGE, {"search": "059"}))
    assert "member 059" in found
    assert "member 058" not in found
    assert "No such id." in text_of(people("owner").get(PAGE, {"search": "\0nobody", "page": "x"}))


def test_while_everybody_may_vote_the_page_says_so(here, people):
    assert "Everybody may vote here at the moment." in text_of(people("owner").get(PAGE))
