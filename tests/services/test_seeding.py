"""Seed statements: good rows are stored, others kept with their words until they are mended or thrown away."""

from __future__ import annotations

import pytest

from klal.domain.small_table import read_table
from klal.errors import NoSuchStatementError, VotedStatementError


@pytest.fixture
def dana(database):
    from django.contrib.auth.models import User

    return User.objects.create_user("dana")


@pytest.fixture
def draft(dana):
    from klal.services.creating import Words, start_draft

    return start_draft(dana, Words(("en", "he"), {"en": {"topic": "What joins our town?"}}), "form")


def rows(text):
    from klal.services.seeding import NAMES, rows_of

    return rows_of(read_table(text, NAMES))


def texts(conversation):
    return list(conversation.statements.order_by("pk").values_list("text", "language", "label"))


def kinds(conversation):
    from klal.services.seeding import rows_to_mend

    return [(row.text[:10], problem.kind) for row, problem in rows_to_mend(conversation)]


def test_lines_are_statements_accepted_in_the_language_of_their_writing(draft, dana):
    from klal.services.seeding import add_seeds

    before = draft.revision
    assert add_seeds(draft, dana, rows("Buses should run at night.\n\nצריך ספסל בכל רחוב.")).taken == 2
    assert texts(draft) == [("Buses should run at night.", "en", "0"), ("צריך ספסל בכל רחוב.", "he", "1")]
    draft.refresh_from_db()
    assert (draft.next_statement, draft.revision) == (2, before + 1)
    assert set(draft.statements.values_list("is_seed", "state")) == {(True, "accepted")}


def test_a_table_gives_language_and_translations(draft, dana):
    from klal.services.seeding import add_seeds

    table = "text;language;he\nA bench;English;ספסל\n;he;רק עברית\n"
    assert add_seeds(draft, dana, rows(table)).taken == 2
    assert list(draft.statements.order_by("pk").values_list("text", "language", "translations")) == [
        ("A bench", "en", {"he": "ספסל"}),
        ("רק עברית", "he", {}),
    ]
    assert add_seeds(draft, dana, rows("en,he\nTrees,עצים\n,גנים\n")).taken == 2
    assert texts(draft)[2:] == [("Trees", "en", "2"), ("גנים", "he", "3")]


def test_bad_rows_are_kept_beside_good_ones_each_with_its_reason(draft, dana):
    from klal.services.seeding import add_seeds

    long = "word " * 60
    table = f'text,language\nGood,en\nGood,en\n!!!,\n{long},en\nFair,klingon\n"open,en\nwide,en,x\nBest,en\n'
    added = add_seeds(draft, dana, rows(table))
    assert (added.taken, added.to_mend, added.problem) == (2, 6, None)
    assert [text for text, *_ in texts(draft)] == ["Good", "Best"]
    assert kinds(refreshed(draft)) == [
        ("Good", "repeated"),
        ("!!!", "empty"),
        ("word word ", "long"),
        ("Fair", "language"),
        ('"open,en', "quotes"),
        ("wide, en, ", "width"),
    ]


def test_a_mended_row_leaves_the_others_as_they_are(draft, dana):
    from klal.services.seeding import SeedRow, add_seeds, drop_kept, rows_to_mend

    add_seeds(draft, dana, rows("Good\nGood\n!!!"))
    first, second = (row for row, _ in rows_to_mend(refreshed(draft)))
    assert add_seeds(draft, dana, [SeedRow("Better")], mended=[first.key]).taken == 1
    assert kinds(refreshed(draft)) == [("!!!", "empty")]
    assert add_seeds(draft, dana, [SeedRow("???")], mended=[second.key]).to_mend == 1
    assert kinds(refreshed(draft)) == [("???", "empty")]
    drop_kept(draft, [rows_to_mend(refreshed(draft))[0][0].key])
    assert kinds(refreshed(draft)) == []


def test_a_row_that_nothing_is_wrong_with_any_more_says_so(draft, dana):
    from klal.services.seeding import add_seeds, remove_seed

    add_seeds(draft, dana, rows("Good\nGood"))
    remove_seed(draft, dana, draft.statements.get().pk)
    assert kinds(refreshed(draft)) == [("Good", "look_again")]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("x" * 2001, "no_list"), ("\n".join(f"Row {n}" for n in range(2001)), "too_many"), ("\n".join(["!"] * 101), "too_many_bad")],
)
def test_what_is_no_list_of_statements_is_refused_as_a_whole(draft, dana, text, kind):
    from klal.services.seeding import add_seeds

    problem = add_seeds(draft, dana, rows(f"First\n{text}")).problem
    assert problem is not None
    assert problem.kind == kind
    assert texts(draft) == []


def test_a_seed_without_votes_goes_and_one_with_votes_stays(draft, dana):
    from klal.services.seeding import add_seeds, remove_seed, seeds_of
    from klal.store.models import Participant, Statement, VoteEvent

    add_seeds(draft, dana, rows("One\nTwo"))
    one, two = draft.statements.order_by("pk")
    person = Participant.objects.create(conversation=draft, label="0")
    VoteEvent.objects.create(participant=person, statement=two, choice=3)
    remove_seed(draft, dana, one.pk)
    remove_seed(draft, dana, one.pk)
    with pytest.raises(VotedStatementError):
        remove_seed(draft, dana, two.pk)
    said = Statement.objects.create(conversation=draft, label="9", text="Said", author=person)
    with pytest.raises(NoSuchStatementError):
        remove_seed(draft, dana, said.pk)
    assert [(seed.text, seed.has_votes) for seed in seeds_of(draft)] == [("Two", True)]


def test_a_rejected_statement_may_be_said_again(draft, dana):
    from klal.services.seeding import add_seeds

    add_seeds(draft, dana, rows("One"))
    draft.statements.update(state="rejected")
    assert add_seeds(draft, dana, rows("One")).taken == 1


def test_labels_are_texts_where_an_import_had_texts(draft, dana):
    from klal.services.seeding import add_seeds

    type(draft).objects.filter(pk=draft.pk).update(statements_are_text=True)
    add_seeds(draft, dana, rows("One"))
    assert texts(draft) == [("One", "en", "klal-0")]


def refreshed(conversation):
    conversation.refresh_from_db()
    return conversation
