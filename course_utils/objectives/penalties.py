"""Penalties on the discriminator, added to its loss; pure functions of the discriminator and a batch.

Each is called as `penalty(discriminator, real, fake)` and returns a scalar. `discriminator` is any callable that maps a
batch [n, …] to one logit a sample, [n] or [n, 1]; `real` and `fake` may have any shape [n, …]. Gradients are taken with
respect to the data, and their norms sample by sample over all dimensions but the first; the result can be
differentiated with respect to the discriminator's weights, never the data. Set the numbers with `functools.partial`:
`train_gan(…, penalty=partial(gradient_penalty, weight=0.1))`.

A layer that lets the samples of a batch see each other (BatchNorm) makes "the gradient at one sample" meaningless.
Random numbers come from torch's global generator. All raise ValueError for a negative weight or target, logits of
another shape, data that are not floating-point or a batch that is empty, and, if they compare the two, `real` and
`fake` of different shapes.
"""

from collections.abc import Callable

import torch
from torch import Tensor

Discriminator = Callable[[Tensor], Tensor]
Penalty = Callable[[Discriminator, Tensor, Tensor], Tensor]


def _require_not_negative(**numbers: float) -> None:
    for name, value in numbers.items():
        if not value >= 0:
            raise ValueError(f"{name} must be at least 0, not {value}: a penalty may only charge the discriminator")


def _require_samples(*batches: Tensor) -> None:
    for x in batches:
        if not x.is_floating_point() or x.numel() == 0 or x.ndim == 0:
            raise ValueError(f"a penalty needs floating-point samples [n, …], n ≥ 1, not {x.dtype} {tuple(x.shape)}")
        if x.shape != batches[0].shape:
            raise ValueError(
                f"this penalty takes real and fake samples together: {tuple(batches[0].shape)} and {tuple(x.shape)} "
                "must be the same shape (use equal batch sizes, and check the generator's output)"
            )


def _squared_slopes(discriminator: Discriminator, x: Tensor) -> Tensor:
    """‖∇ₓD(x)‖² of each sample, [n], with a graph back to D's weights."""
    n = len(x)
    x = x.detach().requires_grad_(True)
    logits = discriminator(x)
    if logits.shape not in ((n,), (n, 1)):
        raise ValueError(
            f"a penalty needs one logit a sample, shape ({n},) or ({n}, 1), but the discriminator returns "
            f"{tuple(logits.shape)}: return its logits, neither their mean nor class scores"
        )
    (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True)
    return gradient.reshape(n, -1).square().sum(1)


def _distance_from_target(squared_slopes: Tensor, target: float, one_sided: bool) -> Tensor:
    """E(‖∇‖ − target)², or E max(0, ‖∇‖ − target)².

    A norm has no derivative at 0, where sqrt's is infinite and would make every weight NaN. Such a sample takes its
    root of 1 instead and is then set to 0, which makes its derivatives 0, of every order.
    """
    flat = squared_slopes == 0
    slopes = torch.where(flat, 0.0, torch.where(flat, 1.0, squared_slopes).sqrt())
    excess = slopes - target
    return (excess.relu() if one_sided else excess).square().mean()


# --- flat at the data: R1, R2 -------------------------------------------------------------------------------


def r1_penalty(discriminator: Discriminator, real: Tensor, fake: Tensor | None = None, *, gamma: float = 1.0) -> Tensor:
    """γ/2 · E‖∇ₓD(x)‖² over real samples x: D is charged for being steep where the data are.

    `real` [n, …]; `fake` is not used: it is there because every penalty is called as penalty(discriminator, real,
    fake). Source: Mescheder, Geiger & Nowozin 2018, eq. 9.
    """
    _require_not_negative(gamma=gamma)
    _require_samples(real)
    return 0.5 * gamma * _squared_slopes(discriminator, real).mean()


def r2_penalty(discriminator: Discriminator, real: Tensor | None, fake: Tensor, *, gamma: float = 1.0) -> Tensor:
    """γ/2 · E‖∇ₓD(x)‖² over generated samples x, `fake` [n, …]; `real` is not used.

    Source: Mescheder, Geiger & Nowozin 2018, eq. 10.
    """
    _require_not_negative(gamma=gamma)
    _require_samples(fake)
    return 0.5 * gamma * _squared_slopes(discriminator, fake).mean()


def r1_r2_penalty(discriminator: Discriminator, real: Tensor, fake: Tensor, *, gamma: float = 1.0) -> Tensor:
    """R1 + R2 in one pass of D over both batches, which must have the same shape [n, …].

    With relativistic pairing this is the whole of R3GAN's recipe for the loss. Source: Huang et al. 2024, sec. 2.
    """
    _require_not_negative(gamma=gamma)
    _require_samples(real, fake)
    both = torch.stack([real, fake], dim=1).flatten(0, 1)  # real₁, fake₁, real₂, …: an ensemble's members stay together
    return gamma * _squared_slopes(discriminator, both).mean()  # γ/2 (mean + mean) over n each is γ times that over 2n


# --- a slope of one: WGAN-GP, DRAGAN ------------------------------------------------------------------------


def gradient_penalty(
    discriminator: Discriminator,
    real: Tensor,
    fake: Tensor,
    *,
    weight: float = 10.0,
    target: float = 1.0,
    one_sided: bool = False,
) -> Tensor:
    """weight · E(‖∇D(x̂)‖ − target)² at x̂ = ε x + (1 − ε) G(z), with one ε ~ U(0, 1) a sample: WGAN-GP's penalty.

    `real` and `fake` have the same shape [n, …]. `one_sided` charges only slopes above the target: max(0, ‖∇D‖ −
    target)². Slopes are in logits per unit of the data, so the weight depends on the data's scale: the paper's is 10,
    its code for points in the plane uses 0.1. Source: Gulrajani et al. 2017, eq. 3; sec. 4 for the two sides.
    """
    _require_not_negative(weight=weight, target=target)
    _require_samples(real, fake)
    epsilon = torch.rand(len(real), *[1] * (real.ndim - 1), dtype=real.dtype, device=real.device)
    between = epsilon * real + (1.0 - epsilon) * fake
    return weight * _distance_from_target(_squared_slopes(discriminator, between), target, one_sided)


def dragan_penalty(
    discriminator: Discriminator,
    real: Tensor,
    fake: Tensor | None = None,
    *,
    weight: float = 10.0,
    target: float = 1.0,
    spread: float = 0.5,
) -> Tensor:
    """weight · E(‖∇D(x + δ)‖ − target)² around real samples x: DRAGAN's penalty, which needs no generated ones.

    δ = `spread` · s · u, where s is the standard deviation of all numbers in `real` [n, …] and u ~ U(0, 1) is drawn for
    each of them: the noise of the authors' code, whose mean is not 0. (That code then shrinks each sample's δ by one
    more U(0, 1); the paper's text has δ ~ N(0, c·I).) `fake` is not used. Source: Kodali et al. 2017.
    """
    _require_not_negative(weight=weight, target=target, spread=spread)
    _require_samples(real)
    noise = spread * real.std(correction=0) * torch.rand_like(real)
    return weight * _distance_from_target(_squared_slopes(discriminator, real + noise), target, one_sided=False)
