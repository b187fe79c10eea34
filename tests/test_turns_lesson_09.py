"""What the student writes in lesson 09 is what the package has."""

import torch
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from course_utils import models, objectives
from course_utils.checks.turns.lesson_09 import TURNS

bound, charge, log_all, quantise = (turn.parts[0].reference for turn in TURNS)


def test_the_bound_is_the_packages():
    log_w = 30 * torch.randn(7, 4)
    assert torch.equal(bound(log_w), objectives.iwae_bound(log_w))


def test_the_charge_is_that_of_free_bits_in_the_packages_elbo():
    torch.manual_seed(3)
    vae, x = models.FullyConnectedVAE(5, (16,)), torch.rand(6, 1, 28, 28).round()
    kl = objectives.gaussian_kl(*vae.encode(x))
    free = kl.mean(0).sort().values[2].item()  # between the dimensions
    torch.manual_seed(4)
    found = objectives.ELBO(beta=30.0, free_bits=free)(vae, x)
    assert torch.allclose(found["loss"], 30 * charge(kl, free) - found["log_likelihood"])
    assert charge(kl, free) > kl.mean(0).sum() + 1e-4


def test_all_codes_together_are_torchs_mixture():
    torch.manual_seed(3)
    mean, z = torch.randn(5, 3).double(), torch.randn(4, 3).double()
    parts = MultivariateNormal(mean, torch.eye(3).double())
    log_q = torch.stack([parts.log_prob(one) for one in z])
    mixture = MixtureSameFamily(Categorical(torch.ones(5).double()), parts)
    assert torch.allclose(log_all(log_q), mixture.log_prob(z))


def test_the_quantiser_is_the_packages():
    torch.manual_seed(3)
    layer, codes = models.VectorQuantiser(6, 2), torch.randn(4, 5, 2, requires_grad=True)
    layer.start_from(codes)
    z, numbers = quantise(codes, layer.book)
    expected, expected_numbers, _ = layer(codes)
    assert torch.equal(numbers, expected_numbers) and torch.allclose(z, expected)
    for of in (z, expected):
        gradient = torch.autograd.grad(of.sum(), (codes, layer.book), allow_unused=True)
        assert torch.equal(gradient[0], torch.ones_like(codes)) and gradient[1] is None
    assert numbers.unique().numel() == 6
