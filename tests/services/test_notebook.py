import numpy as np
import pytest

import klal
from klal.services.demonstration import demonstration
from tests.core.tables import camps


@pytest.fixture(scope="module")
def found():
    return klal.analyse(demonstration())


def test_it_shows_itself(found):
    assert str(found) == repr(found)
    assert "260 participants, 24 statements" in repr(found)
    page = found._repr_html_()
    assert "<svg" in page
    assert "<table>" in page


def test_texts_are_never_markup():
    from dataclasses import replace

    conversation = demonstration()
    nasty = replace(conversation.statements[21], text="<script>alert(1)</script>")
    statements = (*conversation.statements[:21], nasty, *conversation.statements[22:])
    assert "<script>" not in klal.analyse(replace(conversation, statements=statements))._repr_html_()


def test_tables_have_a_row_for_everybody_and_everything(found):
    assert found.statements.height == 24
    assert found.statements["rank"].to_list() == list(range(1, 25))
    assert found.participants.height == 260
    assert set(found.participants["group"].to_list()) == {"A", "B", "C", None}


def test_it_is_the_same_document_as_the_file(found):
    assert found.to_dict()["schema"] == "klal-analysis/1"


def test_it_saves_everything(found, tmp_path):
    files = found.save(tmp_path / "out", language="he")
    assert all(file.stat().st_size > 0 for file in files)
    assert 'dir="rtl"' in files[0].read_text(encoding="utf-8")


def test_a_bare_table_will_do():
    found = klal.analyse(camps((40, 30), 20), seed=3)
    assert found.analysis.provenance.seed == 3
    assert found.statements["text"].to_list() == [""] * 20


def test_polis_groups_and_settings():
    table = camps((40, 30), 20)
    assert klal.analyse(table, grouping="polis").analysis.provenance.settings.grouping.method.value == "polis"
    settings = klal.AnalysisSettings()
    assert klal.analyse(table, settings=settings).analysis.provenance.settings is settings
    both = klal.analyse(table, settings=settings, grouping="polis")
    assert both.analysis.provenance.settings.grouping.method.value == "polis"


def test_ranks_in_a_notebook():
    found = klal.analyse(camps((40, 30), 20), features={"age": ["old", "young"] * 35})
    assert found.to_dict()["ranks"] == [{"feature": "age", "ranks": [{"rank": "old", "size": 35}, {"rank": "young", "size": 35}]}]


@pytest.mark.shared
def test_reading_a_polis_export(public_conversations):
    conversation = klal.read_polis(str(public_conversations / "brexit-consensus"))
    assert isinstance(conversation, klal.Conversation)
    assert klal.analyse(conversation).analysis.votes.shape == (204, 50)


def test_public_names_are_all_there_and_no_more():
    assert set(dir(klal)) >= set(klal.__all__)
    assert all(getattr(klal, name) is not None for name in klal.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        klal.nonsense  # noqa: B018 - the access is the test
    assert np.char.isdigit(klal.__version__.replace(".", ""))
