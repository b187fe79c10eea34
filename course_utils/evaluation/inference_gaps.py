"""Why a VAE's bound is too low: is it the shape of q, or the encoder that has to serve all images?

Source: Cremer, Li & Duvenaud 2018.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.inputs import require_counts, require_methods, require_number
from course_utils.models import VAE, evaluating
from course_utils.objectives import gaussian_kl, gaussian_log_density, iwae_bound, reparameterise
from course_utils.objectives.variational import encoded
from course_utils.progress import PATIENCE, progress
from course_utils.tensor_inputs import require_finite, require_same_length, require_tensor
from course_utils.training.randomness import forked_random_state, require_seed


@dataclass(frozen=True)
class InferenceGaps:
    """Three means over ``n`` images, in nats: ``elbo`` with the encoder's q, ``best_elbo`` with the best diagonal
    Gaussian for each image, and ``nats``, an importance-weighted bound from the latter: in expectation elbo <=
    best_elbo <= nats <= log p(x). So ``approximation`` is a lower bound on that gap; ``amortisation`` is one, too, as
    the best Gaussian is the best that was found.
    """

    elbo: float
    best_elbo: float
    nats: float
    n: int

    @property
    def amortisation(self) -> float:
        """What one encoder for all images costs, beside a Gaussian for each of them."""
        return self.best_elbo - self.elbo

    @property
    def approximation(self) -> float:
        """What a diagonal Gaussian costs, beside the true posterior."""
        return self.nats - self.best_elbo

    def __repr__(self) -> str:
        return (
            f"ELBO {self.elbo:.2f}; amortisation gap {self.amortisation:.2f}; approximation gap at least "
            f"{self.approximation:.2f} nats ({self.n:,} images)"
        )


def inference_gaps(
    vae: VAE, x: Tensor, *condition: Tensor, steps: int = 200, rate: float = 0.05, samples: int = 500, seed: int = 0
) -> InferenceGaps:
    """The amortisation and the approximation gap of ``vae`` on the images ``x`` [n, ...], in nats per image.

        log p(x) - ELBO(q) = [ELBO(q*) - ELBO(q)]  +  [log p(x) - ELBO(q*)]
                              amortisation gap         approximation gap

    q*, the best diagonal Gaussian of an image, is sought from the encoder's q by ``steps`` updates of Adam, whose
    ``rate`` falls to 0; log p(x) is replaced by the importance-weighted bound of ``samples`` draws from q*. No weight
    of the VAE changes; the draws come from ``seed``, and the caller's random numbers stay as they were.

    Raises ``ValueError`` for fewer than one image, step or draw, and for a VAE that gives NaN.
    """
    require_methods("vae", vae, "encode", "prior", "log_likelihood")
    require_finite("x", require_tensor("x", x, ("n", ...), "images, floats"))
    require_same_length(images=x, **{f"rows of condition {i}": c for i, c in enumerate(condition, 1)})
    steps, samples = require_counts(steps=steps, samples=samples)
    require_number("rate", rate, above=0)
    with evaluating(vae), forked_random_state(x.device, require_seed(seed)):
        q = tuple(code.detach() for code in encoded(vae, x, *condition))
        best = _best_gaussian(vae, x, condition, q, steps, rate)
        weights, best_weights = (_log_weights(vae, x, condition, of, samples) for of in (q, best))
    require_finite("the log weights", best_weights, "has the VAE diverged?")
    if best_weights.mean() < weights.mean():  # the encoder's q was the best already, and the search lost some of it
        best_weights = weights
    elbo, best_elbo, nats = (of.mean().item() for of in (weights, best_weights, iwae_bound(best_weights)))
    return InferenceGaps(elbo, best_elbo, nats, len(x))


@torch.enable_grad()
def _best_gaussian(
    vae: VAE, x: Tensor, condition: tuple[Tensor, ...], q: tuple[Tensor, Tensor], steps: int, rate: float
) -> tuple[Tensor, Tensor]:
    """Mean and log variance of each image's best q, found from ``q`` by gradients of the ELBO that miss the weights."""
    prior = vae.prior(*condition)
    q = tuple(code.clone().requires_grad_() for code in q)
    optimizer = torch.optim.Adam(q, lr=rate)
    for step in progress(range(steps), f"the best Gaussian for each of {len(x):,} images", PATIENCE):
        optimizer.param_groups[0]["lr"] = rate * 0.5 * (1 + math.cos(math.pi * step / steps))
        nats = vae.log_likelihood(x, reparameterise(*q), *condition) - gaussian_kl(*q, prior).sum(-1)
        for code, gradient in zip(q, torch.autograd.grad(-nats.sum(), q), strict=True):
            code.grad = gradient
        optimizer.step()
    mean, log_var = (code.detach() for code in q)
    return mean, log_var


@torch.no_grad()
def _log_weights(vae: VAE, x: Tensor, condition: tuple[Tensor, ...], q: tuple[Tensor, Tensor], samples: int) -> Tensor:
    """log p(x|z) + log p(z) - log q(z) for ``samples`` draws z from each image's q, [samples, n], in float64."""
    prior, rows = vae.prior(*condition) or (), []
    for _ in progress(range(samples), f"log p(x) of {len(x):,} images", PATIENCE):
        z = reparameterise(*q)
        log_ratio = gaussian_log_density(z, *prior) - gaussian_log_density(z, *q)
        rows.append((vae.log_likelihood(x, z, *condition) + log_ratio).cpu().double())
    return torch.stack(rows)
