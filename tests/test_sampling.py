"""From velocities to samples where the flow is known: a Gaussian's is a linear map, a mixture's has a known density."""

import pytest
import torch

from course_utils import data, models
from course_utils.models import ancestral_path, as_velocity, guided, ode_path
from course_utils.objectives import LinearPath, VariancePreservingPath

pytestmark = pytest.mark.usefixtures("double", "seeded")
PATHS = pytest.mark.parametrize("path", [LinearPath(), VariancePreservingPath()], ids=repr)
GAUSSIAN, RING = data.Mixture([[1.0, -0.5]], 0.3), data.Ring(5, std=0.3)


@PATHS
@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("heun", 2)])
def test_each_method_has_the_error_of_its_order(path, method, order):
    start = torch.randn(1000, 2)
    exact = torch.tensor([1.0, -0.5]) + 0.3 * start  # along both paths, as both leave a Gaussian's quantiles in order
    velocity = models.MixtureVelocity(GAUSSIAN, path)
    errors = [(ode_path(velocity, start, n, method)[-1] - exact).norm(dim=1).mean().item() for n in (80, 160, 320)]
    assert errors[0] < 0.02
    for coarse, fine in zip(errors, errors[1:], strict=False):
        assert coarse / fine == pytest.approx(2**order, rel=0.15)


@PATHS
def test_a_whole_way_is_as_long_as_asked_for_and_starts_where_it_is_told(path):
    start = torch.randn(7, 1, 4, 4)

    def still(x, t):
        return torch.zeros_like(x)

    for way in (ode_path(still, start, 6, "heun"), ode_path(still, start, 6)):
        assert way.shape == (7, 7, 1, 4, 4) and torch.equal(way, start.expand_as(way))
    assert ancestral_path(lambda x, t: x, start, 6, path).shape == (7, 7, 1, 4, 4)


@PATHS
def test_with_and_without_noise_the_samples_are_the_toy_s(path):
    velocity, start = models.MixtureVelocity(RING, path), torch.randn(5000, 2)
    for way in (
        ode_path(velocity, start, 200, "heun"),
        ancestral_path(velocity, start, 400, path),
        ancestral_path(velocity, start, 200, path, noise=0.0),
    ):
        likely = RING.log_prob(way[-1])
        real = RING.log_prob(RING.sample(5000).double())
        assert abs(likely.mean() - real.mean()) < 0.08 and abs(likely.std() - real.std()) < 0.08
        nearest = torch.cdist(way[-1], RING.modes.double()).argmin(1).bincount(minlength=5) / 5000
        assert (nearest - 0.2).abs().max() < 0.03


def test_without_noise_ancestral_sampling_is_euler_s_method_on_the_straight_path():
    velocity, start = models.MixtureVelocity(RING), torch.randn(50, 2)
    assert torch.allclose(ancestral_path(velocity, start, 9, noise=0.0), ode_path(velocity, start, 9))


@PATHS
def test_one_ancestral_step_draws_from_the_posterior_of_a_known_image(path):
    """A network that knows the data x: x_s given x_t and x is a Gaussian, whose mean and variance Bayes' rule gives."""
    x, s, t = torch.tensor([0.7]), 3 / 4, 2 / 4

    def velocity(x_t, times):
        return path.convert(x.expand_as(x_t), x_t, times, "data", "velocity")

    starts = torch.randn(400_000, 1)
    way = ancestral_path(velocity, starts, 4, path)
    x_t, x_s = way[2].flatten(), way[3].flatten()
    (a_t, a_s), (n_t, n_s) = ([f(torch.tensor(u)).item() for u in (t, s)] for f in (path.signal, path.noise))
    ratio, left = a_t / a_s, n_t**2 - (a_t / a_s) ** 2 * n_s**2  # x_t given x_s is N(ratio x_s, left)
    variance = 1 / (1 / n_s**2 + ratio**2 / left)
    mean = variance * (a_s * x / n_s**2 + ratio * x_t / left)
    assert (x_s - mean).mean().abs() < 0.005 and (x_s - mean).var().item() == pytest.approx(variance, rel=0.02)
    assert torch.corrcoef(torch.stack([x_s - mean, x_t]))[0, 1].abs() < 0.01


@PATHS
@pytest.mark.parametrize("predicts", ["noise", "data", "score"])
def test_whatever_a_network_predicts_it_can_be_followed(path, predicts):
    exact, start = models.MixtureVelocity(RING, path), torch.randn(500, 2)

    def network(x, t):
        return path.convert(exact(x, t), x, t, "velocity", predicts)

    way = ode_path(as_velocity(network, path, predicts), start, 400, "heun")
    assert way.isfinite().all() and (way[-1] - ode_path(exact, start, 400, "heun")[-1]).norm(dim=1).median() < 0.01


def test_guidance_adds_to_the_score_what_tells_the_classes_apart():
    path, toys = VariancePreservingPath(), [data.Mixture([[m, 0.0]], 0.5) for m in (-1.0, 1.0)]
    fields = [models.MixtureVelocity(toy, path) for toy in [*toys, data.Mixture([[-1.0, 0.0], [1.0, 0.0]], 0.5)]]

    def velocity(x, t, labels):
        made = torch.stack([field(x, t) for field in fields])
        return made[labels, torch.arange(len(x))]

    x, t, labels = torch.randn(40, 2), torch.full((40,), 0.4), torch.arange(40) % 2

    def score(v):
        return path.convert(v, x, t, "velocity", "score")

    told, free = score(velocity(x, t, labels)), score(velocity(x, t, torch.full((40,), 2)))
    made = score(guided(velocity, labels, untold=2, strength=3.0)(x, t))
    assert torch.allclose(made, told + 3 * (told - free))
    assert torch.allclose(guided(velocity, labels, untold=2, strength=0.0)(x, t), velocity(x, t, labels))
