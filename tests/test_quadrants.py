"""Completing quadrants: what is hidden, that what is seen is certain, and the parts of the VAE."""

import pytest
import torch

from course_utils.models import QuadrantNetwork, QuadrantVAE, hide_quadrants
from course_utils.objectives import ELBO, Bernoulli


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def binary(n: int = 6) -> torch.Tensor:
    return (torch.rand(n, 1, 28, 28) < 0.3).float()


def quadrants(x: torch.Tensor) -> dict[str, torch.Tensor]:
    return {
        "upper left": x[..., :14, :14],
        "upper right": x[..., :14, 14:],
        "lower left": x[..., 14:, :14],
        "lower right": x[..., 14:, 14:],
    }


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        (1, {"lower left"}),
        (2, {"lower left", "upper left"}),
        (3, {"lower left", "upper left", "upper right"}),
    ],
)
def test_the_quadrants_of_the_published_task_are_hidden(seen, shown):
    x = binary()
    before = x.clone()
    for name, part in quadrants(hide_quadrants(x, seen)).items():
        expected = quadrants(x)[name] if name in shown else torch.full_like(part, -1.0)
        assert torch.equal(part, expected), name
    assert torch.equal(x, before)


@pytest.mark.parametrize(
    ("x", "seen", "message"),
    [
        (torch.zeros(2, 1, 28, 28), 0, "seen must be from 1 to 3, not 0: it counts quadrants"),
        (torch.zeros(2, 1, 28, 28), 4, "not 4"),
        (-torch.ones(2, 1, 28, 28), 1, "pixels must lie in 0 … 1, not -1 … -1: binarise"),
        (torch.full((2, 1, 28, 28), 255.0), 1, "not 255 … 255"),
        (torch.zeros(2, 1, 28, 28, dtype=torch.uint8), 1, "float images.*not torch.uint8"),
        (torch.zeros(2, 28, 28), 1, r"not torch.float32 \[2, 28, 28\]"),
    ],
)
def test_what_cannot_be_hidden_is_named(x, seen, message):
    with pytest.raises(ValueError, match=message):
        hide_quadrants(x, seen)


def pair(latent_dim: int = 4) -> tuple[QuadrantNetwork, QuadrantVAE]:
    network = QuadrantNetwork(hidden=(16,))
    return network, QuadrantVAE(network, latent_dim, hidden=(16,))


@pytest.mark.parametrize("seen", [1, 2, 3])
def test_only_hidden_pixels_count_in_the_likelihood(seen):
    network, vae = pair()
    x = binary()
    shown = hide_quadrants(x, seen)
    hidden = shown == -1
    z = torch.randn(6, 4)
    free = network.net(shown)
    for log_prob, logits in (
        (Bernoulli().log_prob(x, network(shown)), free),
        (vae.log_likelihood(x, z, shown), vae.decoder(torch.cat([z, vae.fill(shown).flatten(1)], 1))),
    ):
        p = logits.double().sigmoid()
        each = torch.where(x == 1, p, 1 - p).log() * hidden
        torch.testing.assert_close(log_prob.double(), each.flatten(1).sum(1), rtol=1e-5, atol=1e-4)


def test_completions_keep_what_is_seen_and_differ_elsewhere():
    _, vae = pair()
    x = binary()
    shown = hide_quadrants(x, 2)
    completions = vae.complete(shown, draws=3)
    assert completions.shape == (3, 6, 1, 28, 28)
    kept = (shown != -1).expand_as(completions)
    assert torch.equal(completions[kept], (2 * x - 1).expand_as(completions)[kept])
    assert (completions[0] != completions[1])[~kept[0]].any() and completions.abs().max() <= 1


def test_the_prior_looks_at_what_is_seen_only_and_recognition_at_the_whole_image():
    _, vae = pair()
    x, other = binary(), binary()
    shown = hide_quadrants(x, 1)
    other = torch.where(shown == -1, other, x)
    assert torch.equal(hide_quadrants(other, 1), shown)
    assert not torch.equal(vae.encode(x, shown)[0], vae.encode(other, shown)[0])
    mean, log_var = vae.prior(shown)
    filled = vae.fill(shown)
    assert mean.shape == log_var.shape == (6, 4)
    assert torch.equal(filled[shown != -1], x[shown != -1]) and ((filled > 0) & (filled < 1))[shown == -1].all()
    torch.testing.assert_close(torch.cat([mean, log_var], 1), vae.prior_net(filled))


def test_the_elbo_uses_the_learned_prior_and_leaves_the_baseline_alone():
    network, vae = pair()
    x = binary()
    shown = hide_quadrants(x, 1)
    losses = ELBO()(vae, x, shown)
    losses["loss"].backward()
    untouched = {name for name, p in vae.named_parameters() if p.grad is None}
    assert untouched == {name for name, _ in vae.named_parameters() if name.startswith("baseline.")}
    assert vae.prior_net[1][0].weight.grad.any()
    assert losses["loss"] == losses["kl"] - losses["log_likelihood"]
    assert network.net[1][0].weight.requires_grad and network is not vae.baseline


def test_a_condition_of_another_shape_is_named():
    network, _ = pair()
    with pytest.raises(ValueError, match=r"\[n, 1, 28, 28\], not torch.float32 \[2, 784\]"):
        network(torch.zeros(2, 784))
