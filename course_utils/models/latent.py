"""Walking through a latent space: paths, the directions that matter, and the way back from an image to a code.

`decode` is any function that maps codes [n, d] to images [n, ...] one by one, in evaluation mode, such as a trained
generator after `.eval()` or a VAE's `images`. In training mode BatchNorm lets the codes of a batch see each other.
"""

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.inputs import require_count, require_function, require_number, shown
from course_utils.tensor_inputs import require_finite, require_same_shape, require_tensor

Decode = Callable[[Tensor], Tensor]


def spherical_interpolation(a: Tensor, b: Tensor, t: float | Tensor) -> Tensor:
    """The point at the share t of the way from a to b along an arc, [..., d] like a and b (Shoemake 1985; White 2016).

    With Ω the angle between a and b,  sin((1 − t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b: between two vectors of length r,
    all points have the length r. Where a and b are parallel it is the straight line. `t` is a number, or a tensor that
    broadcasts against a. Raises ValueError for shapes that differ, and for opposite vectors, between which there are
    many arcs, and for zero vectors, which have no direction.
    """
    require_same_shape("they are the two ends of an arc", a=a, b=b)
    require_finite("a", a), require_finite("b", b)
    t = _require_share(t, a)
    norms = a.norm(dim=-1, keepdim=True) * b.norm(dim=-1, keepdim=True)
    if (norms == 0).any():
        raise ValueError("a zero vector has no direction, so no arc leads to it")
    cosine = ((a * b).sum(-1, keepdim=True) / norms).clamp(-1, 1)
    if (cosine < -1 + 1e-6).any():
        raise ValueError("a and b are opposite: every great circle through a passes b, so the arc is not determined")
    angle = cosine.acos()
    nearly_parallel = angle < 1e-3
    angle = angle.where(~nearly_parallel, 1.0)  # any angle whose sine is not 0; replaced below
    arc = (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
    return torch.where(nearly_parallel, (1 - t) * a + t * b, arc)


def _require_share(t: float | Tensor, a: Tensor) -> float | Tensor:
    if not isinstance(t, Tensor):
        return require_number("t", t)
    require_finite("t", require_tensor("t", t))
    try:
        torch.broadcast_shapes(t.shape, a.shape)
    except RuntimeError:
        raise ValueError(f"t {tuple(t.shape)} must broadcast against a {tuple(a.shape)}: reshape it") from None
    return t


def _require_decoded(images: Tensor, n: int) -> Tensor:
    if not isinstance(images, Tensor) or images.ndim == 0 or len(images) != n:
        raise ValueError(f"decode must return one image for each of {n} codes, a tensor [{n}, …], not {shown(images)}")
    return images


@torch.no_grad()
def principal_directions(decode: Decode, z: Tensor) -> tuple[Tensor, Tensor]:
    """How strongly an image answers to a small step, (strength [d], strongest first; directions [d, d], unit rows).

    With J(z) the Jacobian of `decode`, the eigenvectors v of M = E[J(z)ᵀ J(z)], the mean over the codes z [n, d]. The
    strength of v is √(vᵀ M v): the root mean square change of the image (Euclidean, in units of pixels) for each unit
    of the step. No other direction has more than the first, none less than the last. No labels are used. A sign is
    arbitrary. The singular vectors of one Jacobian are Ramesh, Choi & LeCun's (2018); GANSpace (Härkönen et al. 2020)
    takes principal components of an early layer instead. Costs d forward derivatives of n codes.
    """
    require_function("decode", decode, "a function from codes [n, d] to images [n, …]")
    require_finite("z", require_tensor("z", z, ("n", "d"), "codes"))
    _require_decoded(decode(z[:1]), 1)
    columns = []
    for unit in torch.eye(z.shape[1], dtype=z.dtype, device=z.device):
        with warnings.catch_warnings():  # of torch about itself, at its first forward derivative
            warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
            _, change = torch.func.jvp(decode, (z,), (unit.expand_as(z).contiguous(),))
        columns.append(change.flatten())
    jacobian = torch.stack(columns, 1)  # [n · pixels, d]
    require_finite("the derivatives of decode", jacobian, "it has diverged")
    values, vectors = torch.linalg.eigh((jacobian.T @ jacobian / len(z)).cpu().double())
    strength = values.clamp(min=0).sqrt().flip(0)
    return strength.to(z), vectors.flip(1).T.to(z)


@dataclass(frozen=True)
class Inversion:
    """`codes` [n, d] and the mean squared `error` [n] over the pixels of what they decode to."""

    codes: Tensor
    error: Tensor

    def __post_init__(self):
        require_tensor("error", self.error, (len(require_tensor("codes", self.codes, ("n", "d"))),))


def invert(decode: Decode, images: Tensor, start: Tensor, steps: int = 200, rate: float = 0.1) -> Inversion:
    """Codes whose images come near `images` [n, ...]: Adam on  min_z mean (decode(z) − x)²  (Zhu et al. 2016).

    `start` [restarts, n, d]: where the search begins, several times for each image, as the error has local minima; the
    best of the restarts is kept. The rate falls to 0 along a half cosine. The error found is an upper bound of the
    smallest one, and nothing keeps the code near the prior. Raises ValueError for a start that does not fit, and where
    no restart ends at a finite error.
    """
    require_function("decode", decode, "a function from codes [n, d] to images [n, …]")
    require_finite("images", require_tensor("images", images, ("n", ...), "float images"))
    require_tensor("start", start, ("restarts", len(images), "d"), "one code for each image, floats")
    require_finite("start", start)
    steps = require_count("steps", steps)
    require_number("rate", rate, above=0)
    restarts = len(start)
    target = images.detach().repeat(restarts, *[1] * (images.ndim - 1))
    z = start.detach().flatten(0, 1).clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    with torch.enable_grad():
        for _ in range(steps):
            error = _errors(decode(z), target)
            if not error.requires_grad:
                raise ValueError("decode must return images with a graph back to the codes: detach nothing in it")
            (z.grad,) = torch.autograd.grad(error.sum(), z)
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        error = _errors(decode(z), target).view(restarts, -1)
    best = error.where(error.isfinite(), math.inf).argmin(0)  # NaN would pass for the smallest
    column = torch.arange(len(images), device=best.device)
    error = require_finite("the error", error[best, column], "has decode diverged, or is the rate too high?")
    return Inversion(z.detach().view_as(start)[best, column], error)


def _errors(decoded: Tensor, target: Tensor) -> Tensor:
    """Mean squared error of each image, [n]; of another shape, such as without the channels, it would broadcast."""
    _require_decoded(decoded, len(target))
    if decoded.shape != target.shape:
        made, wanted = list(decoded.shape[1:]), list(target.shape[1:])
        raise ValueError(
            f"decode makes images {made}, and the images to find codes for are {wanted}: reshape one of them"
        )
    return (decoded - target).square().flatten(1).mean(1)
