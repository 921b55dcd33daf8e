"""Seed statements on the page: typed, pasted, uploaded, mended, removed; bad rows beside good ones, nothing lost in silence."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.web.pages import HOME, numbers, text_of, vote

PAGE = "/convene/c/here/seeds/"
STEP = "/convene/c/here/create/statements/"


def texts(here):
    return list(here.statements.order_by("pk").values_list("text", flat=True))[4:]


def upload(raw, name="seeds.csv"):
    return SimpleUploadedFile(name, raw if isinstance(raw, bytes) else raw.encode())


def mend_form(page):
    """Return the key of the first row that is to be mended."""
    return page.split('name="key" value="')[1].split('"')[0]


def test_seeds_are_the_owners(here, shut_out):
    shut_out(PAGE, allowed=("owner",), methods=("GET", "POST"))


def test_a_draft_takes_them_in_its_step(here, people):
    type(here).objects.filter(pk=here.pk).update(phase="draft")
    assert people("owner").get(PAGE)["Location"] == STEP
    assert people("owner").post(STEP, {"lines": "New one here.", "what": "go"})["Location"] == "/convene/c/here/create/rules/"
    assert people("owner").post(STEP, {"lines": "Another one here.", "what": "add"})["Location"] == f"{STEP}?taken=1#seeds"
    assert people("owner").post(STEP, {"lines": "", "what": "go"})["Location"] == "/convene/c/here/create/rules/"
    assert people("owner").post(STEP, {"lines": "!!!", "what": "go"})["Location"] == f"{STEP}?taken=0#mend"


def test_ten_lines_are_ten_statements_and_people_vote_on_them_at_once(here, people):
    lines = "\n".join(f"Statement number {number} is a good one." for number in range(10))
    assert people("owner").post(PAGE, {"lines": lines})["Location"] == f"{PAGE}?taken=10#seeds"
    page = text_of(people("owner").get(f"{PAGE}?taken=10"))
    assert "10 statements were added." in page
    assert "14 statements" in page
    assert len(texts(here)) == 10
    assert vote(people("nobody"), numbers(here)[-1]).status_code == 303


@pytest.mark.parametrize(
    "raw",
    ["text,he\nOne bench.,ספסל\nTwo trees.,", "\ufefftext;he\nOne bench.;ספסל\nTwo trees.;", "text\the\nOne bench.\tספסל\nTwo trees."],
)
def test_tables_with_all_separators_are_taken(here, people, raw):
    assert people("owner").post(PAGE, {"file": upload(raw)})["Location"] == f"{PAGE}?taken=2#seeds"
    assert texts(here) == ["One bench.", "Two trees."]
    assert here.statements.order_by("pk")[4].translations == {"he": "ספסל"}


def test_bad_rows_are_shown_with_their_line_and_their_words_and_good_ones_are_stored(here, people):
    raw = "text,language\nOne bench.,en\nEvery street should have a bench.,en\n!!!,en\nThree,klingon\n"
    assert people("owner").post(PAGE, {"file": upload(raw)})["Location"] == f"{PAGE}?taken=1#mend"
    page = text_of(people("owner").get(PAGE))
    for told in (
        "Row 3",
        "This is there already",
        "Row 4",
        "There are no words in it.",
        "Row 5",
        "Found the language klingon",
        "3 rows cannot be",
    ):
        assert told in page, told
    assert texts(here) == ["One bench."]


def test_a_row_is_mended_or_thrown_away(here, people):
    owner = people("owner")
    owner.post(PAGE, {"lines": "!!!\n???"})
    key = mend_form(text_of(owner.get(PAGE)))
    form = {"what": "mend", "key": [key], f"text_{key}": "Mended well.", f"language_{key}": "en", f"he_{key}": "תוקן"}
    assert owner.post(PAGE, form)["Location"] == f"{PAGE}?taken=1#seeds"
    assert owner.post(PAGE, form)["Location"] == f"{PAGE}?taken=0#seeds"  # sent twice it is there once
    assert texts(here) == ["Mended well."]
    assert here.statements.order_by("-pk").first().translations == {"he": "תוקן"}
    key = mend_form(text_of(owner.get(PAGE)))
    assert owner.post(PAGE, {"what": "mend", "key": [key], f"text_{key}": "x" * 2001}).status_code == 422
    assert owner.post(PAGE, {"drop": key})["Location"] == f"{PAGE}#mend"
    assert "To be mended" not in text_of(owner.get(PAGE))


def test_only_as_many_rows_as_a_form_holds_are_mended_at_once(here, people):
    people("owner").post(PAGE, {"lines": "\n".join("!" * (n + 1) for n in range(13))})
    page = text_of(people("owner").get(PAGE))
    assert page.count('class="mend-row"') == 10
    assert "3 more rows follow" in page


@pytest.mark.parametrize(
    ("raw", "name", "told"),
    [
        ("שלום".encode("cp1255"), "a.csv", "not UTF-8"),
        ("foo,bar\n1,2\n", "a.csv", "names the columns foo, bar"),
        ("text\n" + "x" * 2001, "a.csv", "does not look like a list"),
        ("x" * 1_000_001, "a.csv", "more than 1 MB"),
        ("\n".join(f"Row {n} is here" for n in range(2001)), "a.txt", "at most 2,000"),
    ],
)
def test_a_file_that_cannot_be_taken_is_refused_whole_and_what_was_typed_stays(here, people, raw, name, told):
    response = people("owner").post(PAGE, {"lines": "Typed by hand.", "file": upload(raw, name)})
    page = text_of(response)
    assert response.status_code == 422
    assert told in page
    assert "Typed by hand." in page
    assert texts(here) == []


def test_columns_that_mean_nothing_are_named(here, people):
    response = people("owner").post(PAGE, {"file": upload("id,text,note\n1,One bench.,x\n")})
    assert "Columns that were not used: id, note" in text_of(response)
    assert texts(here) == ["One bench."]


def test_a_seed_without_votes_is_removed_and_one_with_votes_is_not(here, people):
    owner, (first, second, *_) = people("owner"), numbers(here)
    people("nobody").get(HOME)
    vote(people("nobody"), first)
    assert owner.post(PAGE, {"remove": second})["Location"] == f"{PAGE}?removed=1#seeds"
    assert owner.post(PAGE, {"remove": second}).status_code == 303
    refused = owner.post(PAGE, {"remove": first})
    assert (refused.status_code, "People have voted" in text_of(refused)) == (409, True)
    page = text_of(owner.get(f"{PAGE}?removed=1"))
    assert "The statement was removed." in page
    assert "Has votes" in page
    type(here).objects.get().statements.filter(pk=first).update(state="rejected")
    assert "Taken down" in text_of(owner.get(PAGE))


def test_advice_is_given_to_who_is_signed_in_and_stores_nothing(here, people):
    lines = {"lines": "Why is it so?\n\nA good bench is worth a lot."}
    found = people("stranger").post("/convene/advice/", lines).json()
    assert [one["text"] for one in found["lines"]] == ["Why is it so?"]
    assert people("nobody").post("/convene/advice/", lines).status_code == 303
    assert people("stranger").get("/convene/advice/").status_code == 405


def test_advice_stands_beside_stored_seeds(here, people):
    people("owner").post(PAGE, {"lines": "Why is it so?"})
    assert "Say what you think instead" in text_of(people("owner").get(PAGE))


def test_those_who_speak_are_advised_too(here, people):
    found = people("nobody").get(f"{HOME}speak/similar", {"text": "Why is it so?"}).json()
    assert found["advice"] == ["It asks. Say what you think instead, so that one can agree or disagree."]


def test_a_body_larger_than_any_form_is_refused_before_it_is_read(here, people):
    assert people("owner").post(PAGE, {"lines": "x" * 70_000}).status_code == 413
    assert people("owner").post(PAGE, {"file": upload("x" * 1_100_000)}).status_code == 413
    plain = people("owner").post(PAGE, "lines=" + "x" * 70_000, content_type="application/x-www-form-urlencoded")
    assert plain.status_code == 413


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    raw=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)),
    head=st.sampled_from([b"", b"text,en\n", b"he;en\n", b"\xff\xfe"]),
)
def test_no_file_is_a_fault(here, people, raw, head):
    response = people("owner").post(PAGE, {"lines": raw.decode("utf-8", "replace"), "file": upload(head + raw)})
    assert response.status_code in {200, 303, 422}, raw
    for row in here.statements.all():
        assert row.text.strip()
