"""The Parzen window against densities known otherwise, and its failure: averages of real points beat real points."""

import math

import pytest
import torch
from scipy.stats import multivariate_normal

from course_utils.evaluation import distances, parzen_bandwidth, parzen_log_likelihood, parzen_score


def test_one_centre_is_a_gaussian():
    x = torch.randn(7, 3, dtype=torch.float64)
    centre = torch.tensor([[1.0, -2.0, 0.5]], dtype=torch.float64)
    expected = multivariate_normal(centre[0].numpy(), 0.3**2).logpdf(x.numpy())
    assert parzen_log_likelihood(x, centre, 0.3).tolist() == pytest.approx(expected.tolist(), rel=1e-10)


def test_a_mixture_is_the_mean_of_its_densities_also_far_away(monkeypatch):
    torch.manual_seed(0)
    x, centres = torch.randn(30, 4, dtype=torch.float64), torch.randn(9, 4, dtype=torch.float64)
    each = torch.stack([parzen_log_likelihood(x, centre[None], 0.5) for centre in centres])
    expected = each.exp().mean(dim=0).log()
    monkeypatch.setattr(distances, "BLOCK", 40)  # 4 rows at once
    assert torch.allclose(parzen_log_likelihood(x, centres, 0.5), expected, rtol=1e-10)
    far = parzen_log_likelihood(x + 1000, centres, 0.5)  # exp(-8e6) is 0 in float64: its log would be -inf
    assert far.isfinite().all() and (far < -1e6).all()


def test_images_are_flattened_and_float32_is_enough():
    torch.manual_seed(0)
    x, centres = torch.rand(20, 1, 28, 28), torch.rand(30, 1, 28, 28)
    expected = parzen_log_likelihood(x.flatten(1).double(), centres.flatten(1).double(), 0.2)
    assert torch.allclose(parzen_log_likelihood(x, centres, 0.2), expected, rtol=1e-9)


def test_the_bandwidth_is_the_best_on_validation_points():
    torch.manual_seed(0)
    centres, validation = torch.randn(2000, 2), torch.randn(500, 2)
    stds = (0.01, 0.1, 0.3, 1.0, 3.0)
    means = [parzen_log_likelihood(validation, centres, std).mean() for std in stds]
    chosen = parzen_bandwidth(validation, centres, stds)
    assert chosen == stds[torch.stack(means).argmax()] == 0.3
    assert parzen_bandwidth(centres, centres, stds) == 0.01  # its own centres mislead it


def test_the_score_is_mean_and_standard_error_over_test_points():
    torch.manual_seed(0)
    centres, validation, test = torch.randn(500, 3), torch.randn(200, 3), torch.randn(300, 3)
    score = parzen_score(test, centres, validation)
    nats = parzen_log_likelihood(test, centres, score.std)
    assert score.std == parzen_bandwidth(validation, centres)
    assert (score.nats, score.n, score.centres) == (nats.mean().item(), 300, 500)
    assert score.standard_error == pytest.approx(nats.std().item() / math.sqrt(300))
    assert repr(score).startswith(f"Parzen window: {score.nats:.1f} ± {score.standard_error:.1f} nats (mean and")


def test_averages_of_real_points_beat_real_points():
    """200 points around 10 places in 50 dimensions: the 10 means, given ten times, beat 100 real points as centres."""
    torch.manual_seed(0)
    places = torch.randn(10, 50)
    real, validation, test = (places.repeat(n, 1) + 0.3 * torch.randn(10 * n, 50) for n in (10, 10, 30))
    means = real.view(10, 10, 50).mean(dim=0)
    scores = [parzen_score(test, centres, validation).nats for centres in (real, means.repeat(10, 1))]
    assert scores[1] > scores[0] + 5


def test_bad_input_is_named():
    x = torch.randn(5, 2)
    for std in (0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="each std must be above 0|each std must be a finite number above 0"):
            parzen_log_likelihood(x, x, std)
    with pytest.raises(ValueError, match="std: expected positive numbers, got \\[\\]"):
        parzen_bandwidth(x, x, [])
    with pytest.raises(ValueError, match="test and centres: expected equally many numbers a point, got 2 and 1"):
        parzen_log_likelihood(x, x[:, :1], 0.1)
    with pytest.raises(ValueError, match="centres: expected finite"):
        parzen_log_likelihood(x, x / 0, 0.1)
