"""How a turn that plays one round is looked at: many games and a single one, in a field without symmetry."""

import torch
from torch import Tensor

from course_utils.checks.observe import Observations, outcome


def crooked(state: Tensor) -> Tensor:
    """A field like that of the lesson, without its symmetry."""
    theta, psi = state.unbind(-1)
    return torch.stack([1.3 * psi, 0.2 - theta - 0.4 * psi], -1) * torch.sigmoid(theta * psi)[..., None]


def probe(step) -> Observations:
    many = outcome(step, gradients=False, state=1 + torch.randn(5, 2), field=crooked, h=0.4)
    one = outcome(step, gradients=False, state=torch.randn(2), field=crooked, h=0.4)
    return {"the new state": many["the value"], "the new state of a single game": one["the value"]}
