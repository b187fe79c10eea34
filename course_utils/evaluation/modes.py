"""How many of a toy's modes does a model reach, and how much of what it makes lies in them?

The metric of VEEGAN (Srivastava et al. 2017, "VEEGAN: Reducing mode collapse in GANs using implicit
variational learning"): a sample is of high quality when it lies within 3 standard deviations of its nearest
mode, and a mode is captured when at least one sample of high quality is nearest to it. One sample is lenient,
among thousands: the modes with at least 20 are counted as well.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.data import Mixture

RADIUS = 3.0  # standard deviations
FIRMLY = 20  # samples


@dataclass(frozen=True)
class ModeCoverage:
    """Of ``modes`` modes, those with at least 1 and at least 20 samples of high quality, and these' share.

    Counts of one set of ``n`` samples, or (from ``mode_floor``) their expected values.
    """

    captured: float
    captured_20: float
    high_quality: float
    modes: int
    n: int

    def __repr__(self) -> str:
        captured, captured_20 = (f"{round(number, 1):g}" for number in (self.captured, self.captured_20))
        return (
            f"{captured} of {self.modes} modes captured ({captured_20} by {FIRMLY} samples or more), "
            f"{self.high_quality:.1%} of {self.n:,} samples of high quality"
        )


def mode_coverage(samples: Tensor, toy: Mixture) -> ModeCoverage:
    """Count the modes of ``toy`` that ``samples``, float [n, dim], capture. The paper has n = 2,500.

    Raises ``ValueError`` for samples of another shape, NaN or infinity, and for a toy without modes (the
    spiral).
    """
    modes, std = _modes(toy)
    if samples.ndim != 2 or samples.shape[1] != modes.shape[1] or len(samples) == 0:
        raise ValueError(f"samples: expected shape [n, {modes.shape[1]}], got {list(samples.shape)}.")
    if not samples.isfinite().all():
        raise ValueError("samples: expected finite numbers, got NaN or infinity: the generator has diverged.")
    # Without matrix products, which would lose the digits that tell near from far.
    distances = torch.cdist(samples.detach().cpu().double(), modes, compute_mode="donot_use_mm_for_euclid_dist")
    distance, nearest = distances.min(dim=1)
    good = distance <= RADIUS * std[nearest]
    counts = nearest[good].bincount(minlength=len(modes))
    return ModeCoverage(
        (counts >= 1).sum().item(),
        (counts >= FIRMLY).sum().item(),
        good.double().mean().item(),
        len(modes),
        len(samples),
    )


def mode_floor(toy: Mixture, n: int) -> ModeCoverage:
    """What n samples of ``toy`` itself score on average, its k modes being equally likely and well apart.

    In d dimensions a draw is within 3 standard deviations of its mode with probability p = P(chi^2_d <= 9):
    in the plane 1 - exp(-9/2) = 98.89 %. The samples of high quality in one mode are then Binomial(n, p/k),
    which gives the expected number of modes with at least 1, k (1 - (1 - p/k)^n), and with at least 20.

    Raises ``ValueError`` for a toy without modes, or one whose modes are less than 6 standard deviations
    apart.
    """
    modes, std = _modes(toy)
    k, dim = modes.shape
    if n < 1:
        raise ValueError(f"n: expected at least 1 sample, got {n}.")
    if k > 1 and torch.pdist(modes).min() < 2 * RADIUS * std.max() * (1 - 1e-6):
        raise ValueError(
            f"the modes of {toy} are less than {2 * RADIUS:g} standard deviations apart: their "
            f"{RADIUS:g}-sigma discs overlap."
        )
    p = torch.special.gammainc(torch.tensor(dim / 2).double(), torch.tensor(RADIUS**2 / 2).double())
    in_one_mode = torch.distributions.Binomial(n, p / k)
    fewer = torch.arange(min(FIRMLY, n + 1)).double()  # the counts below 20, of which none is above n
    below = in_one_mode.log_prob(fewer).exp()
    return ModeCoverage(
        k * (1 - below[0]).item(),
        max(k * (1 - below.sum()).item(), 0.0),
        p.item(),
        k,
        n,
    )


def _modes(toy: Mixture) -> tuple[Tensor, Tensor]:
    """The modes [k, dim] and their standard deviations [k], float64 on the CPU."""
    if len(toy.modes) == 0:
        raise ValueError(f"{toy} has no separate modes to count: take a ring, a grid, or two Gaussians.")
    return toy.modes.cpu().double(), torch.as_tensor(toy.std).double().expand(len(toy.modes))
