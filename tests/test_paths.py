"""Probability paths against what is known of a mixture of Gaussians: its noisy density, score and posterior means."""

import itertools

import pytest
import torch

from course_utils import data, models
from course_utils.objectives import PREDICTIONS, LinearPath, VariancePreservingPath

pytestmark = pytest.mark.usefixtures("double")
PATHS = pytest.mark.parametrize("path", [LinearPath(), VariancePreservingPath()], ids=repr)
PATH = LinearPath()
TOY = data.Mixture([[1.0, -0.5], [-1.5, 0.3], [0.2, 2.0]], [0.3, 0.5, 0.2], [0.2, 0.5, 0.3])


def draw(n=500):
    torch.manual_seed(0)
    return TOY.sample(n).double(), torch.randn(n, 2), 0.05 + 0.9 * torch.rand(n)


def noisy(path, t: float) -> data.Mixture:
    """The toy of x_t at one time."""
    signal, noise = path.signal(torch.tensor(t)).item(), path.noise(torch.tensor(t)).item()
    means, stds, weights = TOY.components
    return data.Mixture(signal * means, (signal**2 * stds**2 + noise**2).sqrt(), weights)


@PATHS
def test_the_way_leads_from_noise_to_data_and_its_velocity_is_its_slope(path):
    x, noise, t = draw()
    assert torch.allclose(path.place(x, noise, torch.zeros_like(t)), noise)
    assert torch.allclose(path.place(x, noise, torch.ones_like(t)), x)
    h = 1e-6
    slope = (path.place(x, noise, t + h) - path.place(x, noise, t - h)) / (2 * h)
    assert torch.allclose(path.target("velocity", x, noise, t), slope, atol=1e-7)


def test_the_variance_preserving_path_keeps_the_variance_and_the_linear_one_does_not():
    t = torch.linspace(0, 1, 11)
    path = VariancePreservingPath()
    assert torch.allclose(path.signal(t) ** 2 + path.noise(t) ** 2, torch.ones(11))
    assert (PATH.signal(t) ** 2 + PATH.noise(t) ** 2).min() == pytest.approx(0.5)


@PATHS
@pytest.mark.parametrize(("of", "to"), list(itertools.product(PREDICTIONS, PREDICTIONS)))
def test_what_is_known_of_a_pair_in_one_way_is_known_in_all(path, of, to):
    x, noise, t = draw()
    x_t = path.place(x, noise, t)
    found = path.convert(path.target(of, x, noise, t), x_t, t, of, to)
    assert torch.allclose(found, path.target(to, x, noise, t), rtol=1e-9)


@PATHS
@pytest.mark.parametrize("t", [0.1, 0.5, 0.9])
def test_the_marginal_velocity_of_a_mixture_read_as_a_score_is_the_gradient_of_its_noisy_log_density(path, t):
    places = draw()[1].requires_grad_()
    (score,) = torch.autograd.grad(noisy(path, t).log_prob(places).sum(), places)
    places, times = places.detach(), torch.full((500,), t)
    velocity = models.MixtureVelocity(TOY, path)(places, times)
    assert torch.allclose(path.convert(velocity, places, times, "velocity", "score"), score, rtol=1e-7, atol=1e-9)


@PATHS
def test_the_marginal_velocity_is_the_mean_velocity_of_the_pairs_that_pass(path):
    torch.manual_seed(1)
    x, noise = TOY.sample(2_000_000).double(), torch.randn(2_000_000, 2)
    times = torch.full((len(x),), 0.6)
    x_t, velocities = path.place(x, noise, times), path.target("velocity", x, noise, times)
    here = torch.tensor([[0.3, 0.2]])
    near = (x_t - here).abs().amax(1) < 0.05
    error = velocities[near].std(0) / near.sum().sqrt()
    exact = models.MixtureVelocity(TOY, path)(here, times[:1])
    assert near.sum() > 1000 and ((velocities[near].mean(0) - exact) / error).abs().max() < 4


@PATHS
def test_at_both_ends_the_marginal_velocity_is_finite(path):
    places = draw()[0]
    for t in (0.0, 1.0):
        assert models.MixtureVelocity(TOY, path)(places, torch.full((500,), t)).isfinite().all()
