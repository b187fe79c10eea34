"""How likely does a model find the test images? Bounds on log p(x) for VAEs, the exact value for probabilistic PCA.

All in nats per image. A bound is compared only with bounds of the same data: binary pixels, drawn anew or once, or grey
levels as a density. Sources: Burda, Grosse & Salakhutdinov 2016; Tipping & Bishop 1999.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.inputs import require_count, require_counts, require_methods, require_number
from course_utils.models import VAE, evaluating
from course_utils.objectives import log_weights
from course_utils.progress import PATIENCE, progress
from course_utils.tensor_inputs import require_finite, require_same_length, require_tensor
from course_utils.training.randomness import forked_random_state


@dataclass(frozen=True)
class LogLikelihood:
    """A lower bound on the mean log p(x) of ``n`` images, in nats per image, from ``samples`` draws of z for each.

    ``nats`` is the importance-weighted bound, ``half_width`` that of its 95 % confidence interval over images, and
    ``elbo`` the bound that one draw gives, averaged over the same draws. In expectation elbo <= nats <= log p(x).
    """

    nats: float
    half_width: float
    elbo: float
    n: int
    samples: int

    def __repr__(self) -> str:
        draws = "1 draw" if self.samples == 1 else f"{self.samples:,} draws"
        return (
            f"log p(x) >= {self.nats:.2f} ± {self.half_width:.2f} nats ({draws} of z for each of {self.n:,} images; "
            f"ELBO {self.elbo:.2f})"
        )


def _require_data(vae: VAE, x: Tensor, condition: tuple[Tensor, ...], *methods: str) -> None:
    require_methods("vae", vae, "encode", *methods)
    require_finite("x", require_tensor("x", x, ("n", ...), "images, floats"))
    require_same_length(images=x, **{f"rows of condition {i}": c for i, c in enumerate(condition, 1)})


@torch.no_grad()
def log_likelihood(
    vae: VAE, x: Tensor, *condition: Tensor, samples: int = 100, chunk: int = 2_000, seed: int = 0
) -> LogLikelihood:
    """The importance-weighted bound E log (1/k) sum_j w_j with k = ``samples``, w = p(x|z) p(z) / q(z|x), z ~ q(z|x).

    ``x`` [n, ...] is data as in training, ``condition`` tensors [n, ...] that go with it. At most ``chunk`` pairs of an
    image and a draw are decoded at once, and the sum is kept in logarithms, so memory does not grow with ``samples``.
    The draws come from ``seed``, the caller's random numbers stay as they were, and the model is in evaluation mode
    meanwhile. The bound is below log p(x) for any k; how far, it does not say: compare two values of k.

    Raises ``ValueError`` for fewer than one image, draw or pair, for conditions of another length, and for a bound that
    is NaN or infinite.
    """
    _require_data(vae, x, condition, "log_likelihood")
    samples, chunk = require_counts(samples=samples, chunk=chunk)
    seed, n = require_count("seed", seed, least=0), len(x)
    rows = max(1, chunk // samples)  # images at a time; if even one has too many draws, they are split
    totals, elbos = [], []
    with evaluating(vae), forked_random_state(x.device, seed):
        for first in progress(range(0, n, rows), f"log p(x) of {n:,} images", PATIENCE):
            part = [t[first : first + rows] for t in (x, *condition)]
            log_sum, plain_sum, done = None, 0.0, 0
            while done < samples:
                k = min(samples - done, max(1, chunk // rows))
                weights = log_weights(vae, *part, samples=k).cpu().double()
                weights_sum = weights.logsumexp(0)
                log_sum = weights_sum if log_sum is None else torch.logaddexp(log_sum, weights_sum)
                plain_sum = plain_sum + weights.sum(0)
                done += k
            totals.append(log_sum - math.log(samples))
            elbos.append(plain_sum / samples)
    bounds = require_finite(
        "the bounds on log p(x)", torch.cat(totals), "has the VAE diverged, or is its std too small?"
    )
    elbo = torch.cat(elbos).mean().item()
    half_width = 1.96 * bounds.std().item() / math.sqrt(n) if n > 1 else math.inf
    return LogLikelihood(bounds.mean().item(), half_width, elbo, n, samples)


@dataclass(frozen=True)
class ActiveUnits:
    """``active`` of ``total`` latent dimensions change with the image; ``variances`` [total] are what was compared."""

    active: int
    total: int
    variances: Tensor
    threshold: float

    def __repr__(self) -> str:
        return f"{self.active} of {self.total} latent dimensions active (variance of the mean above {self.threshold:g})"


@torch.no_grad()
def active_units(vae: VAE, x: Tensor, *condition: Tensor, threshold: float = 0.01, chunk: int = 2_000) -> ActiveUnits:
    """Latent dimensions whose posterior mean varies over the images ``x`` [n, ...]: Var_x(E_q[z_j]) > ``threshold``.

    A dimension that the model ignores has the prior as its posterior for every x, so its variance is 0; that of a
    well-used one is near 1. Source: Burda et al. 2016. Raises ``ValueError`` for fewer than two images, and for means
    that are NaN or infinite.
    """
    _require_data(vae, x, condition)
    require_number("threshold", threshold, least=0)
    chunk = require_count("chunk", chunk)
    if len(x) < 2:
        raise ValueError(f"a variance over images needs at least 2 of them, got {len(x)}.")
    with evaluating(vae):
        parts = zip(*(t.split(chunk) for t in (x, *condition)), strict=True)
        means = torch.cat([vae.encode(*part)[0] for part in parts])
    require_finite("the means of vae.encode(x)", means, "the VAE has diverged")
    variances = means.cpu().double().var(dim=0)
    return ActiveUnits(int((variances > threshold).sum()), len(variances), variances, threshold)


def ppca_log_likelihood(x: Tensor, k: int) -> float:
    """The largest mean log-likelihood of the rows of ``x`` [n, d] under N(mu, W W^T + s^2 I), W [d, k], in nats.

    With the eigenvalues l of the covariance of x (divided by n), in float64:

        -1/2 (d log 2 pi + sum_{i <= k} log l_i + (d - k) log s^2 + d),   s^2 = mean of the other l.

    No linear VAE with k latent dimensions has a larger mean ELBO on x. k = 0 is one round Gaussian: what a model
    scores that has collapsed. Source: Tipping & Bishop 1999, eq. 8.

    Raises ``ValueError`` for x of another shape, k outside 0 ... d - 1, or x that fills k dimensions only (s^2 = 0), as
    rows that are all the same do.
    """
    require_finite("x", require_tensor("x", x, ("n", "d"), hint="flatten the images"))
    k = require_count("k", k, least=0)
    if not k < x.shape[1]:
        raise ValueError(f"expected x [n, d] and 0 <= k < d, got x {list(x.shape)} and k = {k}.")
    x = x.cpu().double()
    d = x.shape[1]
    values = torch.linalg.eigvalsh(torch.cov(x.T, correction=0)).flip(0).clamp(min=0)
    noise = values[k:].mean()
    if noise <= 1e-12 * values[0] and (k == 0 or len(x) == 1):
        raise ValueError(
            f"no two rows of x {list(x.shape)} differ, and a likelihood needs some that do: take more rows."
        )
    if noise <= 1e-12 * values[0]:
        raise ValueError(f"{k} dimensions hold all the variance of x: the likelihood has no bound, choose a smaller k.")
    log_det = values[:k].log().sum() + (d - k) * noise.log()
    return -0.5 * (d * math.log(2 * math.pi) + log_det + d).item()
