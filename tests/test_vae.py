"""The VAEs: shapes, errors, and the linear one, which is probabilistic PCA."""

import pytest
import torch
from torch import nn

from course_utils import evaluation, models
from course_utils.objectives import ELBO, Gaussian


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize(
    ("vae", "shape"),
    [
        (models.FullyConnectedVAE(5, hidden=(16, 8)), (1, 28, 28)),
        (models.FullyConnectedVAE(5, hidden=(16,), image_size=8, channels=3), (3, 8, 8)),
        (models.ConvolutionalVAE(5, width=4), (1, 28, 28)),
        (models.ConvolutionalVAE(5, width=4, image_size=32, channels=3), (3, 32, 32)),
        (models.ConvolutionalVAE(5, width=4, likelihood=Gaussian(0.2)), (1, 28, 28)),
    ],
)
def test_images_become_codes_and_codes_images(vae, shape):
    x = torch.randint(2, (6, *shape)).float()
    mean, log_var = vae.encode(x)
    assert mean.shape == log_var.shape == (6, vae.latent_dim)
    assert vae.decode(mean).shape == x.shape and vae.log_likelihood(x, mean).shape == (6,)
    assert vae.prior() is None
    images = vae(x)
    assert images.shape == x.shape and images.min() >= -1 and images.max() <= 1
    found = ELBO()(vae, x)
    found["loss"].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in vae.parameters())


def test_mean_and_log_variance_are_two_halves_of_what_the_encoder_says():
    vae = models.VAE(nn.Identity(), nn.Linear(3, 4), latent_dim=3)
    mean, log_var = vae.encode(torch.arange(12.0).view(2, 6))
    assert mean.tolist() == [[0, 1, 2], [6, 7, 8]] and log_var.tolist() == [[3, 4, 5], [9, 10, 11]]


def test_an_encoder_of_the_wrong_width_is_named():
    vae = models.VAE(nn.Linear(4, 3), nn.Linear(3, 4), latent_dim=3)
    with pytest.raises(ValueError, match=r"a mean and a log variance for each dimension, \(2, 6\), not \(2, 3\)"):
        vae.encode(torch.zeros(2, 4))


def test_the_convolutional_vae_names_a_side_that_does_not_halve_twice():
    with pytest.raises(ValueError, match="divisible by 4, not 30"):
        models.ConvolutionalVAE(image_size=30)


def test_conditions_reach_encoder_and_decoder():
    class Joined(nn.Linear):
        def forward(self, first, condition):
            return super().forward(torch.cat([first, condition], 1))

    vae = models.VAE(Joined(6, 4), Joined(4, 4), latent_dim=2, likelihood=Gaussian())
    x, condition = torch.randn(3, 4), torch.randn(3, 2)
    assert vae(x, condition).shape == (3, 4)
    assert not torch.allclose(vae(x, condition), vae(x, condition + 1))
    assert ELBO()(vae, x, condition)["loss"].isfinite()


def test_half_precision_stays_inside_the_networks():
    vae, x = models.FullyConnectedVAE(3, hidden=(16,)), torch.randint(2, (4, 1, 28, 28)).float()
    with torch.autocast("cpu", torch.bfloat16):
        found = ELBO()(vae, x)
        assert vae.encode(x)[0].dtype == vae.decode(torch.zeros(4, 3)).dtype == torch.float32
    assert all(value.dtype == torch.float32 for value in found.values())


# --- the linear VAE -------------------------------------------------------------------------------------------


def correlated(n=500, d=12):
    return torch.randn(n, d, dtype=torch.float64) @ torch.randn(d, d, dtype=torch.float64) + torch.arange(d)


@pytest.mark.parametrize("k", [1, 3, 11])
def test_the_best_linear_vae_is_probabilistic_pca_and_its_bound_is_tight(k):
    x = correlated()
    vae = models.LinearVAE.from_ppca(x, k)
    assert abs(vae.elbo(x).mean().item() - evaluation.ppca_log_likelihood(x, k)) < 1e-9
    assert (vae.elbo(x) - vae.log_marginal(x)).abs().max() < 1e-9


def test_the_optimum_has_no_slope_and_nothing_nearby_is_better():
    x = correlated()
    vae = models.LinearVAE.from_ppca(x, 3)
    best = vae.elbo(x).mean()
    best.backward()
    assert max(p.grad.abs().max().item() for p in (vae.weight, vae.recognition, vae.log_variance, vae.log_std)) < 1e-9
    for parameter in vae.parameters():
        with torch.no_grad():
            moved = 0.01 * torch.randn_like(parameter)
            parameter += moved
            assert vae.elbo(x).mean() < best
            parameter -= moved


def test_the_exact_bound_is_the_mean_of_the_sampled_one():
    x = correlated(50)
    vae = models.LinearVAE(2, 12).double()
    with torch.no_grad():
        sampled = torch.stack([-ELBO()(vae, x)["loss"] for _ in range(3000)])
    assert abs(sampled.mean() - vae.elbo(x).mean()) < 4 * sampled.std() / 3000**0.5
    assert (vae.elbo(x) < vae.log_marginal(x)).all()


def test_log_marginal_is_the_gaussian_with_the_full_covariance():
    vae = models.LinearVAE(2, 12).double()
    cov = vae.weight @ vae.weight.T + torch.eye(12, dtype=torch.float64)
    x = correlated(5)
    expected = torch.distributions.MultivariateNormal(vae.centre, cov).log_prob(x)
    torch.testing.assert_close(vae.log_marginal(x), expected)


def test_the_linear_vae_refuses_what_has_no_optimum():
    with pytest.raises(ValueError, match="1 ≤ latent_dim < dim"):
        models.LinearVAE(12, 12)
    flat = correlated()
    flat[:, 2:] = 0
    with pytest.raises(ValueError, match="2 dimensions hold all the variance"):
        models.LinearVAE.from_ppca(flat, 2)
    with pytest.raises(ValueError, match="flatten the images"):
        models.LinearVAE.from_ppca(torch.zeros(3, 1, 4, 4), 2)
