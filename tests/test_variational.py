"""The variational objectives: against closed forms, Monte Carlo, and the mistakes that are usually made."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from course_utils import models, objectives
from course_utils.objectives import ELBO, IWAE, Bernoulli, Gaussian, gaussian_kl, iwae_bound, log_weights


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def small(latent_dim=3, **options) -> models.VAE:
    return models.FullyConnectedVAE(latent_dim, hidden=(16,), image_size=4, **options).double()


def binary(n, side=4):
    return torch.randint(2, (n, 1, side, side)).double()


# --- KL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_prior", [False, True])
def test_the_kl_is_that_of_torch_distributions(with_prior):
    mean, log_var, m, s = torch.randn(4, 7, 5, dtype=torch.float64)
    prior = (m, s) if with_prior else None
    p = Normal(m, (s / 2).exp()) if with_prior else Normal(torch.zeros_like(m), 1.0)
    expected = kl_divergence(Normal(mean, (log_var / 2).exp()), p)
    torch.testing.assert_close(gaussian_kl(mean, log_var, prior), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("with_prior", [False, True])
def test_the_kl_is_the_monte_carlo_mean_of_log_q_over_p(with_prior):
    mean, log_var, m, s = torch.randn(4, 1, 5, dtype=torch.float64)
    prior = (m, s) if with_prior else None
    z = objectives.reparameterise(mean.expand(200_000, 5), log_var.expand(200_000, 5))
    log_ratio = objectives.gaussian_log_density(z, mean, log_var) - objectives.gaussian_log_density(z, *(prior or ()))
    error = log_ratio.mean() - gaussian_kl(mean, log_var, prior).sum()
    assert abs(error) < 4 * log_ratio.std() / math.sqrt(200_000)


def test_the_kl_wants_one_variance_for_each_mean():
    with pytest.raises(ValueError, match=r"mean \(3, 2\) and log_var \(3, 1\)"):
        gaussian_kl(torch.zeros(3, 2), torch.zeros(3, 1))


def test_draws_have_the_moments_asked_for_and_pass_the_gradient_on():
    mean, log_var = torch.tensor([1.0, -2.0], requires_grad=True), torch.tensor([0.0, 2.0], requires_grad=True)
    z = objectives.reparameterise(mean.expand(50_000, 2), log_var.expand(50_000, 2))
    torch.testing.assert_close(z.mean(0), mean, atol=0.05, rtol=0)
    torch.testing.assert_close(z.var(0), log_var.exp(), atol=0.2, rtol=0)
    z.sum().backward()
    assert (mean.grad == 50_000).all()
    torch.testing.assert_close(log_var.grad, 0.5 * (z - mean).sum(0).detach(), rtol=1e-3, atol=1e-1)


# --- likelihoods ----------------------------------------------------------------------------------------------


def test_bernoulli_sums_the_log_probability_of_each_pixel():
    x, logits = binary(6), 3 * torch.randn(6, 1, 4, 4, dtype=torch.float64)
    expected = torch.distributions.Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1)
    torch.testing.assert_close(Bernoulli().log_prob(x, logits), expected)


def test_bernoulli_probabilities_of_all_images_add_up_to_one():
    every = torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * 4).view(16, 1, 2, 2)
    logits = torch.randn(1, 1, 2, 2, dtype=torch.float64).expand(16, 1, 2, 2)
    assert Bernoulli().log_prob(every, logits).exp().sum().item() == pytest.approx(1.0)


def test_bernoulli_refuses_grey_pixels_and_normalised_ones():
    for bad in (0.5, -1.0, float("nan")):
        x = binary(2)
        x[0, 0, 0, 0] = bad
        with pytest.raises(ValueError, match="pixels that are 0 or 1"):
            Bernoulli().log_prob(x, torch.zeros_like(x))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.uint8, torch.bool])
def test_binary_pixels_of_every_kind_are_accepted(dtype):
    objectives.require_binary(binary(64).to(dtype))
    objectives.require_binary(torch.ones(200, 784).to(dtype))  # more than the sums of float32 are used for


@pytest.mark.parametrize("n", [2, 128, 256])
@pytest.mark.parametrize("grey", [0.02, 0.5, 0.98, -1.0, 2.0, float("nan")])
def test_one_grey_pixel_is_noticed(n, grey):
    x = binary(n, side=28).float()
    x[0, 0, 0, 0] = grey
    with pytest.raises(ValueError, match="pixels that are 0 or 1"):
        objectives.require_binary(x)


def test_gaussian_is_the_density_of_torch_and_takes_a_learnt_std():
    x, mean = torch.randn(2, 6, 1, 4, 4, dtype=torch.float64)
    log_std = torch.tensor(-0.3, dtype=torch.float64, requires_grad=True)
    found = Gaussian(log_std.exp()).log_prob(x, mean)
    torch.testing.assert_close(found, Normal(mean, log_std.exp()).log_prob(x).flatten(1).sum(1))
    torch.testing.assert_close(found, Gaussian(math.exp(-0.3)).log_prob(x, mean))
    found.sum().backward()
    assert log_std.grad.abs() > 0
    with pytest.raises(ValueError, match="std must be above 0, not -1"):
        Gaussian(-1)


@pytest.mark.parametrize("likelihood", [Bernoulli(), Gaussian()])
def test_likelihoods_refuse_shapes_that_would_broadcast(likelihood):
    with pytest.raises(ValueError, match="must have the same shape"):
        likelihood.log_prob(torch.zeros(3, 1, 4, 4), torch.zeros(3, 16))


def test_images_lie_in_the_range_of_the_course():
    far = torch.tensor([-100.0, 0.0, 0.5, 100.0])
    torch.testing.assert_close(Bernoulli().images(far), torch.tensor([-1.0, 0.0, 2 * torch.sigmoid(far[2]) - 1, 1.0]))
    torch.testing.assert_close(Gaussian().images(far), torch.tensor([-1.0, 0.0, 0.5, 1.0]))


# --- the bounds -----------------------------------------------------------------------------------------------


def by_hand(vae, x, draws):
    """ELBO of the batch, averaged over many draws, with torch.distributions for every term."""
    mean, log_var = vae.encode(x)
    q = Normal(mean, (log_var / 2).exp())
    drawn = [torch.distributions.Bernoulli(logits=vae.decoder(q.sample())).log_prob(x) for _ in range(draws)]
    log_px = [each.flatten(1).sum(1) for each in drawn]
    return torch.stack(log_px).mean(), kl_divergence(q, Normal(torch.zeros_like(mean), 1.0)).sum(1).mean()


def test_the_elbo_is_reconstruction_minus_kl():
    vae, x = small(), binary(64)
    log_px, kl = by_hand(vae, x, draws=400)
    parts = [ELBO()(vae, x) for _ in range(400)]
    found = {key: torch.stack([part[key] for part in parts]).mean() for key in parts[0]}
    torch.testing.assert_close(found["kl"], kl)
    torch.testing.assert_close(found["log_likelihood"], log_px, atol=0.02, rtol=0)
    torch.testing.assert_close(found["loss"], kl - log_px, atol=0.02, rtol=0)
    assert list(found)[0] == "loss"


def losses(objective, vae, x, **options):
    torch.manual_seed(1)
    return objective(vae, x, **options)


def test_beta_and_warmth_multiply_the_kl_only():
    vae, x = small(), binary(8)
    plain = losses(ELBO(), vae, x)
    for objective, options, weight in [
        (ELBO(beta=4.0), {}, 4.0),
        (ELBO(beta=2.0), {"warmth": torch.tensor(0.25)}, 0.5),
    ]:
        found = losses(objective, vae, x, **options)
        torch.testing.assert_close(found["loss"], weight * plain["kl"] - plain["log_likelihood"])
        torch.testing.assert_close(found["kl"], plain["kl"])


def test_free_bits_are_free_for_each_dimension_and_no_more():
    class Fixed:
        codes = torch.tensor([[0.0, 3.0], [0.0, 1.0]], dtype=torch.float64).requires_grad_()

        def encode(self, x):
            return self.codes, torch.zeros_like(self.codes)

        def prior(self):
            return None

        def log_likelihood(self, x, z):
            return torch.zeros(2, dtype=torch.float64)

    model = Fixed()  # KL: dimension 0 has 0, dimension 1 has (9/2 + 1/2) / 2 = 2.5
    found = ELBO(free_bits=0.5)(model, torch.zeros(2, 1))
    assert found["loss"].item() == pytest.approx(3.0) and found["kl"].item() == pytest.approx(2.5)
    found["loss"].backward()
    torch.testing.assert_close(model.codes.grad, torch.tensor([[0.0, 1.5], [0.0, 0.5]], dtype=torch.float64))


def test_objectives_refuse_nonsense():
    for wrong in ({"beta": -1.0}, {"free_bits": -0.1}, {"beta": math.nan}):
        with pytest.raises(ValueError, match="at least 0"):
            ELBO(**wrong)
    with pytest.raises(ValueError, match="samples must be at least 1, not 0"):
        IWAE(0)
    with pytest.raises(ValueError, match=r"k draws, n images.*\[3\]"):
        iwae_bound(torch.zeros(3))


def test_the_iwae_bound_is_the_log_of_the_mean_weight_even_far_from_zero():
    log_w = torch.tensor([[0.0, -1e4], [math.log(3.0), -1e4]], dtype=torch.float64)
    torch.testing.assert_close(iwae_bound(log_w), torch.tensor([math.log(2.0), -1e4], dtype=torch.float64))


def test_one_draw_is_the_elbo_and_more_draws_are_tighter():
    vae, x = small(), binary(16)
    nn.init.normal_(vae.decoder[0][0].weight, std=2.0)  # a posterior that the encoder does not know
    log_w = torch.cat([log_weights(vae, x, samples=250) for _ in range(4)]).detach()
    bounds = [torch.stack([iwae_bound(part) for part in log_w.split(k)]).mean().item() for k in (1, 5, 50, 1000)]
    assert bounds == sorted(bounds) and bounds[-1] - bounds[0] > 0.1
    log_px, kl = by_hand(vae, x, draws=1000)
    assert bounds[0] == pytest.approx((log_px - kl).item(), abs=0.1)
    exact = torch.randn(200_000, 3, dtype=torch.float64)  # from the prior: p(x) = E p(x|z)
    log_p = torch.stack([vae.log_likelihood(x[:1].expand(len(exact), -1, -1, -1), exact)]).logsumexp(1)
    assert iwae_bound(log_w)[0].item() == pytest.approx(log_p.item() - math.log(len(exact)), abs=0.1)


def test_draws_and_conditions_stay_with_their_images():
    class Echo:
        def encode(self, x, c):
            return torch.zeros(len(x), 2), torch.zeros(len(x), 2)

        def prior(self, c):
            return torch.zeros(len(c), 2), torch.zeros(len(c), 2)

        def log_likelihood(self, x, z, c):
            assert len(x) == len(z) == len(c) == 12
            return x[:, 0] + 10 * c

    found = log_weights(Echo(), torch.arange(3.0)[:, None], torch.tensor([1.0, 2.0, 3.0]), samples=4)
    torch.testing.assert_close(found, torch.tensor([10.0, 21.0, 32.0]).expand(4, 3))


def test_a_learnt_prior_enters_the_bound():
    class Conditional(models.FullyConnectedVAE):
        def prior(self, *condition):
            return torch.full((2, 3), 5.0).double(), torch.full((2, 3), 1.0).double()

    torch.manual_seed(3)
    vae, x = Conditional(3, hidden=(16,), image_size=4).double(), binary(2)
    plain = small()
    plain.load_state_dict(vae.state_dict())
    assert losses(ELBO(), vae, x)["kl"] > losses(ELBO(), plain, x)["kl"] + 5
    many = IWAE(2000)(vae, x)["kl"]
    torch.testing.assert_close(many, losses(ELBO(), vae, x)["kl"], rtol=0.02, atol=0)


def test_the_best_draws_count_most_in_the_iwae_gradient():
    log_w = torch.tensor([[0.0], [2.0]], requires_grad=True)
    iwae_bound(log_w).sum().backward()
    torch.testing.assert_close(log_w.grad, torch.softmax(torch.tensor([[0.0], [2.0]]), 0))


def test_the_iwae_loss_is_minus_the_bound_of_its_weights():
    vae, x = small(), binary(8)
    found = losses(IWAE(5), vae, x)
    torch.manual_seed(1)
    torch.testing.assert_close(found["loss"], -iwae_bound(log_weights(vae, x, samples=5)).mean())
    assert found["loss"] < found["kl"] - found["log_likelihood"]
    cold = losses(IWAE(5), vae, x, warmth=0.0)
    assert cold["loss"] < found["loss"]


def test_bits_per_dimension():
    assert objectives.bits_per_dimension(-784 * math.log(2), 784) == pytest.approx(1.0)
    # 256 equally likely grey levels in [−1, 1]: density ½ a pixel, 8 bits.
    assert objectives.bits_per_dimension(100 * math.log(0.5), 100, bin_width=2 / 256) == pytest.approx(8.0)
    with pytest.raises(ValueError, match="dimensions must be at least 1"):
        objectives.bits_per_dimension(-1.0, 0)
