"""What the student writes in lesson 08 is what the package and torch.distributions have."""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence

from course_utils import models, objectives
from course_utils.checks.turns.lesson_08 import TURNS

head, draw, minus_elbo = (turn.parts[0].reference for turn in TURNS)


def test_the_head_gives_what_the_packages_vae_reads_from_its_encoder():
    torch.manual_seed(3)
    vae, x = models.FullyConnectedVAE(5, (16,)), torch.rand(4, 1, 28, 28).round()
    mean, std = head(vae.encoder(x))
    expected, log_var = vae.encode(x)
    assert torch.equal(mean, expected) and torch.allclose(2 * std.log(), log_var, atol=1e-5)


def test_the_sampler_draws_what_the_package_draws():
    mean, log_var = torch.randn(6, 3), torch.randn(6, 3)
    torch.manual_seed(3)
    z = draw(mean, (log_var / 2).exp())
    torch.manual_seed(3)
    assert torch.allclose(z, objectives.reparameterise(mean, log_var))


def test_the_loss_is_minus_the_elbo_of_torchs_distributions():
    torch.manual_seed(3)
    x, logits = torch.rand(4, 1, 3, 5).round().double(), torch.randn(4, 1, 3, 5).double()
    mean, std = torch.randn(4, 2).double(), torch.rand(4, 2).double() + 0.1
    pixels = Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
    code = kl_divergence(Normal(mean, std), Normal(torch.zeros_like(mean), torch.ones_like(std))).sum(1)
    assert torch.allclose(minus_elbo(logits, x, mean, std), (code - pixels).mean())
