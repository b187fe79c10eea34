"""A fresh discriminator bounds the divergence from below, is not misled by equal samples, and judges unseen ones."""

import math

import pytest
import torch
from scipy.stats import norm
from torch import nn

from course_utils.evaluation import fresh_discriminator


class Line(nn.Module):
    """The best D for two Gaussians of one width: a linear function of x."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x):
        return self.layer(x).squeeze(1)


class Wide(nn.Module):
    """A D that can learn 200 samples by heart."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(20, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 1))

    def forward(self, x):
        return self.layers(x).squeeze(1)


def jsd_of_gaussians(shift: float) -> float:
    """JSD(N(0, 1), N(shift, 1)) in nats, by quadrature."""
    x = torch.linspace(-12, 12 + shift, 200_001, dtype=torch.float64)
    p, q = (torch.exp(-((x - mean) ** 2) / 2) / math.sqrt(2 * math.pi) for mean in (0.0, shift))
    m = (p + q) / 2
    return 0.5 * torch.trapezoid(torch.special.xlogy(p, p / m) + torch.special.xlogy(q, q / m), x).item()


@pytest.mark.parametrize("shift", [0.5, 2.0])
def test_of_two_gaussians_it_finds_the_divergence_and_never_more(shift):
    generator = torch.Generator().manual_seed(int(10 * shift))
    real, fake = torch.randn(20_000, 1, generator=generator), shift + torch.randn(20_000, 1, generator=generator)
    found = fresh_discriminator(Line(), real, fake, lr=0.02)
    exact = jsd_of_gaussians(shift)
    assert exact - 4 * found.jsd_error - 0.005 < found.jsd < exact + 4 * found.jsd_error
    error = math.sqrt(0.25 / 5000)  # of a share of 5,000 held-out samples
    assert abs(found.accuracy - norm.cdf(shift / 2)) < 4 * error
    assert abs(found.auc - norm.cdf(shift / math.sqrt(2))) < 4 * error
    assert found.value == pytest.approx(2 * found.jsd - 2 * math.log(2))


def test_equal_distributions_are_not_told_apart_even_by_a_network_that_learns_by_heart():
    torch.manual_seed(0)
    real, fake = torch.randn(400, 20), torch.randn(400, 20)
    found = fresh_discriminator(Wide(), real, fake, steps=400, lr=3e-3)
    assert found.jsd < 4 * found.jsd_error and abs(found.accuracy - 0.5) < 4 * math.sqrt(0.25 / 200)
    assert abs(found.auc - 0.5) < 0.25


class Centred(nn.Module):
    """A D that compares the samples of a batch with their mean."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(1, 8), nn.ReLU(), nn.Linear(8, 1))

    def forward(self, x):
        return self.layers(x / (x - x.mean(0)).square().mean().sqrt()).squeeze(1)


def test_a_network_that_compares_samples_learns_and_judges_them_apart():
    torch.manual_seed(0)
    narrow, wide = torch.randn(2000, 1), 1 + 0.1 * torch.randn(2000, 1)
    assert fresh_discriminator(Centred(), narrow, wide, lr=0.01).accuracy > 0.95  # mixed in training, it diverges


def test_the_network_given_and_all_random_numbers_stay_as_they_were():
    network, real = Line(), torch.randn(100, 1)
    before, state = network.layer.weight.clone(), torch.get_rng_state()
    first, second = (fresh_discriminator(network, real, real + 1, steps=50) for _ in range(2))
    assert torch.equal(network.layer.weight, before) and torch.equal(torch.get_rng_state(), state)
    assert (first.jsd, first.auc) == (second.jsd, second.auc)
    assert first.jsd != fresh_discriminator(network, real, real + 1, steps=50, seed=1).jsd
    assert not first.network.training and first.network is not network


def test_gradients_may_be_off_around_it():
    with torch.no_grad():
        assert fresh_discriminator(Line(), torch.randn(100, 1), 5 + torch.randn(100, 1), lr=0.1).accuracy > 0.9


def test_what_it_says_names_its_floors():
    said = repr(fresh_discriminator(Line(), torch.zeros(40, 1), torch.ones(40, 1), steps=1))
    assert "both ½ if it cannot tell" in said and "nats, so JSD ≥" in said
