import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from klal.core.labels import adjusted_rand

divisions = st.integers(1, 30).flatmap(
    lambda n: st.tuples(*[st.lists(st.integers(0, 4), min_size=n, max_size=n).map(np.array) for _ in range(2)])
)


@given(divisions)
def test_it_is_the_index_of_the_field(pair):
    a, b = pair
    assert adjusted_rand(a, b) == pytest.approx(adjusted_rand_score(a, b), abs=1e-12)


def test_nobody_is_divided_alike():
    assert adjusted_rand(np.array([], dtype=np.int64), np.array([], dtype=np.int64)) == 1.0
