"""Penalties on the discriminator, added to its loss; pure functions of the discriminator and a batch."""

from collections.abc import Callable

import torch
from torch import Tensor

Penalty = Callable[[Callable[[Tensor], Tensor], Tensor, Tensor], Tensor]


def r1_penalty(
    discriminator: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor | None = None, *, gamma: float = 1.0
) -> Tensor:
    """γ/2 · E‖∇ₓD(x)‖² over real samples x: D is charged for being steep where the data are.

    `real` [n, …]; the norm is taken sample by sample over all other dimensions. `fake` is not used; it is there because
    every penalty is called as penalty(discriminator, real, fake). Raises ValueError for γ < 0.
    Source: Mescheder, Geiger & Nowozin 2018, eq. 9.
    """
    if gamma < 0:
        raise ValueError(f"gamma must be at least 0, not {gamma}: a negative penalty rewards a steep discriminator")
    real = real.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(real).sum(), real, create_graph=True)
    return 0.5 * gamma * gradient.flatten(1).square().sum(1).mean()
