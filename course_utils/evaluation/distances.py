"""Euclidean distances between many points, a block of rows at a time, so that no n x n matrix is ever held."""

from collections.abc import Iterator

import torch
from torch import Tensor

from course_utils.inputs import shown
from course_utils.progress import PATIENCE, progress

BLOCK = 4_000_000  # distances held at once: 32 MB in float64
WITHOUT_FLOAT64 = {"mps"}  # devices


def as_points(x: Tensor, name: str) -> Tensor:
    """Points [n, d] in float64, axes behind the first flattened; on the CPU where the device (MPS) has no float64.

    Raises ``ValueError`` unless they are a floating-point tensor [n >= 1, ...] of finite numbers.
    """
    dense = isinstance(x, Tensor) and x.layout is torch.strided
    if not dense or x.ndim < 2 or len(x) == 0 or not x.is_floating_point():
        raise ValueError(f"{name}: expected a floating-point tensor [n, d] with n >= 1, got {shown(x)}.")
    if not x.isfinite().all():
        raise ValueError(f"{name}: expected finite numbers, got NaN or infinity: has the generator diverged?")
    x = x.detach().flatten(1)
    return (x.cpu() if x.device.type in WITHOUT_FLOAT64 else x).double()


def require_same_width(x: Tensor, y: Tensor, names: str) -> None:
    """Raises ``ValueError`` unless the points [n, ...] and [m, ...] have equally many coordinates, in one order.

    Images channels first and channels last would be compared pixel by pixel with others. Points that are flat already,
    or without an axis of 1, are taken as they are.
    """
    if x[0].numel() != y[0].numel():
        raise ValueError(f"{names}: expected equally many numbers a point, got {x[0].numel()} and {y[0].numel()}.")
    axes = [[length for length in points.shape[1:] if length != 1] for points in (x, y)]
    if axes[0] != axes[1] and min(map(len, axes)) > 1:
        raise ValueError(
            f"{names}: expected points of one shape, got {list(x.shape[1:])} and {list(y.shape[1:])}: bring their axes "
            "into one order, by permute."
        )


def squared_distances(x: Tensor, y: Tensor) -> Iterator[tuple[slice, Tensor]]:
    """Yield (rows, |x_i - y_j|^2 for these rows i [rows, m]) until all rows of x [n, d] against y [m, d] are done.

    |x - y|^2 = |x|^2 + |y|^2 - 2 x.y turns the work into one matrix product. The subtraction cancels, and leaves an
    error of about eps (|x|^2 + |y|^2), where eps is 1e-16 in float64 and 1e-7 in float32: so centre the points first.
    """
    x_norms, y_norms = (points.square().sum(dim=1) for points in (x, y))
    rows = max(1, BLOCK // len(y))
    for start in progress(range(0, len(x), rows), f"comparing with {len(y):,} points", PATIENCE):
        block = slice(start, start + rows)
        distances = torch.addmm(y_norms, x[block], y.T, alpha=-2).add_(x_norms[block, None])
        yield block, distances.clamp_(min=0)


def nearest(x: Tensor, y: Tensor, itself: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The distance [n] from each x [n, d] to the nearest y [m, d], and which y it is, [n].

    ``itself`` [n] or [n, j] names for each x the y that do not count, because one is this very point. The distances
    that the search finds are computed anew from the differences: precise in float32 too, however near the points are.
    (Of several y that are equally near to within rounding, any may be named.)
    """
    centre = y.mean(dim=0)
    found = torch.empty(len(x), dtype=torch.int64, device=x.device)
    for rows, squared in squared_distances(x - centre, y - centre):
        if itself is not None:
            squared.scatter_(1, itself[rows].reshape(len(squared), -1), float("inf"))
        found[rows] = squared.argmin(dim=1)
    return torch.cat(
        [(part - y[at]).norm(dim=1) for part, at in zip(x.split(1000), found.split(1000), strict=True)]
    ), found
