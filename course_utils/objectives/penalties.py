"""Penalties on the discriminator, added to its loss; pure functions of the discriminator and a batch.

Each is called as `penalty(discriminator, real, fake)` and returns a scalar. `discriminator` is any callable that maps a
batch [n, …] to one logit a sample, [n] or [n, 1]; `real` and `fake` may have any shape [n, …]. Gradients are taken with
respect to the data, and their norms sample by sample over all dimensions but the first; the result can be
differentiated with respect to the discriminator's weights, never the data. Set the numbers with `functools.partial`:
`train_gan(…, penalty=partial(gradient_penalty, weight=0.1))`.

A layer that lets the samples of a batch see each other (BatchNorm) makes "the gradient at one sample" meaningless:
see `require_per_sample`. Random numbers come from torch's global generator. NaN in the data or the logits makes the
penalty NaN, even where the network is flat. All raise ValueError for a negative or infinite weight or target, logits of
another shape or without a graph, a BatchNorm in training mode, data that are not floating-point or a batch that is
empty, and, if they compare the two, `real` and `fake` of different shapes.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from course_utils.inputs import require_flag, require_function, require_number, shown
from course_utils.tensor_inputs import require_same_device, require_tensor

Discriminator = Callable[[Tensor], Tensor]
Penalty = Callable[[Discriminator, Tensor, Tensor], Tensor]


def require_per_sample(discriminator: Discriminator) -> None:
    """Raises ValueError for a BatchNorm that normalises by the batch: there, no sample has a gradient of its own.

    Where each logit depends on every sample, ∇ₓ Σ D is a mixture of all samples' slopes, and a penalty charges for
    something else. BatchNorm in evaluation mode, LayerNorm, GroupNorm and InstanceNorm keep samples apart. A bound
    method is looked into, another function cannot be.
    """
    network = getattr(discriminator, "__self__", discriminator)
    for layer in network.modules() if isinstance(network, nn.Module) else ():
        if isinstance(layer, _BatchNorm) and (layer.training or layer.running_mean is None):
            name = next(name for name, found in network.named_modules() if found is layer)
            raise ValueError(
                f"a penalty needs each sample's own gradient, and {name or 'the discriminator'} "
                f"({type(layer).__name__}) of {type(network).__name__} mixes the samples of a batch: take a "
                "discriminator with LayerNorm, GroupNorm, spectral normalisation or none, or no penalty"
            )


def _require_not_negative(**numbers: float) -> None:
    for name, value in numbers.items():
        require_number(name, value, least=0, hint="a penalty may only charge the discriminator")


def _require_samples(discriminator: Discriminator, **batches: Tensor) -> None:
    require_function("discriminator", discriminator, "a network, or a function from samples to logits")
    require_per_sample(discriminator)
    for name, x in batches.items():
        require_tensor(name, x, ("n", ...), "floating-point samples")
    shapes = {x.shape for x in batches.values()}
    if len(shapes) > 1:
        found = " and ".join(str(tuple(x.shape)) for x in batches.values())
        raise ValueError(
            f"this penalty takes real and fake samples together: {found} must be the same shape (use equal batch "
            "sizes, and check the generator's output)"
        )
    require_same_device(**batches)


def _squared_slopes(discriminator: Discriminator, x: Tensor) -> Tensor:
    """‖∇ₓD(x)‖² of each sample, [n], with a graph back to D's weights."""
    n = len(x)
    x = x.detach().requires_grad_(True)
    logits = discriminator(x)
    if not isinstance(logits, Tensor) or logits.shape not in ((n,), (n, 1)):
        found = tuple(logits.shape) if isinstance(logits, Tensor) else shown(logits)
        raise ValueError(
            f"a penalty needs one logit a sample, shape ({n},) or ({n}, 1), but the discriminator returns {found}: "
            "return its logits, neither their mean nor class scores"
        )
    gradient = None
    if logits.requires_grad:
        (gradient,) = torch.autograd.grad(logits.sum(), x, create_graph=True, allow_unused=True)
    if gradient is None:
        raise ValueError(
            "a penalty needs logits that depend on the samples, but the discriminator's have no graph back to them: "
            "detach nothing, and call it outside torch.no_grad()"
        )
    broken = 0.0 * logits.detach().reshape(n)  # NaN where a logit is: the gradient of a ReLU at NaN is not
    return gradient.reshape(n, -1).square().sum(1) + broken


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
    _require_samples(discriminator, real=real)
    return 0.5 * gamma * _squared_slopes(discriminator, real).mean()


def r2_penalty(discriminator: Discriminator, real: Tensor | None, fake: Tensor, *, gamma: float = 1.0) -> Tensor:
    """γ/2 · E‖∇ₓD(x)‖² over generated samples x, `fake` [n, …]; `real` is not used.

    Source: Mescheder, Geiger & Nowozin 2018, eq. 10.
    """
    _require_not_negative(gamma=gamma)
    _require_samples(discriminator, fake=fake)
    return 0.5 * gamma * _squared_slopes(discriminator, fake).mean()


def r1_r2_penalty(discriminator: Discriminator, real: Tensor, fake: Tensor, *, gamma: float = 1.0) -> Tensor:
    """R1 + R2 in one pass of D over both batches, which must have the same shape [n, …].

    With relativistic pairing this is the whole of R3GAN's recipe for the loss. Source: Huang et al. 2024, sec. 2.
    """
    _require_not_negative(gamma=gamma)
    _require_samples(discriminator, real=real, fake=fake)
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
    require_flag("one_sided", one_sided)
    _require_samples(discriminator, real=real, fake=fake)
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
    _require_samples(discriminator, real=real)
    noise = spread * real.std(correction=0) * torch.rand_like(real)
    return weight * _distance_from_target(_squared_slopes(discriminator, real + noise), target, one_sided=False)
