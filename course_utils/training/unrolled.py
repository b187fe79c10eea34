"""Letting the generator look ahead: its loss is that against a discriminator which has already answered."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.func import functional_call


@dataclass(frozen=True)
class Unrolled:
    """Judge G by a copy of D that has taken `steps` more steps of plain gradient descent at rate `lr` on this batch.

    D's weights φ₀ → φ₁ → … → φ_k with φᵢ₊₁ = φᵢ − lr · ∂L_D(φᵢ)/∂φ. The generator's gradient runs through all of them,
    so it also feels how D will react; D itself is not changed. Each step costs about three passes through D.
    Source: Metz et al. 2017, eq. 6–11 (they unroll D's own optimiser, Adam; here it is gradient descent).
    """

    steps: int
    lr: float

    def __post_init__(self):
        if self.steps < 1 or self.lr <= 0:
            raise ValueError(f"unrolling needs at least 1 step at a positive rate, not {self.steps} at {self.lr}")

    def __call__(
        self, discriminator: nn.Module, loss: Callable[[Tensor, Tensor], Tensor], real: Tensor, fake: Tensor
    ) -> Callable[[Tensor], Tensor]:
        """The discriminator after these steps, a function of its input. `loss(real_logits, fake_logits)` → scalar."""
        weights = dict(discriminator.named_parameters())
        for _ in range(self.steps):
            judge = partial(functional_call, discriminator, weights)
            gradients = torch.autograd.grad(loss(judge(real), judge(fake)), list(weights.values()), create_graph=True)
            pairs = zip(weights.items(), gradients, strict=True)
            weights = {name: weight - self.lr * gradient for (name, weight), gradient in pairs}
        return partial(functional_call, discriminator, weights)
