"""Variational objectives: the Gaussian KL divergence, the evidence lower bound and its tighter relative.

With an encoder q(z|x), a decoder p(x|z) and a prior p(z), for every x

    log p(x) = E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)) + KL(q(z|x) ‖ p(z|x)) ≥ E_q[log p(x|z)] − KL(q(z|x) ‖ p(z)) = ELBO.

All numbers are in nats per image: sums over the pixels and over the latent dimensions, never means. Random numbers come
from torch's global generators. Sources: Kingma & Welling 2014; Rezende, Mohamed & Wierstra 2014.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from course_utils.inputs import require_count, require_function, require_methods, require_number, shown
from course_utils.tensor_inputs import (
    require_broadcasts_in_front,
    require_same_length,
    require_same_shape,
    require_tensor,
)


class LatentVariableModel(Protocol):
    """What the objectives ask of a model: `course_utils.models.VAE` has it."""

    def encode(self, x: Tensor, *condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [n, latent_dim]."""

    def prior(self, *condition: Tensor) -> tuple[Tensor, Tensor] | None:
        """Mean and log variance of p(z), or None for N(0, I)."""

    def log_likelihood(self, x: Tensor, z: Tensor, *condition: Tensor) -> Tensor:
        """log p(x|z), [n], in nats."""


# --- Gaussians in the latent space ---------------------------------------------------------------------------


def gaussian_kl(mean: Tensor, log_var: Tensor, prior: tuple[Tensor, Tensor] | None = None) -> Tensor:
    """KL(N(mean, σ²) ‖ prior) of each latent dimension in nats, [..., d]; `.sum(-1)` is that of the whole code.

    For the prior N(0, 1), which None stands for, it is ½(mean² + σ² − 1 − log σ²), σ² = exp(log_var); for a prior
    (m, log s²) it is ½((mean − m)²/s² + σ²/s² − 1 − log σ² + log s²). Source: Kingma & Welling 2014, appendix B.
    """
    require_same_shape("both are q's", mean=mean, log_var=log_var)
    if prior is None:
        return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var)
    if not isinstance(prior, tuple | list) or len(prior) != 2:
        raise ValueError(f"prior must be None or a pair (mean, log variance), not {shown(prior)}")
    prior_mean, prior_log_var = prior
    require_broadcasts_in_front("the prior's mean", prior_mean, mean, "mean")
    require_broadcasts_in_front("the prior's log_var", prior_log_var, mean, "mean")
    distance = (mean - prior_mean).square() * (-prior_log_var).exp()
    return 0.5 * (distance + (log_var - prior_log_var).exp() - 1.0 - log_var + prior_log_var)


def gaussian_log_density(z: Tensor, mean: Tensor | float = 0.0, log_var: Tensor | float = 0.0) -> Tensor:
    """log N(z; mean, exp(log_var)) in nats, summed over the last dimension: [..., d] → [...].

    `mean` and `log_var` are numbers, or tensors shaped like z or its last axes, such as [d].
    """
    require_tensor("z", z, (..., "d"))
    for name, parameter in (("mean", mean), ("log_var", log_var)):
        if isinstance(parameter, Tensor):
            require_broadcasts_in_front(name, parameter, z, "z")
        else:
            require_number(name, parameter)
    log_var = torch.as_tensor(log_var, dtype=z.dtype, device=z.device)
    return -0.5 * (math.log(2 * math.pi) + log_var + (z - mean).square() * (-log_var).exp()).sum(-1)


def reparameterise(mean: Tensor, log_var: Tensor) -> Tensor:
    """z = mean + exp(½ log_var) ε, ε ~ N(0, I): a draw from q whose gradient reaches mean and log_var."""
    require_same_shape("both are q's", mean=mean, log_var=log_var)
    return mean + (0.5 * log_var).exp() * torch.randn_like(mean)


# --- objectives ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ELBO:
    """−ELBO with its usual variants: loss = −E_q[log p(x|z)] + warmth · β · KL′, with one draw of z an image.

    KL′ sums over the latent dimensions max(`free_bits`, their KL on the mean of the batch): up to `free_bits` nats a
    dimension cost nothing more (Kingma et al. 2016, here with groups of one). `beta` as in Higgins et al. 2017.
    `anneal` is a schedule from the share of training done to `warmth` (Bowman et al. 2016); `train_vae` obeys it.
    Only beta = 1, free_bits = 0 and warmth = 1 make it a bound on −log p(x).
    """

    beta: float = 1.0
    free_bits: float = 0.0
    anneal: Callable[[float], float] | None = None

    def __post_init__(self):
        require_number("beta", self.beta, least=0)
        require_number("free_bits", self.free_bits, least=0)
        _require_anneal(self.anneal)

    def __call__(
        self, vae: LatentVariableModel, x: Tensor, *condition: Tensor, warmth: Tensor | float = 1.0
    ) -> dict[str, Tensor]:
        """Means over the batch x [n, ...]: "loss", and without beta, free bits and warmth "log_likelihood" and "kl"."""
        _require_call(vae, x, condition, warmth)
        mean, log_var = encoded(vae, x, *condition)
        log_likelihood = vae.log_likelihood(x, reparameterise(mean, log_var), *condition).mean()
        kl = gaussian_kl(mean, log_var, vae.prior(*condition)).mean(0)
        charged = kl.clamp(min=self.free_bits) if self.free_bits else kl
        loss = warmth * self.beta * charged.sum() - log_likelihood
        return {"loss": loss, "log_likelihood": log_likelihood, "kl": kl.sum()}


