"""What figures over the plane share: window, lattice, look of samples, and asking a discriminator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.axes import Axes

from course_utils.inputs import require_count, require_function
from course_utils.plots import arrays
from course_utils.plots.style import FAKE, REAL
from course_utils.training.randomness import forked_random_state
from course_utils.training.reach import require_logits

Extent = tuple[float, float, float, float]  # x from, x to, y from, y to


def window(points: np.ndarray, reach: float = 0.56) -> Extent:
    """A square about the points, `reach` times their larger span to each side of the middle."""
    low, high = points.min(0), points.max(0)
    half = reach * max(float((high - low).max()), 1e-3)
    cx, cy = (low + high) / 2
    return (float(cx - half), float(cx + half), float(cy - half), float(cy + half))


def check_extent(extent: Sequence[float]) -> Extent:
    """(x from, x to, y from, y to) as floats, or an error that says what is wrong."""
    x0, x1, y0, y1 = arrays.array(extent, "extent", (4,))
    if x0 >= x1 or y0 >= y1:
        raise ValueError(f"extent must be (x from, x to, y from, y to) with from < to, got {tuple(map(float, extent))}")
    return (float(x0), float(x1), float(y0), float(y1))


def aspect(extent: Extent) -> float:
    return min(1.3, (extent[3] - extent[2]) / (extent[1] - extent[0]))


def inside(points: np.ndarray, extent: Extent) -> np.ndarray:
    x, y = points.T
    return (x >= extent[0]) & (x <= extent[1]) & (y >= extent[2]) & (y <= extent[3])


def lattice(extent: Extent, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """n × n points over the window, at cell centres, as xs [n], ys [n] and points [n², 2]."""
    n = require_count("the points of a lattice, to a side,", n, least=2)
    xs = extent[0] + (np.arange(n) + 0.5) / n * (extent[1] - extent[0])
    ys = extent[2] + (np.arange(n) + 0.5) / n * (extent[3] - extent[2])
    return xs, ys, np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)


def probabilities(discriminator: Callable, points: np.ndarray) -> np.ndarray:
    """D(x) [n] for points [n, 2]: sigmoid of the logits, without gradients, in eval mode, undone after.

    Raises ValueError for a D that ends in a sigmoid itself, whose probabilities would all count as "real".
    """
    require_function("the discriminator", discriminator, "a function from points [n, 2] to logits")
    modules, like = [], {"dtype": torch.float32}
    if isinstance(discriminator, torch.nn.Module):
        modules = list(discriminator.modules())
        for weight in discriminator.parameters():
            like = {"dtype": weight.dtype, "device": weight.device}
            break
    training = [module for module in modules if module.training]  # some may be frozen in eval mode on purpose
    for module in training:
        module.training = False
    try:
        with torch.no_grad():
            x = torch.as_tensor(points, **like)
            logits = discriminator(x)
            if isinstance(logits, torch.Tensor) and logits.numel() and logits.min() >= 0 and logits.max() <= 1:
                with forked_random_state(x.device):
                    require_logits(discriminator, x[:16], [], "discriminator")
    finally:
        for module in training:
            module.training = True
    if not isinstance(logits, torch.Tensor) or logits.numel() != len(points):
        got = list(logits.shape) if isinstance(logits, torch.Tensor) else type(logits).__name__
        raise ValueError(f"the discriminator must return one logit a point, a tensor [{len(points)}], got {got}")
    return arrays.array(torch.sigmoid(logits.to("cpu", torch.float64)).reshape(-1), "D(x)")


def dress(axes: Axes, extent: Extent) -> None:
    axes.set_xlim(extent[0], extent[1])
    axes.set_ylim(extent[2], extent[3])
    axes.set_aspect("equal")
    axes.locator_params(nbins=6)
    axes.set_xlabel("x₁")
    axes.set_ylabel("x₂")


def draw_samples(axes: Axes, real: np.ndarray, fake: np.ndarray, on_heat: bool = False) -> None:
    """Hollow circles (real) under filled triangles (generated): apart without colour."""
    many = max(len(real), len(fake)) > 600
    axes.plot(
        real[:, 0],
        real[:, 1],
        linestyle="",
        marker=REAL.marker,
        markersize=3.6 if many else 5,
        markerfacecolor="white" if on_heat else "none",
        markeredgecolor="#08306B" if on_heat else REAL.colour,
        markeredgewidth=0.9,
        alpha=0.75 if many else 1,
        label="real",
    )
    axes.plot(
        fake[:, 0],
        fake[:, 1],
        linestyle="",
        marker=FAKE.marker,
        markersize=4 if many else 5.5,
        markerfacecolor=FAKE.colour,
        markeredgecolor="#5C3A00" if on_heat else FAKE.ink,
        markeredgewidth=0.5,
        alpha=0.8 if many else 0.95,
        label="generated",
    )
