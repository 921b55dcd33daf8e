import pytest

from klal.core.index import IdIndex
from klal.errors import BadIdError, BadLineError, BadOptionError, EncodingError, TooLargeError
from klal.io.ranks import read_ranks

PEOPLE = IdIndex.of([1, 2, 3])


def ranks(tmp_path, text, people=PEOPLE):
    path = tmp_path / "ranks.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_ranks(path, people)


def test_ranks_come_in_the_order_of_participants(tmp_path):
    found = ranks(tmp_path, "age,participant,role\nold,3,\n young ,1,teacher\n\nold,99,none\n")
    assert found == {"age": ["young", None, "old"], "role": ["teacher", None, None]}


def test_text_ids_and_other_names_of_the_column(tmp_path):
    assert ranks(tmp_path, "\ufeffvoter-id,age\nb,old\n", IdIndex.of(["a", "b"])) == {"age": [None, "old"]}


@pytest.mark.parametrize("text", ["", "who,age\n1,old\n", "participant\n1\n", "participant,\n1,old\n"])
def test_a_missing_column_is_named(tmp_path, text):
    with pytest.raises(BadLineError, match="participant, and columns of ranks"):
        ranks(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "error", "line"),
    [
        ("participant,age\n1,old,extra\n", BadLineError, 2),
        ("participant,age\n1,old\n1,young\n", BadLineError, 3),
        ("participant,age\n1,old\nx,young\n", BadIdError, 3),
        ("participant,age\n77,old\n", BadLineError, 1),
        ('participant,age\n1,"old\n', BadLineError, 2),
        (b"participant,age\n1,old\n2,\xff\n", EncodingError, 3),
    ],
)
def test_faults_are_found_by_line(tmp_path, text, error, line):
    with pytest.raises(error) as caught:
        ranks(tmp_path, text)
    assert caught.value.facts["line"] == line
    assert caught.value.facts["file"] == "ranks.csv"


def test_semicolons_and_line_separators_inside_cells(tmp_path):
    assert ranks(tmp_path, "participant;role\n1;a\u2028b\n") == {"role": ["a\u2028b", None, None]}


def test_a_column_named_twice_is_refused(tmp_path):
    with pytest.raises(BadLineError, match="each with a name and once"):
        ranks(tmp_path, "participant,age,age\n1,old,young\n")


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(BadOptionError, match="--ranks"):
        read_ranks(tmp_path / "nope.csv", PEOPLE)


def test_a_free_text_is_no_rank(tmp_path):
    people = IdIndex.of(list(range(60)))
    with pytest.raises(TooLargeError, match="60 ranks in the column name"):
        ranks(tmp_path, "participant,name\n" + "".join(f"{k},n{k}\n" for k in range(60)), people)
