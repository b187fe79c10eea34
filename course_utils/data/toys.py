"""Toy distributions in one and two dimensions whose density is known exactly.

Every toy is a mixture of round Gaussians,

    p(x) = sum_k  w_k  N(x; m_k, s_k^2 I),

so one class serves them all. The spiral is a mixture too, of infinitely many Gaussians along a curve, which a
quadrature rule turns into a fine but finite one.
"""

import copy
import math

import numpy as np
import torch
from torch import Tensor

from course_utils.inputs import require_count, require_number, shown
from course_utils.tensor_inputs import require_device, require_tensor

_LARGEST_TABLE = 2**22  # distances held at once by log_prob: 16 MiB in float32


class Mixture:
    """A mixture of k round Gaussians: ``means`` [k, dim], ``stds`` one or k, ``weights`` k (or all equal).

    ``modes`` [k, dim] are the means: the modes of the density, when the components lie well apart. Their
    shares of the samples are ``weights``, float64 [k].
    """

    def __init__(self, means, stds, weights=None):
        means = _numbers("means", means)
        if means.ndim != 2 or means.numel() == 0 or not means.isfinite().all():
            raise ValueError(f"means: expected finite numbers of shape [k, dim], got {means.tolist()}.")
        k, self.dim = means.shape
        stds = _numbers("stds", stds)
        if stds.shape not in ((), (k,)) or not (stds.isfinite() & (stds > 0)).all():
            raise ValueError(f"std: expected one positive number, or {k}, one a mode; got {stds.tolist()}.")
        weights = _numbers("weights", [1 / k] * k if weights is None else weights)
        if weights.shape != (k,) or not (weights >= 0).all() or abs(weights.sum().item() - 1) > 1e-6:
            raise ValueError(f"weights: expected {k} numbers >= 0 that sum to 1, got {weights.tolist()}.")

        self.modes = means.float()
        self.std = stds.item() if stds.ndim == 0 else tuple(stds.tolist())
        self.weights = weights / weights.sum()
        self._components = means, stds.expand(k), self.weights
        self._copies = {}  # of the components, by device and precision: a training step never waits for them

    @property
    def components(self) -> tuple[Tensor, Tensor, Tensor]:
        """Means [k, dim], standard deviations [k] and weights [k] of the Gaussians, float64 on the CPU."""
        return self._components

    def sample(self, n: int, device: str | torch.device = "cpu") -> Tensor:
        """``n`` independent draws, float32 [n, dim], from the device's global generator."""
        n = require_count("n", n, least=0)
        means, stds, weights = self._on(require_device(device), torch.float32)
        edges = weights.cumsum(0)[:-1]  # a uniform number falls between two edges with probability w_k
        which = torch.bucketize(torch.rand(n, device=device), edges, right=True)
        return means[which] + stds[which, None] * torch.randn(n, self.dim, device=device)

    def log_prob(self, x: Tensor) -> Tensor:
        """The exact, normalised log-density of ``x`` [..., dim] in nats: [...], in the precision of ``x``."""
        if not isinstance(x, Tensor) or x.shape[-1:] != (self.dim,) or not x.is_floating_point():
            raise ValueError(f"x: expected a float tensor [..., {self.dim}], got {shown(x)}.")
        means, stds, weights = self._on(x.device, x.dtype)
        log_scale = weights.log() - self.dim * (stds * math.sqrt(2 * math.pi)).log()

        def of(rows: Tensor) -> Tensor:
            axes = zip(rows.unbind(1), means.unbind(1), strict=True)  # axis by axis: 5 times faster than at once
            squared_distance = sum((x[:, None] - m).square() for x, m in axes)
            return torch.logsumexp(log_scale - squared_distance / (2 * stds**2), dim=-1)

        parts = x.reshape(-1, self.dim).split(max(1, _LARGEST_TABLE // len(means)))
        return torch.cat([of(rows) for rows in parts]).reshape(x.shape[:-1])

    def blurred(self, std: float) -> "Mixture":
        """The toy of x + ε with ε ~ N(0, std² I): the same one, each of whose standard deviations s is √(s² + std²)."""
        noise = require_number("std", std, least=0, most=1e6)
        means, stds, weights = self._components
        made = copy.copy(self)
        made._components, made._copies = (means, (stds.square() + noise**2).sqrt(), weights), {}
        widths = torch.as_tensor(self.std, dtype=torch.float64).square().add(noise**2).sqrt()
        made.std = widths.item() if widths.ndim == 0 else tuple(widths.tolist())
        return made

    def density_on(self, xs: Tensor, ys: Tensor) -> Tensor:
        """The density at every place of a lattice in the plane, float64 [len(ys), len(xs)].

        A round Gaussian is a product over the axes, so a lattice costs one matrix product, and not a table of
        distances. Raises ValueError for a toy that is not of the plane.
        """
        if self.dim != 2:
            raise ValueError(f"a lattice lies in the plane, and {self} has dimension {self.dim}.")
        means, stds, weights = self.components

        def along(axis: int, places: Tensor) -> Tensor:
            require_tensor("xy"[axis] + "s", places, ("n",), "the lattice's places along an axis,")
            away = (places.double()[:, None] - means[:, axis]) / stds
            return (-away.square() / 2).exp() / (stds * math.sqrt(2 * math.pi))

        return (along(1, ys) * weights) @ along(0, xs).T

    def _on(self, device: torch.device, dtype: torch.dtype) -> tuple[Tensor, ...]:
        if (device, dtype) not in self._copies:
            self._copies[device, dtype] = tuple(t.to(dtype).to(device) for t in self._components)
        return self._copies[device, dtype]

    def __repr__(self) -> str:
        return f"Mixture({len(self.modes)} modes in {self.dim} dimensions, std={self.std})"


class Ring(Mixture):
    """Equal Gaussians, evenly spaced on a circle.

    The defaults are the ring of Unrolled GAN (Metz et al. 2017); ``Ring(radius=1.0, std=0.01)`` is PacGAN's
    (Lin et al. 2018). The angles are 2 pi k / modes for k < modes: a linspace that includes 2 pi would put
    the last mode on the first.
    """

    def __init__(self, modes: int = 8, radius: float = 2.0, std: float = 0.02):
        modes = require_count("modes", modes)
        require_number("radius", radius, above=0)
        angle = 2 * math.pi * torch.arange(modes, dtype=torch.float64) / modes
        super().__init__(radius * torch.stack([angle.cos(), angle.sin()], dim=1), std)
        self.radius = radius

    def __repr__(self) -> str:
        return f"Ring(modes={len(self.modes)}, radius={self.radius}, std={self.std})"


class Grid(Mixture):
    """Equal Gaussians on a square grid around 0. The defaults are PacGAN's 25 modes, {-4, -2, 0, 2, 4}^2."""

    def __init__(self, side: int = 5, spacing: float = 2.0, std: float = 0.05):
        side = require_count("side", side)
        require_number("spacing", spacing, above=0)
        ticks = spacing * (torch.arange(side, dtype=torch.float64) - (side - 1) / 2)
        super().__init__(torch.cartesian_prod(ticks, ticks), std)
        self.side, self.spacing = side, spacing

    def __repr__(self) -> str:
        return f"Grid(side={self.side}, spacing={self.spacing}, std={self.std})"


class TwoGaussians(Mixture):
    """Two equal Gaussians in the plane, ``separation`` apart on the first axis."""

    def __init__(self, separation: float = 2.0, std: float = 0.5):
        require_number("separation", separation, above=0)
        super().__init__([[-separation / 2, 0.0], [separation / 2, 0.0]], std)
        self.separation = separation

    def __repr__(self) -> str:
        return f"TwoGaussians(separation={self.separation}, std={self.std})"


class Mixture1D(Mixture):
    """A mixture on the line. The defaults: a narrow bump on the left and a wide one on the right."""

    def __init__(self, means=(-1.5, 1.0), stds=(0.5, 0.8), weights=None):
        means = _numbers("means", means)
        if means.ndim != 1:
            raise ValueError(f"means: expected a list of numbers, got shape {tuple(means.shape)}.")
        super().__init__(means[:, None], stds, weights)

    def __repr__(self) -> str:
        means, stds, weights = ([round(v, 4) for v in t.flatten().tolist()] for t in self._components)
        return f"Mixture1D(means={means}, stds={stds}, weights={weights})"


class Spiral(Mixture):
    """A noisy spiral ("Swiss roll"): a point c(t) on the curve, plus round Gaussian noise.

        c(t) = radius t (cos a, sin a),   a = 2 pi turns t,   t = sqrt(u) with u uniform on [0, 1].

    The square root spreads the points about evenly along the curve. The density

        p(x) = integral over t from 0 to 1 of  2 t N(x; c(t), std^2 I) dt

    is computed by Gauss-Legendre quadrature, 8 nodes on each piece of the curve, a piece at most 2 std long:
    the relative error is below 1e-4 up to 6 std from the curve. It has a ridge, no modes: ``modes`` and
    ``weights`` are empty.
    """

    def __init__(self, turns: float = 1.5, radius: float = 2.0, std: float = 0.05):
        require_number("turns", turns, above=0)
        require_number("radius", radius, above=0)
        require_number("std", std, above=0)
        self.turns, self.radius = turns, radius
        fastest = radius * math.hypot(1, 2 * math.pi * turns)  # the speed |c'(t)| at t = 1
        t, dt = _gauss_legendre(pieces=math.ceil(fastest / (2 * std)), nodes=8)
        super().__init__(self._curve(t), std, weights=2 * t * dt)
        self.modes, self.weights = torch.empty(0, 2), torch.empty(0, dtype=torch.float64)

    def sample(self, n: int, device: str | torch.device = "cpu") -> Tensor:
        """``n`` independent draws, float32 [n, 2], from the device's global generator."""
        n, device = require_count("n", n, least=0), require_device(device)
        t = torch.rand(n, device=device).sqrt()
        return self._curve(t) + self.std * torch.randn(n, 2, device=device)

    def _curve(self, t: Tensor) -> Tensor:
        angle = 2 * math.pi * self.turns * t
        return self.radius * t[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)

    def __repr__(self) -> str:
        return f"Spiral(turns={self.turns}, radius={self.radius}, std={self.std})"


def _gauss_legendre(pieces: int, nodes: int) -> tuple[Tensor, Tensor]:
    """Nodes and weights (float64) of the rule for the integral over [0, 1], cut into equal pieces."""
    node, weight = (torch.from_numpy(a) for a in np.polynomial.legendre.leggauss(nodes))  # on [-1, 1]
    start = torch.arange(pieces, dtype=torch.float64)[:, None]
    return ((start + (node + 1) / 2) / pieces).flatten(), (weight / 2 / pieces).repeat(pieces)


def _numbers(name: str, values) -> Tensor:
    """A list, an array or a tensor of numbers in float64."""
    try:
        return torch.as_tensor(values, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):  # texts, rows of unequal length
        raise ValueError(f"{name}: expected numbers, one list or rows of equal length, got {shown(values)}.") from None
