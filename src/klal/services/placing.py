"""The model by which people are placed, in the form that a page can use without NumPy: kept in a snapshot, and never sent to anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from klal.core.person_model import PersonModel
from klal.domain.privacy import MIN_CELL

if TYPE_CHECKING:
    from klal.services.findings import Found

_PLACES = 3


def placing_document(found: Found) -> dict[str, Any]:
    """Return what `klal.domain.placing.Placing.read` reads.

    Parameters
    ----------
    found : Found
        The analysis.

    Returns
    -------
    dict
        Plain values, statements by their number in the store. Statements that fewer than ten people decided on are left out: how much
        an answer to one of them matters would say how the few others answered.
    """
    model = PersonModel.of(found.analysis)
    numbers = found.stored.statement_numbers[found.stored.analysed]
    rows = np.column_stack([model.offset, model.design])
    told = np.flatnonzero(found.analysis.tally.decided >= 2 * MIN_CELL)
    return {
        "statements": {str(numbers[j]): rows[j].round(_PLACES).tolist() for j in told.tolist()},
        "prior": model.prior.round(_PLACES).tolist(),
        "slots": list(found.slots),
        "shares": np.maximum(model.shares, 1e-4).round(4).tolist(),
        "centres": model.centres.round(_PLACES).tolist(),
        "tightness": np.linalg.inv(model.shape).round(_PLACES).tolist(),
    }
