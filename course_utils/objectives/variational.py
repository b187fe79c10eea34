"""Variational objectives: likelihoods, the Gaussian KL divergence, the evidence lower bound and its tighter relative.

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
from torch.nn.functional import binary_cross_entropy_with_logits


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
    if mean.shape != log_var.shape:
        raise ValueError(f"mean {tuple(mean.shape)} and log_var {tuple(log_var.shape)} must have the same shape")
    if prior is None:
        return 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var)
    prior_mean, prior_log_var = prior
    distance = (mean - prior_mean).square() * (-prior_log_var).exp()
    return 0.5 * (distance + (log_var - prior_log_var).exp() - 1.0 - log_var + prior_log_var)


def gaussian_log_density(z: Tensor, mean: Tensor | float = 0.0, log_var: Tensor | float = 0.0) -> Tensor:
    """log N(z; mean, exp(log_var)) in nats, summed over the last dimension: [..., d] → [...]."""
    log_var = torch.as_tensor(log_var, dtype=z.dtype, device=z.device)
    return -0.5 * (math.log(2 * math.pi) + log_var + (z - mean).square() * (-log_var).exp()).sum(-1)


def reparameterise(mean: Tensor, log_var: Tensor) -> Tensor:
    """z = mean + exp(½ log_var) ε, ε ~ N(0, I): a draw from q whose gradient reaches mean and log_var."""
    return mean + (0.5 * log_var).exp() * torch.randn_like(mean)


# --- likelihoods ---------------------------------------------------------------------------------------------


def require_binary(x: Tensor) -> None:
    """Raises ValueError unless every pixel is 0 or 1. It waits for the device: call it once, not in every step."""
    pixels = x.reshape(-1)
    # Grey levels make Σ x² differ from Σ x, and two sums take a fifth of the time that comparing each pixel takes.
    sums_are_exact = x.dtype == torch.float32 and len(pixels) <= 2**17
    if sums_are_exact and bool(torch.dot(pixels, pixels) == pixels.sum()):
        return
    if not bool((x * x == x).all()):
        raise ValueError(
            f"a Bernoulli likelihood is one of pixels that are 0 or 1, and these lie in {float(x.min()):.3g} to "
            f"{float(x.max()):.3g}; on grey pixels the cross-entropy is no log-likelihood. Binarise them "
            "(data.BinarisedImages), or use objectives.Gaussian"
        )


def _require_same_shape(x: Tensor, parameters: Tensor) -> None:
    if x.shape != parameters.shape:
        raise ValueError(
            f"images {tuple(x.shape)} and the decoder's output {tuple(parameters.shape)} must have the same shape"
        )


@dataclass(frozen=True)
class Bernoulli:
    """Independent binary pixels: p(x = 1) = sigmoid(logit). The decoder's output is logits, not probabilities."""

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Σ x log p + (1 − x) log(1 − p) over all dimensions but the first, [n], from logits `parameters` [n, ...].

        On the CPU, raises ValueError for pixels other than 0 and 1; elsewhere that would make the device wait.
        """
        _require_same_shape(x, parameters)
        if x.device.type == "cpu" and not torch.compiler.is_compiling():
            require_binary(x)
        return -binary_cross_entropy_with_logits(parameters, x, reduction="none").flatten(1).sum(1)

    def images(self, parameters: Tensor) -> Tensor:
        """The probabilities as grey images in [−1, 1]: 2 sigmoid(logit) − 1."""
        return 2.0 * torch.sigmoid(parameters) - 1.0


@dataclass(frozen=True)
class Gaussian:
    """Independent pixels x ~ N(mean, std²), one `std` > 0 for all: a number, or a 0-d tensor that is learnt."""

    std: float | Tensor = 1.0

    def __post_init__(self):
        if not isinstance(self.std, Tensor) and not self.std > 0:
            raise ValueError(f"std must be above 0, not {self.std}")

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Σ −½((x − mean)/std)² − log std − ½ log 2π over all dimensions but the first, [n]; `parameters` is the mean.

        A density, in nats: it depends on the unit of x, and can be positive.
        """
        _require_same_shape(x, parameters)
        log_std = torch.as_tensor(self.std, dtype=x.dtype, device=x.device).log()
        each = -0.5 * ((x - parameters) / self.std).square() - log_std - 0.5 * math.log(2 * math.pi)
        return each.flatten(1).sum(1)

    def images(self, parameters: Tensor) -> Tensor:
        """The mean as an image, cut to [−1, 1]."""
        return parameters.clamp(-1.0, 1.0)


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
        if not (self.beta >= 0 and self.free_bits >= 0):
            raise ValueError(f"beta and free_bits must be at least 0, not {self.beta} and {self.free_bits}")

    def __call__(
        self, vae: LatentVariableModel, x: Tensor, *condition: Tensor, warmth: Tensor | float = 1.0
    ) -> dict[str, Tensor]:
        """Means over the batch x [n, ...]: "loss", and without beta, free bits and warmth "log_likelihood" and "kl"."""
        mean, log_var = vae.encode(x, *condition)
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
        if self.samples < 1:
            raise ValueError(f"samples must be at least 1, not {self.samples}")

    def __call__(
        self, vae: LatentVariableModel, x: Tensor, *condition: Tensor, warmth: Tensor | float = 1.0
    ) -> dict[str, Tensor]:
        """Means over the batch x [n, ...], and for "log_likelihood" and "kl" over the draws too."""
        log_likelihood, log_ratio = _likelihood_and_ratio(vae, x, condition, self.samples)
        loss = -iwae_bound(log_likelihood + warmth * log_ratio).mean()
        return {"loss": loss, "log_likelihood": log_likelihood.mean(), "kl": -log_ratio.mean()}


def log_weights(vae: LatentVariableModel, x: Tensor, *condition: Tensor, samples: int = 1) -> Tensor:
    """log w = log p(x|z) + log p(z) − log q(z|x) for `samples` draws z ~ q(z|x) of each image, [samples, n].

    The mean of w estimates p(x) without bias; the mean of log w, the ELBO.
    """
    log_likelihood, log_ratio = _likelihood_and_ratio(vae, x, condition, samples)
    return log_likelihood + log_ratio


def _likelihood_and_ratio(
    vae: LatentVariableModel, x: Tensor, condition: tuple[Tensor, ...], samples: int
) -> tuple[Tensor, Tensor]:
    """log p(x|z) and log p(z) − log q(z|x), each [samples, n]: image and condition are repeated for one pass."""
    mean, log_var = vae.encode(x, *condition)
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
    if log_weights.ndim != 2 or len(log_weights) == 0:
        raise ValueError(f"log_weights must be [k draws, n images] with k ≥ 1, not {tuple(log_weights.shape)}")
    return log_weights.logsumexp(0) - math.log(len(log_weights))


def bits_per_dimension(nats_per_image: float, dimensions: int, bin_width: float = 1.0) -> float:
    """−log₂ p per pixel, from a log-likelihood in nats per image over `dimensions` pixels.

    `bin_width` turns a density into the probability of a grey level, p ≈ density × width: 2/255 for 256 levels in
    [−1, 1], 1/255 in [0, 1]. Leave it at 1 for probabilities, such as those of binary pixels.
    """
    if dimensions < 1 or not bin_width > 0:
        raise ValueError(f"dimensions must be at least 1 and bin_width above 0, not {dimensions} and {bin_width}")
    return -nats_per_image / (dimensions * math.log(2)) - math.log2(bin_width)