@dataclass(frozen=True)
class IWAE:
    """Minus the importance-weighted bound of k = `samples` draws: loss = −E log (1/k) Σ_j w_j, see `iwae_bound`.

    The draws go through the decoder in one pass. `warmth` and `anneal` are those of `ELBO`: log w = log p(x|z) +
    warmth · (log p(z) − log q(z|x)). Source: Burda, Grosse & Salakhutdinov 2016.
    """

    samples: int = 5
    anneal: Callable[[float], float] | None = None

    def __post_init__(self):
        require_count("samples", self.samples)
        _require_anneal(self.anneal)

    def __call__(
        self, vae: LatentVariableModel, x: Tensor, *condition: Tensor, warmth: Tensor | float = 1.0
    ) -> dict[str, Tensor]:
        """Means over the batch x [n, ...], and for "log_likelihood" and "kl" over the draws too."""
        _require_call(vae, x, condition, warmth)
        log_likelihood, log_ratio = _likelihood_and_ratio(vae, x, condition, self.samples)
        loss = -iwae_bound(log_likelihood + warmth * log_ratio).mean()
        return {"loss": loss, "log_likelihood": log_likelihood.mean(), "kl": -log_ratio.mean()}


def _require_anneal(anneal: Callable[[float], float] | None) -> None:
    if anneal is not None:
        require_function(
            "anneal", anneal, "a schedule, a function from the share of training done to a number, or None", takes=1
        )


def _require_call(vae: LatentVariableModel, x: Tensor, condition: tuple[Tensor, ...], warmth: Tensor | float) -> None:
    require_methods("vae", vae, "encode", "prior", "log_likelihood")
    require_tensor("x", x, ("n", ...), "a batch of floats")
    if condition:
        require_same_length(images=x, **{f"condition {i}": c for i, c in enumerate(condition, 1)})
    if not isinstance(warmth, Tensor):  # a tensor is the trainer's, and lies on the device
        require_number("warmth", warmth, least=0)


def encoded(vae: LatentVariableModel, x: Tensor, *condition: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log variance of q(z|x). Raises ValueError for an `encode` that returns anything but two tensors."""
    codes = vae.encode(x, *condition)
    if not isinstance(codes, tuple | list) or len(codes) != 2 or not all(isinstance(code, Tensor) for code in codes):
        raise ValueError(
            f"encode must return a pair of tensors, mean and log variance, each [n, latent_dim], not {shown(codes)}"
        )
    return codes


def log_weights(vae: LatentVariableModel, x: Tensor, *condition: Tensor, samples: int = 1) -> Tensor:
    """log w = log p(x|z) + log p(z) − log q(z|x) for `samples` draws z ~ q(z|x) of each image, [samples, n].

    The mean of w estimates p(x) without bias; the mean of log w, the ELBO.
    """
    _require_call(vae, x, condition, warmth=1.0)
    samples = require_count("samples", samples)
    log_likelihood, log_ratio = _likelihood_and_ratio(vae, x, condition, samples)
    return log_likelihood + log_ratio


def _likelihood_and_ratio(
    vae: LatentVariableModel, x: Tensor, condition: tuple[Tensor, ...], samples: int
) -> tuple[Tensor, Tensor]:
    """log p(x|z) and log p(z) − log q(z|x), each [samples, n]: image and condition are repeated for one pass."""
    mean, log_var = encoded(vae, x, *condition)
    prior = vae.prior(*condition)
    z = reparameterise(mean.expand(samples, *mean.shape), log_var.expand(samples, *log_var.shape))
    log_ratio = gaussian_log_density(z, *(prior or ())) - gaussian_log_density(z, mean, log_var)
    repeated = [t.repeat(samples, *[1] * (t.ndim - 1)) for t in (x, *condition)]
    log_likelihood = vae.log_likelihood(repeated[0], z.flatten(0, 1), *repeated[1:])
    return log_likelihood.view(samples, len(x)), log_ratio


def iwae_bound(log_weights: Tensor) -> Tensor:
    """log (1/k) Σ_j w_j of each image, from `log_weights` [k, n]: [n] in nats.

    With k = 1 it is an estimate of the ELBO. In expectation it never falls with k, and tends to log p(x). Its gradient
    weighs draw j with w_j / Σ w, so that the best draws count most. Source: Burda et al. 2016, theorem 1.
    """
    require_tensor("log_weights", log_weights, ("k draws", "n images"))
    return log_weights.logsumexp(0) - math.log(len(log_weights))


def bits_per_dimension(nats_per_image: float, dimensions: int, bin_width: float = 1.0) -> float:
    """−log₂ p per pixel, from a log-likelihood in nats per image over `dimensions` pixels.

    `bin_width` turns a density into the probability of a grey level, p ≈ density × width: 2/255 for 256 levels in
    [−1, 1], 1/255 in [0, 1]. Leave it at 1 for probabilities, such as those of binary pixels.
    """
    require_number("nats_per_image", nats_per_image)
    require_count("dimensions", dimensions)
    require_number("bin_width", bin_width, above=0)
    return -nats_per_image / (dimensions * math.log(2)) - math.log2(bin_width)
