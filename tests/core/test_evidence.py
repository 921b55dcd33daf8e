import numpy as np
import pytest

from klal.core.evidence import Line, evidence_of, likelihood_along, path_along, readiness_variance
from klal.core.results import Bridging
from klal.core.votes import AGREE, DISAGREE
from tests.core.tables import matrix


def model(statements: int = 40, doubt: float = 0.0, factors: int = 1) -> Bridging:
    """Return a model whose statements are known, and of people nothing."""
    rng = np.random.default_rng(0)
    entries = (1 + factors) * (2 + factors) // 2
    diagonal = [(d + 1) * (d + 2) // 2 - 1 for d in range(1 + factors)]
    person_cov, statement_cov = np.zeros((2, entries)), np.zeros((statements, entries))
    person_cov[:, diagonal], statement_cov[:, diagonal] = 1.0, doubt
    return Bridging(
        mean=0.3,
        person=np.zeros((2, 1 + factors)),
        person_cov=person_cov,
        statement=rng.normal(0, 1, (statements, 1 + factors)),
        statement_cov=statement_cov,
        score=np.full(statements, 0.5),
        sweeps=1,
        converged=True,
        person_precision=np.ones(1 + factors),
        statement_mean=np.zeros(1 + factors),
        statement_precision=np.eye(1 + factors),
    )


def votes_of_two(statements: int = 40):
    rng = np.random.default_rng(1)
    return matrix(rng.choice([-1.0, 0.0, 1.0, np.nan], (2, statements), p=[0.35, 0.1, 0.35, 0.2]))


def log_likelihood(votes, bridging: Bridging, person: int, readiness: float, place: float) -> float:
    value = 0.0
    for k in range(votes.indptr[person], votes.indptr[person + 1]):
        y = bridging.statement[votes.columns[k]]
        odds = bridging.mean + readiness + y[0] + place * y[1]
        if votes.codes[k] in (AGREE, DISAGREE):
            value -= np.log1p(np.exp(-odds if votes.codes[k] == AGREE else odds))
    return value


def along(bridging: Bridging, votes, places: np.ndarray, readiness: float = 0.25) -> np.ndarray:
    rows, axes = np.arange(2), np.array([0])
    evidence = evidence_of(votes, bridging, rows, axes, readiness)
    line = Line(np.zeros(1), np.ones(1), np.zeros((1, 0)), places)
    path = path_along(evidence, axes, line, sides=2, readiness=readiness)
    return likelihood_along(votes, bridging, rows, path)


def test_the_gaussian_bends_as_the_likelihood_does():
    bridging, votes, variance, step = model(), votes_of_two(), 0.25, 1e-3
    evidence = evidence_of(votes, bridging, np.arange(2), np.array([0]), variance)
    for person in range(2):

        def best(place: float, person: int = person) -> float:
            readiness = evidence.ready[person, 0] - evidence.ready[person, 1] * place
            return log_likelihood(votes, bridging, person, readiness, place) - readiness**2 / (2 * variance)

        # at the place where the parabola touches, 0, nothing but third orders differ
        slope = (best(step) - best(-step)) / (2 * step)
        assert evidence.pull[person, 0] == pytest.approx(slope, abs=0.35)
        bend = -(best(step) - 2 * best(0) + best(-step)) / step**2
        assert evidence.precision[person, 0, 0] == pytest.approx(bend, rel=0.2)


def test_along_a_line_the_likelihood_is_exact():
    bridging, votes, variance = model(), votes_of_two(), 0.25
    places = np.linspace(-3, 3, 13)
    evidence = evidence_of(votes, bridging, np.arange(2), np.array([0]), variance)
    found = along(bridging, votes, places, variance)
    for person in range(2):
        readiness = evidence.ready[person, 0] - evidence.ready[person, 1] * places
        exact = [log_likelihood(votes, bridging, person, r, t) - r**2 / (2 * variance) for r, t in zip(readiness, places, strict=True)]
        np.testing.assert_allclose(np.log(found[person]), np.array(exact) - max(exact), atol=1e-9)


def test_who_casts_no_votes_says_nothing():
    table = np.full((2, 40), np.nan)
    table[1, :5] = 1.0
    votes = matrix(table)
    evidence = evidence_of(votes, model(), np.arange(2), np.array([0]), 0.25)
    assert not evidence.precision[0].any()
    assert not evidence.pull[0].any()
    assert evidence.precision[1, 0, 0] > 0
    assert len(evidence.take(np.array([1]))) == 1


def test_a_doubtful_statement_says_less():
    votes = votes_of_two()
    sure, unsure = (evidence_of(votes, model(doubt=doubt), np.arange(2), np.array([0]), 0.25) for doubt in (0.0, 0.5))
    assert (unsure.precision < sure.precision).all()


def test_axes_not_asked_for_are_left_in_the_middle():
    votes, bridging = votes_of_two(), model(factors=2)
    alone = evidence_of(votes, bridging, np.arange(2), np.array([0]), 0.25)
    both = evidence_of(votes, bridging, np.arange(2), np.array([0, 1]), 0.25)
    np.testing.assert_allclose(alone.precision[:, 0, 0], both.precision[:, 0, 0])
    np.testing.assert_allclose(alone.pull[:, 0], both.pull[:, 0])


def test_readiness_varies_as_the_posteriors_say_and_never_not_at_all():
    bridging = model()
    assert readiness_variance(bridging, np.array([True, True])) == pytest.approx(1.0)
    assert readiness_variance(bridging, np.array([False, False])) == 1.0
