"""What D says of places in the plane, as a colour from 0 (generated) to 1 (real), and what the colours mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.models import MinibatchStd, Packed, evaluating
from course_utils.objectives import LEAST_SQUARES, WASSERSTEIN, Objective


@dataclass(frozen=True)
class Opinion:
    """`of(points [n, 2])` is a number from 0 to 1 a point, ½ where D cannot tell; `words` say what the colours mean."""

    of: Callable[[np.ndarray], np.ndarray]
    words: str


def middle_of(objective: Objective | None, on_points: Tensor) -> tuple[float, str]:
    """The answer at which D cannot tell, and what the colours then mean; `on_points` are D's answers on samples."""
    if objective and (objective.relativistic or objective.discriminator_loss is WASSERSTEIN.discriminator_loss):
        # Only differences of D count: a constant that is added to it changes no game.
        return on_points.median().item(), "the bluer, the more real than other points by D"
    targets_0_and_1 = objective and objective.discriminator_loss is LEAST_SQUARES.discriminator_loss
    return 0.5 if targets_0_and_1 else 0.0, "blue where D believes real, orange where generated"


def opinion_of(discriminator: nn.Module | None, game: object, samples: np.ndarray) -> Opinion | None:
    """The opinion of the D of a `game` (an objective, or what has one; else None); of an ensemble, the first member's.

    `samples` [n, 2], real and generated ones, say where the middle of a critic's answers is. A D that ends in a sigmoid
    says probabilities itself. None for a D that judges samples together (on a lattice it would speak of the lattice),
    and for one that says no finite number a point.
    """
    if not isinstance(discriminator, nn.Module) or _judges_together(discriminator):
        return None
    members = getattr(discriminator, "members", None)
    weight = next(discriminator.parameters(), torch.zeros(()))
    *_, last = discriminator.modules()
    objective = getattr(game, "objective", game)

    def said(points: np.ndarray) -> Tensor:
        x = torch.as_tensor(points, dtype=weight.dtype, device=weight.device)
        with torch.no_grad(), evaluating(discriminator):
            answers = discriminator(x.expand(members, -1, -1))[0] if members else discriminator(x)
        if not isinstance(answers, Tensor) or answers.numel() != len(points) or not answers.isfinite().all():
            raise ValueError("D does not say one finite number a point")
        return answers.double().reshape(-1)

    try:
        on_samples = said(samples[np.isfinite(samples).all(1)])
    except ValueError:
        return None
    middle, words = middle_of(objective if isinstance(objective, Objective) else None, on_samples)
    if isinstance(last, nn.Sigmoid):
        return Opinion(lambda points: said(points).cpu().numpy(), words)
    return Opinion(lambda points: (said(points) - middle).sigmoid().cpu().numpy(), words)


def _judges_together(discriminator: nn.Module) -> bool:
    return any(isinstance(part, MinibatchStd | Packed) for part in discriminator.modules())
