from __future__ import annotations

import json

import numpy as np
import pytest

from klal.core.person_model import PersonModel
from klal.core.votes import PASS
from klal.core.why import why_person
from klal.domain.placing import Placing, reasons_of
from klal.store.configuration import Configuration
from tests.core.tables import camps
from tests.services.stored import store_table


@pytest.fixture
def found(database: Configuration):
    from klal.services.recompute import find

    table = camps((70, 50), 24, seen=0.6)
    table[:, 20] = np.nan
    table[:6, 20] = 1.0
    return find(store_table(table).pk)


def test_a_page_finds_the_same_reasons_as_the_analysis(found) -> None:
    from klal.services.placing import placing_document

    numbers = found.stored.statement_numbers[found.stored.analysed]
    model = Placing.read(json.loads(json.dumps(placing_document(found))))
    person_model, votes = PersonModel.of(found.analysis), found.analysis.votes
    near_first, same_change = [], []
    for row in range(0, 120, 6):
        why = why_person(found.analysis, row, model=person_model)
        part = slice(int(votes.indptr[row]), int(votes.indptr[row + 1]))
        answers = {
            int(numbers[j]): code == 3 for j, code in zip(votes.columns[part], votes.codes[part], strict=True) if code != PASS and j != 20
        }
        page = reasons_of(model, answers)
        assert page is not None
        assert page.slot == found.slots[why.group]
        effect = dict(zip(numbers[why.statements].tolist(), why.effect.tolist(), strict=True))
        near_first.append(
            effect[page.holding[0]] > 0.75 * max(effect.values())
        )  # many are about as strong, and a page reckons to first order
        needed = len(why.reversed.statements)
        same_change.append((None if page.change is None else len(page.change)) == (needed if needed <= 8 else None))
    assert np.mean(near_first) > 0.85
    assert np.mean(same_change) > 0.9


def test_a_statement_that_few_decided_on_is_left_out(found) -> None:
    from klal.services.placing import placing_document

    numbers = found.stored.statement_numbers[found.stored.analysed]
    document = placing_document(found)
    assert str(numbers[20]) not in document["statements"]
    assert str(numbers[0]) in document["statements"]


def test_with_one_body_there_is_nothing_to_tell_apart(database: Configuration) -> None:
    from klal.services.placing import placing_document
    from klal.services.recompute import find

    table = np.random.default_rng(0).choice([1.0, -1.0], (40, 10))
    document = placing_document(find(store_table(table).pk))
    assert len(document["slots"]) == 1
    assert reasons_of(Placing.read(document), {int(number): True for number in document["statements"]}).slot is None
