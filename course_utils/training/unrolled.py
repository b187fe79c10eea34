"""Letting the generator look ahead: its loss is that against a discriminator which has already answered."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.func import functional_call

from course_utils.inputs import require_count, require_number
from course_utils.objectives import Objective
from course_utils.training.games import FeatureMatching, Game, Loss, as_game, recorded_and_minimised
from course_utils.training.judge import Judge


@dataclass(frozen=True)
class Unrolled(Game):
    """`game`, with G judged by a copy of D that has taken `steps` more steps of gradient descent on this batch.

    D's weights φ₀ → φ₁ → … → φ_k with φᵢ₊₁ = φᵢ − lr · ∂L_D(φᵢ)/∂φ. The generator's gradient runs through all of them,
    so it also feels how D will react; D itself is not changed. Each step costs about three passes through D, in full
    precision. `game` may be an `Objective`. Raises ValueError for less than one step, a rate that is not positive, and
    feature matching, which does not ask for D's verdict. Source: Metz et al. 2017, eq. 6–11 (they unroll D's own
    optimiser, Adam; here it is gradient descent).
    """

    game: Game | Objective
    steps: int
    lr: float

    def __post_init__(self):
        object.__setattr__(self, "game", as_game(self.game))
        require_count("steps", self.steps)
        require_number("lr", self.lr, above=0)
        if isinstance(self.game, FeatureMatching):
            raise ValueError("unrolling is not made for feature matching, which ignores D's verdict; leave it out")

    def discriminator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        return self.game.discriminator_loss(D, real, fake, labels)

    def generator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        def minimised_by_d(D: Judge) -> Tensor:
            return recorded_and_minimised(self.game.discriminator_loss(D, real, fake, labels), D)[1]

        return self.game.generator_loss(after_descent(D, minimised_by_d, self.steps, self.lr), real, fake, labels)

    def for_members(self) -> "Unrolled":
        return replace(self, game=self.game.for_members())


def after_descent(judge: Judge, loss: Callable[[Judge], Tensor], steps: int, lr: float) -> Judge:
    """The judge that `judge` becomes after these steps of gradient descent on `loss`; it is still a function of all
    that `loss` depends on.
    """
    weights = {name: p for name, p in judge.differentiable.named_parameters() if p.requires_grad}
    for _ in range(steps):
        gradients = torch.autograd.grad(
            loss(_with_weights(judge, weights)), list(weights.values()), create_graph=True, allow_unused=True
        )
        pairs = zip(weights.items(), gradients, strict=True)
        weights = {name: weight if slope is None else weight - lr * slope for (name, weight), slope in pairs}
    return _with_weights(judge, weights)


def _with_weights(judge: Judge, weights: dict[str, Tensor]) -> Judge:
    """`judge` with these weights, in full precision: its own weights have a graph."""
    network, other = judge.differentiable, copy.copy(judge)
    other.network = lambda x, *labels: functional_call(network, weights, (x, *labels))
    other.autocast, other.apart, other.depends_on_generator, other.heard = False, True, True, []
    return other
