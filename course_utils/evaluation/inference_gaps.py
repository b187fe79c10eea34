"""Why a VAE's bound is too low: is it the shape of q, or the encoder that has to serve all images?

Source: Cremer, Li & Duvenaud 2018.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.inputs import require_counts, require_methods, require_number
from course_utils.models import VAE, evaluating
from course_utils.objectives import ELBO, iwae_bound, log_weights
from course_utils.objectives.variational import encoded
from course_utils.progress import PATIENCE, progress
from course_utils.tensor_inputs import require_finite, require_same_length, require_tensor
from course_utils.training.randomness import forked_random_state, require_seed
from course_utils.training.schedules import cosine_decay


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
        mean, log_var = encoded(vae, x, *condition)
        q = _OwnGaussians(vae, mean.detach(), log_var.detach())
        best = _best_gaussians(q, x, condition, steps, rate)
        weights, best_weights = (_log_weights(of, x, condition, samples) for of in (q, best))
    require_finite("the log weights", best_weights, "has the VAE diverged?")
    if best_weights.mean() < weights.mean():  # the encoder's q was the best already, and the search lost some of it
        best_weights = weights
    elbo, best_elbo, nats = (of.mean().item() for of in (weights, best_weights, iwae_bound(best_weights)))
    return InferenceGaps(elbo, best_elbo, nats, len(x))


class _OwnGaussians(NamedTuple):
    """A VAE whose q is given for each image, in the place of its encoder's."""

    vae: VAE
    mean: Tensor
    log_var: Tensor

    def encode(self, x: Tensor, *condition: Tensor) -> tuple[Tensor, Tensor]:
        return self.mean, self.log_var

    def prior(self, *condition: Tensor) -> tuple[Tensor, Tensor] | None:
        return self.vae.prior(*condition)

    def log_likelihood(self, x: Tensor, z: Tensor, *condition: Tensor) -> Tensor:
        return self.vae.log_likelihood(x, z, *condition)


@torch.enable_grad()
def _best_gaussians(
    q: _OwnGaussians, x: Tensor, condition: tuple[Tensor, ...], steps: int, rate: float
) -> _OwnGaussians:
    """Each image's best Gaussian, found from ``q`` by gradients of the ELBO that miss the VAE's weights."""
    codes = [code.clone().requires_grad_() for code in (q.mean, q.log_var)]
    optimizer, own = torch.optim.Adam(codes, lr=rate), _OwnGaussians(q.vae, *codes)
    for step in progress(range(steps), f"the best Gaussian for each of {len(x):,} images", PATIENCE):
        optimizer.param_groups[0]["lr"] = rate * cosine_decay(step / steps)
        total = len(x) * ELBO()(own, x, *condition)["loss"]
        for code, gradient in zip(codes, torch.autograd.grad(total, codes), strict=True):
            code.grad = gradient
        optimizer.step()
    return _OwnGaussians(q.vae, *(code.detach() for code in codes))


@torch.no_grad()
def _log_weights(q: _OwnGaussians, x: Tensor, condition: tuple[Tensor, ...], samples: int) -> Tensor:
    """``objectives.log_weights``, draw by draw, as memory is finite: [samples, n] in float64."""
    draws = progress(range(samples), f"log p(x) of {len(x):,} images", PATIENCE)
    return torch.cat([log_weights(q, x, *condition).cpu().double() for _ in draws])
