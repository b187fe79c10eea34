"""A velocity field over the plane and time, and the way of samples along it: the model of flow matching."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts, require_kind, require_widths
from course_utils.models.mlp import mlp
from course_utils.tensor_inputs import require_input, require_tensor


class PointVelocity(nn.Module):
    """v(x, t): points [n, dim] and times [n] in [0, 1] → velocities [n, dim], through an `mlp` with SiLU.

    A flow carries noise, at t = 0, to data, at t = 1: dx/dt = v(x, t).
    """

    def __init__(self, hidden: Sequence[int] = (128, 128), dim: int = 2):
        super().__init__()
        (self.dim,) = require_counts(dim=dim)
        self.latent_dim = self.dim  # its samples begin as noise of the data's own dimension
        self.net = mlp([self.dim + 1, *require_widths("hidden", hidden), self.dim], activation=nn.SiLU)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        require_input(self, "x", x, self.dim)
        require_tensor("t", t, (len(x),), "one time a point")
        return self.net(torch.cat([x, t[:, None].to(x.dtype)], 1))


@torch.no_grad()
def euler_path(velocity: nn.Module, start: Tensor, steps: int = 50) -> Tensor:
    """The places of `start` [n, dim] at the times 0, 1/steps, …, 1, by Euler's method: [steps + 1, n, dim].

        x(t + h) = x(t) + h v(x(t), t),   h = 1 / steps

    Its error falls with 1/steps (Euler 1768). Where v has been learnt by flow matching, the last places are samples.
    """
    require_kind("velocity", velocity, nn.Module)
    steps, x = require_count("steps", steps), require_tensor("start", start, ("n", ...))
    places = [x]
    for k in range(steps):
        x = x + velocity(x, x.new_full((len(x),), k / steps)) / steps
        places.append(x)
    return torch.stack(places)
