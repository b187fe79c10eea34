"""Answers to the turns of lesson 08: right ones in other styles, known mistakes in other words, and near neighbours."""

import torch
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn.functional import logsigmoid, softplus

# --- 08.1 the head ---------------------------------------------------------------------------------------------


def head_by_slices(out):
    d = out.shape[1] // 2
    return out[:, :d], out[:, d:].exp().sqrt()


def head_softplus(out):
    """A near neighbour of σ: positive, and another function of the output."""
    mean, raw = out.chunk(2, dim=1)
    return mean, softplus(raw)


def head_doubled(out):
    """A near neighbour: 2 log σ² in the place of half of it."""
    mean, log_var = out.chunk(2, dim=1)
    return mean, (2 * log_var).exp()


def head_by_rows(out):
    mean, log_var = out[: len(out) // 2], out[len(out) // 2 :]
    return mean, torch.exp(0.5 * log_var)


def head_exchanged(out):
    log_var, mean = out.chunk(2, dim=1)
    return mean, torch.exp(0.5 * log_var)


# --- 08.2 the sampler --------------------------------------------------------------------------------------------


def draw_by_rsample(mean, std):
    return Normal(mean, std).rsample()


def draw_in_loops(mean, std):
    return torch.stack([torch.stack([m + s * torch.randn(()) for m, s in zip(*row)]) for row in zip(mean, std)])  # noqa: B905


def draw_by_sample(mean, std):
    return Normal(mean, std).sample()


def draw_shared(mean, std):
    return mean + std * torch.randn(1, mean.shape[1])


def draw_of_twice_the_size(mean, std):
    """A near neighbour of every size that has a name."""
    return mean + 2 * std * torch.randn_like(mean)


def draw_centred_uniform(mean, std):
    """Mean and spread are right, the distribution is not: only the fourth moment tells."""
    return mean + std * (torch.rand_like(mean) - 0.5) * 12**0.5


# --- 08.3 the loss -----------------------------------------------------------------------------------------------


def loss_by_distributions(logits, x, mean, std):
    pixels = -Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1)
    kl = kl_divergence(Normal(mean, std), Normal(torch.zeros_like(mean), torch.ones_like(std)))
    return pixels.mean() + kl.sum(-1).mean()


def loss_by_sigmoids(logits, x, mean, std):
    n = len(x)
    pixels = -(x * logsigmoid(logits) + (1 - x) * logsigmoid(-logits)).sum() / n
    log_var = std.square().log()
    return pixels - 0.5 * (1 + log_var - mean.square() - log_var.exp()).sum() / n


def loss_with_a_draw_left_out(logits, x, mean, std):
    pixels = -Bernoulli(logits=logits).log_prob(x).flatten(1).sum(1)
    return pixels.mean()


def loss_all_averaged(logits, x, mean, std):
    """A near neighbour of two names at once: pixels and dimensions averaged."""
    kl = 0.5 * (mean**2 + std**2 - 1 - 2 * std.log())
    return -Bernoulli(logits=logits).log_prob(x).mean() + kl.mean()


def loss_of_images_added(logits, x, mean, std):
    return len(x) * loss_by_sigmoids(logits, x, mean, std)


VARIANTS = {
    "08.1": [(head_by_slices,)],
    "08.2": [(draw_by_rsample,), (draw_in_loops,)],
    "08.3": [(loss_by_distributions,), (loss_by_sigmoids,)],
}

MUTANTS = {
    "08.1": [
        ("images split in the place of columns", (head_by_rows,)),
        ("halves exchanged", (head_exchanged,)),
        ("", (head_softplus,)),
        ("", (head_doubled,)),
    ],
    "08.2": [
        ("a draw that is cut off from the encoder", (draw_by_sample,)),
        ("noise that all images share", (draw_shared,)),
        ("", (draw_of_twice_the_size,)),
        ("", (draw_centred_uniform,)),
    ],
    "08.3": [
        ("no price for the code", (loss_with_a_draw_left_out,)),
        ("images added up", (loss_of_images_added,)),
        ("", (loss_all_averaged,)),
    ],
}
