"""Likelihood bounds: against the linear VAE, whose log p(x) is known, and in bounded memory."""

import math

import pytest
import torch
from torch import nn

from course_utils import evaluation, models
from course_utils.objectives import Gaussian


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def data():
    return torch.randn(120, 6, dtype=torch.float64) @ torch.randn(6, 6, dtype=torch.float64)


def loose(data) -> models.LinearVAE:
    """A linear VAE whose encoder is a little wrong, so that there is a gap."""
    vae = models.LinearVAE.from_ppca(data, 2)
    with torch.no_grad():
        vae.recognition *= 0.9
        vae.log_variance += 0.5
    return vae


def test_the_bound_lies_between_the_elbo_and_the_exact_value_and_gets_there(data):
    vae = loose(data)
    exact, elbo = vae.log_marginal(data).mean().item(), vae.elbo(data).mean().item()
    found = [evaluation.log_likelihood(vae, data, samples=k) for k in (1, 5, 50, 2000)]
    assert [f.nats for f in found] == sorted(f.nats for f in found)
    assert found[0].nats == pytest.approx(found[0].elbo)
    assert found[-1].elbo == pytest.approx(elbo, abs=0.02) and exact - elbo > 0.1
    assert found[-1].nats == pytest.approx(exact, abs=0.005)


def test_its_interval_is_that_of_the_mean_over_images(data):
    vae = models.LinearVAE.from_ppca(data, 2)
    found = evaluation.log_likelihood(vae, data, samples=3)
    assert found.half_width == pytest.approx(1.96 * vae.log_marginal(data).std().item() / math.sqrt(120))
    assert (found.n, found.samples) == (120, 3)
    assert repr(found).startswith(f"log p(x) >= {found.nats:.2f} ± {found.half_width:.2f} nats (3 draws")


@pytest.mark.parametrize(("samples", "chunk"), [(7, 5), (7, 7), (7, 1), (7, 50), (100, 2000), (3, 10_000)])
def test_never_more_pairs_at_once_than_the_chunk_and_never_one_left_out(data, samples, chunk):
    seen = []

    class Counting(models.LinearVAE):
        def decode(self, z, *condition):
            seen.append(len(z))
            return super().decode(z)

    vae = Counting.from_ppca(data, 2)  # a tight bound: each draw of an image has the same weight, log p(x)
    found = evaluation.log_likelihood(vae, data, samples=samples, chunk=chunk)
    assert max(seen) <= chunk and sum(seen) == 120 * samples
    assert found.nats == pytest.approx(vae.log_marginal(data).mean().item(), abs=1e-9)


def test_looking_changes_nothing(data):
    vae = loose(data).train()
    state = torch.get_rng_state()
    first, second = (evaluation.log_likelihood(vae, data, samples=4) for _ in range(2))
    assert first == second and vae.training and torch.equal(torch.get_rng_state(), state)
    assert evaluation.log_likelihood(vae, data, samples=4, seed=1) != first


def test_conditions_go_with_their_images():
    class Shifted(models.VAE):
        def decode(self, z, shift):
            return shift.expand(len(z), 2)

    vae = Shifted(nn.Linear(2, 2), nn.Identity(), 1, Gaussian(0.1))
    vae.encode = lambda x, shift: (torch.zeros(len(x), 1), torch.zeros(len(x), 1))
    shift = torch.arange(30.0)[:, None]
    found = evaluation.log_likelihood(vae, shift.expand(30, 2), shift, samples=3, chunk=10)
    assert found.nats == pytest.approx(2 * (-math.log(0.1) - 0.5 * math.log(2 * math.pi)), rel=1e-5)
    with pytest.raises(ValueError, match="30 images, 29 rows of condition 1"):
        evaluation.log_likelihood(vae, shift.expand(30, 2), shift[:29])


def test_bad_numbers_are_refused(data):
    vae = loose(data)
    for options in ({"samples": 0}, {"chunk": 0}):
        with pytest.raises(ValueError, match=f"{next(iter(options))} must be at least 1, not 0"):
            evaluation.log_likelihood(vae, data, **options)
    with pytest.raises(ValueError, match="x must be images"):
        evaluation.log_likelihood(vae, data[:0])


def test_active_units_are_those_that_change_with_the_image(data):
    vae = models.LinearVAE.from_ppca(data, 3)
    with torch.no_grad():
        vae.recognition[1] = 0.0  # it says the same of every image
    found = evaluation.active_units(vae, data, chunk=50)
    assert (found.active, found.total) == (2, 3)
    assert found.variances[1] == 0 and (found.variances[[0, 2]] > 0.3).all()
    assert evaluation.active_units(vae, data, threshold=10.0).active == 0
    with pytest.raises(ValueError, match="at least 2"):
        evaluation.active_units(vae, data[:1])


# --- probabilistic PCA ----------------------------------------------------------------------------------------


def test_ppca_is_the_likelihood_that_scikit_learn_scores(data):
    from sklearn.decomposition import PCA

    for k in (1, 3, 5):
        scored = PCA(k).fit(data.numpy()).score(data.numpy())
        # Its covariance is divided by n − 1, ours by n, which is the maximum: they differ by O(1/n²).
        assert 0 <= evaluation.ppca_log_likelihood(data, k) - scored < 6 / 120**2


def test_more_dimensions_fit_better_and_none_is_one_round_gaussian(data):
    found = [evaluation.ppca_log_likelihood(data, k) for k in range(6)]
    assert found == sorted(found)
    std = (data - data.mean(0)).square().mean().sqrt()
    assert found[0] == pytest.approx(torch.distributions.Normal(data.mean(0), std).log_prob(data).sum(1).mean().item())


def test_ppca_refuses_what_has_no_maximum(data):
    with pytest.raises(ValueError, match="expected x .n, d. and 0 <= k < d, got x .120, 6. and k = 6"):
        evaluation.ppca_log_likelihood(data, 6)
    flat = data.clone()
    flat[:, 2:] = 1.0
    with pytest.raises(ValueError, match="2 dimensions hold all the variance"):
        evaluation.ppca_log_likelihood(flat, 2)
