"""Velocity fields over the plane and time: one that learns, and the one that it should find."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.data.toys import Mixture
from course_utils.inputs import require_counts, require_kind, require_widths
from course_utils.models.mlp import mlp
from course_utils.objectives.paths import LinearPath, ProbabilityPath
from course_utils.tensor_inputs import require_input, require_tensor


class PointVelocity(nn.Module):
    """v(x, t): points [n, dim] and times [n] in [0, 1] → velocities [n, dim], through an `mlp` with SiLU.

    A flow carries noise, at t = 0, to data, at t = 1: dx/dt = v(x, t). Stacked, points and times have a member axis in
    front.
    """

    def __init__(self, hidden: Sequence[int] = (128, 128), dim: int = 2):
        super().__init__()
        (self.dim,) = require_counts(dim=dim)
        self.latent_dim = self.dim  # its samples begin as noise of the data's own dimension
        self.net = mlp([self.dim + 1, *require_widths("hidden", hidden), self.dim], activation=nn.SiLU)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        require_input(self, "x", x, self.dim, more_axes=True)
        require_tensor("t", t, tuple(x.shape[:-1]), "one time a point")
        return self.net(torch.cat([x, t[..., None].to(x.dtype)], -1))


class MixtureVelocity(nn.Module):
    """The marginal velocity of a toy: what flow matching would learn from infinitely many samples of it.

    Where the data are Σ w_k N(m_k, s_k² I), the places x_t = α x + σ ε are Σ w_k N(α m_k, c_k I), c_k = α² s_k² + σ².
    At a place y component k has the posterior share r_k ∝ w_k N(y; α m_k, c_k I), and given k the mean of the data is
    linear in y, so

        E[x | x_t = y] = Σ_k r_k(y) (m_k + α s_k² / c_k (y − α m_k)),

    which the path reads as a velocity. In the precision of `x`.
    """

    def __init__(self, toy: Mixture, path: ProbabilityPath = LinearPath()):
        super().__init__()
        self.path, self.dim = require_kind("path", path, ProbabilityPath), require_kind("toy", toy, Mixture).dim
        for name, part in zip(("means", "stds", "weights"), toy.components, strict=True):
            self.register_buffer(name, part.clone(), persistent=False)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        require_tensor("x", x, ("n", self.dim), "a batch of points")
        require_tensor("t", t, (len(x),), "one time a point")
        means, variances, weights = (part.to(x) for part in (self.means, self.stds.square(), self.weights))
        signal, noise = self.path.signal(t.to(x))[:, None], self.path.noise(t.to(x))[:, None]
        spread = signal.square() * variances + noise.square()  # [n, k]
        # Axis by axis, as a table [n, k, dim] takes several times as long.
        distance = sum(
            (at[:, None] - signal * mean).square() for at, mean in zip(x.unbind(1), means.unbind(1), strict=True)
        )
        share = (weights.log() - self.dim / 2 * spread.log() - distance / (2 * spread)).softmax(1)
        gain = share * signal * variances / spread
        data = (share - gain * signal) @ means + gain.sum(1, keepdim=True) * x
        # The noise is found as the data are, and not by dividing by σ, which is 0 at the end.
        left = share * noise / spread
        epsilon = left.sum(1, keepdim=True) * x - (left * signal) @ means
        return self.path.target("velocity", data, epsilon, t)
