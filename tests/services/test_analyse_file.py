import json
from pathlib import Path

import jsonschema
import polars as pl
import pytest

from klal.domain.language import get
from klal.errors import InputError, NotEnoughVotesError, OutputError
from klal.io import ExportFormat, write_conversation
from klal.io.analysis_json import analysis_schema
from klal.services.analyse_file import RESULTS, analyse_conversation, ranks_of, read_votes, write_results
from klal.services.demonstration import demonstration


@pytest.fixture(scope="module")
def conversation_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("conversation") / "demo.parquet"
    write_conversation(demonstration(), path, format=ExportFormat.PARQUET)
    return path


def results(path: Path, out: Path, **options):
    conversation = read_votes(path)
    analysed = analyse_conversation(conversation, **options)
    write_results(analysed, out, language=get("en"))
    return analysed


def test_all_five_results_are_written(conversation_file, tmp_path):
    results(conversation_file, tmp_path / "out")
    assert sorted(entry.name for entry in (tmp_path / "out").iterdir()) == sorted(RESULTS)


def test_the_document_follows_the_published_schema(conversation_file, tmp_path):
    path = tmp_path / "ranks.csv"
    path.write_text("participant,age\n" + "".join(f"{k},{'old' if k % 2 else 'young'}\n" for k in range(200)), encoding="utf-8")
    conversation = read_votes(conversation_file)
    analysed = analyse_conversation(conversation, features=ranks_of(conversation, path))
    write_results(analysed, tmp_path / "out", language=get("en"))
    document = json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(analysis_schema(), format_checker=jsonschema.FormatChecker()).validate(document)
    assert [one["rank"] for one in document["statements"][0]["ranks"]] == ["old", "young"]


def test_the_schema_is_itself_valid():
    jsonschema.Draft202012Validator.check_schema(analysis_schema())


def test_equal_input_and_seed_give_the_same_bytes(conversation_file, tmp_path):
    for name in ("one", "two"):
        results(conversation_file, tmp_path / name, seed=3)
    for name in RESULTS:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_tables_say_what_the_document_says(conversation_file, tmp_path):
    analysed = results(conversation_file, tmp_path / "out")
    document = json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))
    participants = pl.read_parquet(tmp_path / "out" / "participants.parquet")
    assert participants["participant"].to_list() == [one["id"] for one in document["participants"]]
    assert participants["group"].to_list() == [one["group"] for one in document["participants"]]
    statements = pl.read_csv(tmp_path / "out" / "statements.csv")
    assert statements["common_ground_rank"].to_list() == list(range(1, analysed.analysis.votes.shape[1] + 1))
    by_id = {one["id"]: one for one in document["statements"]}
    for row in statements.iter_rows(named=True):
        assert row["agree"] == by_id[row["statement"]]["agree"]
        assert row["text"] == by_id[row["statement"]]["text"]


def test_an_earlier_result_is_replaced_and_other_peoples_files_are_not(conversation_file, tmp_path):
    out = tmp_path / "out"
    results(conversation_file, out)
    results(conversation_file, out, seed=9)
    assert json.loads((out / "analysis.json").read_text(encoding="utf-8"))["provenance"]["seed"] == 9
    (out / "thesis.docx").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"thesis\.docx"):
        results(conversation_file, out)
    assert json.loads((out / "analysis.json").read_text(encoding="utf-8"))["provenance"]["seed"] == 9


def test_a_fault_half_way_leaves_nothing(conversation_file, tmp_path, monkeypatch):
    import klal.services.analyse_file as module

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_participants", broken)
    with pytest.raises(OutputError, match="no space left"):
        results(conversation_file, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_nobody_having_voted_is_said(tmp_path):
    path = tmp_path / "empty.csv"
    path.write_text("participant,statement,vote\n", encoding="utf-8")
    with pytest.raises(InputError):
        read_votes(path)
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "participants-votes.csv").write_text("participant,group-id,n-comments,n-votes,n-agree,n-disagree,0\n1,,0,0,0,0,\n")
    with pytest.raises(NotEnoughVotesError, match="found 0 votes, needed at least 1"):
        read_votes(folder)


def test_participants_of_a_large_conversation_are_in_the_table_only(conversation_file, tmp_path, monkeypatch):
    import klal.io.analysis_json as module

    monkeypatch.setattr(module, "MOST_PARTICIPANTS", 100)
    results(conversation_file, tmp_path / "out")
    assert "participants" not in json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))


def test_rejected_statements_are_named_by_id_only_and_meta_ones_in_full(tmp_path):
    from dataclasses import replace

    from klal.domain.records import Moderation

    base = demonstration()
    rejected = replace(base.statements[3], moderation=Moderation.REJECTED)
    meta = replace(base.statements[4], is_meta=True)
    conversation = replace(base, statements=(*base.statements[:3], rejected, meta, *base.statements[5:]))
    write_results(analyse_conversation(conversation), tmp_path / "out", language=get("en"))
    document = json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))
    assert document["set_aside"] == [{"id": 3, "reason": "rejected"}, {"id": 4, "reason": "meta", "text": meta.text}]
    for name in ("report.html", "analysis.json", "statements.csv", "map.svg"):
        assert rejected.text not in (tmp_path / "out" / name).read_text(encoding="utf-8")


@pytest.mark.shared
def test_every_public_conversation_gives_a_valid_document(public_conversation, tmp_path):
    results(public_conversation, tmp_path / "out")
    document = json.loads((tmp_path / "out" / "analysis.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(analysis_schema()).validate(document)


def test_control_characters_of_a_topic_break_neither_page_nor_picture(tmp_path):
    from dataclasses import replace
    from xml.etree import ElementTree

    base = demonstration()
    nasty = replace(base, info=replace(base.info, topic="Bad \x1b\x01 topic"))
    write_results(analyse_conversation(nasty), tmp_path / "out", language=get("en"))
    ElementTree.fromstring((tmp_path / "out" / "map.svg").read_text(encoding="utf-8"))
    assert "\x1b" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
