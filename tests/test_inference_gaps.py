"""The two gaps of a VAE, against linear VAEs, whose posterior is known."""

import math

import pytest
import torch
from torch import nn

from course_utils import evaluation, models
from course_utils.objectives import Gaussian, gaussian_kl


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def data():
    return torch.randn(40, 6, dtype=torch.float64) @ torch.randn(6, 6, dtype=torch.float64)


def test_the_best_encoder_has_no_gap(data):
    gaps = evaluation.inference_gaps(models.LinearVAE.from_ppca(data, 2), data, samples=20)
    assert abs(gaps.amortisation) < 0.05 and abs(gaps.approximation) < 0.05


def test_an_encoder_that_is_off_has_the_amortisation_gap_of_its_kl(data):
    vae = models.LinearVAE.from_ppca(data, 2)
    mean, log_var = (of.detach().clone() for of in vae.encode(data))
    with torch.no_grad():
        vae.recognition *= 0.8
        vae.log_variance += 0.6
    expected = gaussian_kl(*vae.encode(data), (mean, log_var)).sum(1).mean().item()
    gaps = evaluation.inference_gaps(vae, data, steps=400, samples=4000)
    assert gaps.amortisation == pytest.approx(expected, rel=0.05) and expected > 0.1
    assert gaps.approximation == pytest.approx(0.0, abs=0.02)
    assert gaps.n == 40 and repr(gaps).startswith(f"ELBO {gaps.elbo:.2f}; amortisation gap")


def test_a_turned_posterior_has_the_approximation_gap_of_its_correlation():
    """x = W z + noise with columns of W that are alike: the posterior's precision Λ = I + WᵀW/s² is not diagonal. The
    best diagonal Gaussian has the variances 1/Λⱼⱼ, and its gap is ½(Σ log Λⱼⱼ − log det Λ).
    """
    weight, std = torch.tensor([[1.0, 0.8], [0.2, 0.7], [0.5, 0.4]]).double(), 0.4
    decoder, encoder = nn.Linear(2, 3, bias=False).double(), nn.Linear(3, 4).double()
    with torch.no_grad():
        decoder.weight.copy_(weight)
        encoder.weight.zero_()
        encoder.bias.copy_(torch.tensor([0.0, 0.0, -2.0, -2.0]))
    vae = models.VAE(encoder, decoder, 2, Gaussian(std))
    precision = torch.eye(2).double() + weight.T @ weight / std**2
    expected = 0.5 * (precision.diagonal().log().sum() - precision.logdet()).item()
    x = torch.randn(200, 2).double() @ weight.T + std * torch.randn(200, 3).double()
    gaps, truth = evaluation.inference_gaps(vae, x, steps=600, samples=3000), _evidence(x, weight, std)
    assert truth - gaps.best_elbo == pytest.approx(expected, rel=0.06) and expected > 0.3
    assert truth - 0.06 < gaps.nats < truth + 0.01  # a lower bound, whose draws from a narrow q come near it


def _evidence(x, weight, std) -> float:
    covariance = weight @ weight.T + std**2 * torch.eye(3).double()
    return torch.distributions.MultivariateNormal(torch.zeros(3).double(), covariance).log_prob(x).mean().item()


def test_nothing_of_the_callers_changes():
    vae, x = models.FullyConnectedVAE(3, (8,)).train(), torch.rand(4, 1, 28, 28).round()
    vae.encoder.requires_grad_(False)
    before, state = [weight.detach().clone() for weight in vae.parameters()], torch.get_rng_state()
    first, second = (evaluation.inference_gaps(vae, x, steps=3, samples=4) for _ in range(2))
    assert first == second and vae.training and math.isfinite(first.nats)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) and b.grad is None for a, b in zip(before, vae.parameters(), strict=True))


def test_a_condition_is_handed_on():
    vae, x = models.ConditionalVAE(3, 10, (8,)), torch.rand(4, 1, 28, 28).round()
    labels = [torch.full((4,), k) for k in (0, 7)]
    zero, seven = (evaluation.inference_gaps(vae, x, of, steps=3, samples=4) for of in labels)
    assert zero.elbo != seven.elbo
