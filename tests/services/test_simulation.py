import pytest

from klal.errors import BadOptionError
from klal.services.simulation import parse_shares, simulate


def test_shares_are_read():
    assert parse_shares("0.7, 0.3") == (0.7, 0.3)
    assert parse_shares("1") == (1.0,)


@pytest.mark.parametrize("text", ["", "a", "0.5,0.6", "1.2,-0.2", "0,1"])
def test_shares_that_are_none_are_refused(text):
    with pytest.raises(BadOptionError, match="--groups"):
        parse_shares(text)


def test_a_synthetic_conversation_says_so():
    conversation = simulate(50, 10, mean_votes=5, shares=(1.0,), seed=0)
    assert conversation.info.notes == ("synthetic",)
    assert len(conversation.statements) == 10
    assert conversation.log.to_matrix().n_votes == len(conversation.log)
