"""The expected floors against simulations of what they are the expectations of."""

import pytest
import torch

from course_utils.evaluation import (
    expected_coverage,
    expected_density,
    expected_frechet,
    frechet_distance,
    precision_recall,
)


def measured(variances, n, reference, runs):
    """Mean and standard error of the distance of n draws to the Gaussian itself, or to ``reference`` other draws."""

    def statistics(count):
        x = torch.randn(count, len(variances), dtype=torch.float64) * variances.sqrt()
        return x.mean(0), torch.cov(x.T).reshape(len(variances), -1)

    known = torch.zeros_like(variances), variances.diag()
    distances = [
        frechet_distance(*statistics(n), *(known if reference is None else statistics(reference))) for _ in range(runs)
    ]
    distances = torch.tensor(distances)
    return distances.mean().item(), (distances.std() / runs**0.5).item()


@pytest.mark.parametrize(
    ("d", "n", "reference", "runs"),
    [(1, 100, None, 2000), (2, 200, None, 1000), (8, 200, 300, 400), (32, 800, None, 40), (32, 700, 1500, 40)],
)
@pytest.mark.parametrize("kind", ["equal", "falling"])
def test_the_frechet_distance_of_draws_of_a_gaussian(d, n, reference, runs, kind):
    torch.manual_seed(0)
    variances = torch.ones(d).double() if kind == "equal" else 3 * 0.7 ** torch.arange(d).double()
    mean, error = measured(variances, n, reference, runs)
    expected = expected_frechet(variances, n, reference)
    assert mean == pytest.approx(expected, abs=3 * error + 0.02 * expected)
    assert abs(mean - 1.5 * expected) > 3 * error  # so the formula is not met by anything


def test_the_frechet_law_of_unit_variances():
    d, n, m = 64, 1000, 5000
    law = d / n + d * (d + 1) / (4 * (n - 1))
    assert expected_frechet(torch.ones(d), n) == pytest.approx(law, rel=1e-12)
    other = d / m + d * (d + 1) / (4 * (m - 1))
    assert expected_frechet([1.0] * d, n, m) == pytest.approx(law + other, rel=1e-12)
    assert expected_frechet([1.0, 0.0], n) == pytest.approx(expected_frechet([1.0], n), rel=1e-12)  # a flat direction


@pytest.mark.parametrize(("n", "m", "k"), [(30, 30, 1), (40, 40, 5), (50, 20, 3), (20, 60, 2)])
@pytest.mark.parametrize("dim", [1, 6])
def test_density_and_coverage_of_one_distribution(n, m, k, dim):
    torch.manual_seed(0)
    found = [precision_recall(torch.randn(n, dim).exp(), torch.randn(m, dim).exp(), k) for _ in range(600)]
    for name, expected in (("density", expected_density()), ("coverage", expected_coverage(n, m, k))):
        values = torch.tensor([getattr(result, name) for result in found])
        assert values.mean().item() == pytest.approx(expected, abs=3.5 * (values.std() / 600**0.5).item())


def test_coverage_of_many_points_is_near_its_limit():
    assert expected_coverage(10_000, 10_000, 5) == pytest.approx(1 - 2**-5, abs=1e-4)
    assert expected_coverage(2, 1, 1) == pytest.approx(0.5)  # the generated point or the other real one is nearer


def test_bad_input_is_named():
    for variances in ([], [1.0, -0.1], [float("nan")], "12", torch.ones(2, 2), None):
        with pytest.raises(ValueError, match=r"variances must be finite numbers \[d\], none below 0"):
            expected_frechet(variances, 10)
    with pytest.raises(ValueError, match="n must be at least 2, not 1: a covariance needs two draws"):
        expected_frechet([1.0], 1)
    with pytest.raises(ValueError, match="reference must be at least 2"):
        expected_frechet([1.0], 10, 1)
    with pytest.raises(ValueError, match="k must be from 1 to 9, not 10: each real point has 9 real neighbours"):
        expected_coverage(10, 10, 10)
    with pytest.raises(ValueError, match="m must be at least 1"):
        expected_coverage(10, 0, 5)
