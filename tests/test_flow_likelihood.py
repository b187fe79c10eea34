"""The likelihood of a flow, against densities that are known."""

import pytest
import torch

from course_utils import data, models
from course_utils.evaluation import flow_log_likelihood
from course_utils.objectives import LinearPath, VariancePreservingPath

pytestmark = pytest.mark.usefixtures("double", "seeded")
RING = data.Ring(8, std=0.2)


@pytest.mark.parametrize("path", [LinearPath(), VariancePreservingPath()], ids=repr)
def test_it_is_the_toy_s_density_to_a_thousandth_of_a_nat(path):
    x = RING.sample(100).double()
    found = flow_log_likelihood(models.MixtureVelocity(RING, path), x, steps=250)
    assert (found.nats - RING.log_prob(x)).abs().max() < 1e-3
    assert found.errors.eq(0).all() and "nats (100 samples)" in repr(found)
    back = models.ode_path(models.MixtureVelocity(RING, path), found.start, 250, "heun")[-1]
    assert (back - x).abs().max() < 1e-3


def test_random_probes_are_right_to_within_their_error_and_the_same_for_one_seed():
    x, velocity = RING.sample(300).double(), models.MixtureVelocity(RING)
    exact = flow_log_likelihood(velocity, x, steps=60).nats
    state = torch.get_rng_state()
    found = flow_log_likelihood(velocity, x, steps=60, probes=16, seed=3)
    assert torch.equal(state, torch.get_rng_state())
    surprise = (found.nats - exact) / found.errors
    assert 0.7 < surprise.std() < 1.3 and surprise.mean().abs() < 0.3
    assert torch.equal(found.nats, flow_log_likelihood(velocity, x, steps=60, probes=16, seed=3).nats)
    assert not torch.equal(found.nats, flow_log_likelihood(velocity, x, steps=60, probes=16, seed=4).nats)


def test_a_linear_stretch_of_images_has_its_determinant():
    x = torch.randn(5, 1, 3, 3)
    found = flow_log_likelihood(lambda x, t: 0.5 * x, x, steps=200)  # x(1) = √e x(0), in nine dimensions
    start = x / torch.tensor(0.5).exp()
    standard_normal = torch.distributions.Normal(0.0, 1.0).log_prob(start).flatten(1).sum(1)
    assert torch.allclose(found.nats, standard_normal - 9 * 0.5, atol=1e-4)
    assert found.start.shape == x.shape and torch.allclose(found.start, start, atol=1e-5)
    assert flow_log_likelihood(lambda x, t: 0.5 * x, x, probes=1).errors.isnan().all()


def test_a_velocity_that_ignores_the_place_changes_no_volume():
    x = torch.randn(5, 2)
    found = flow_log_likelihood(lambda x, t: torch.ones_like(x), x)
    assert torch.allclose(found.nats, torch.distributions.Normal(1.0, 1.0).log_prob(x).sum(1))
