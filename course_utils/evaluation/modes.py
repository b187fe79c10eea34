"""How many of a toy's modes does a model reach, and how much of what it makes lies in them?

The metric of VEEGAN (Srivastava et al. 2017, "VEEGAN: Reducing mode collapse in GANs using implicit
variational learning"): a sample is of high quality when it lies within 3 standard deviations of its nearest
mode, and a mode is captured when at least one sample of high quality is nearest to it. One sample is lenient,
among thousands: the modes with at least 20 are counted as well.

Counting modes overlooks that one may be visited ten times as often as another. PacGAN (Lin et al. 2018, "PacGAN: The
power of two samples in generative adversarial networks") adds the reverse KL divergence over the modes: with q_k the
share of mode k among the samples of high quality, and w_k its weight in the mixture,

    KL(q || w) = sum_k q_k log(q_k / w_k)   in nats.

Samples of low quality are left out, as from the histogram in PacGAN's code (which logs its entropy, log k minus this
KL): whether samples are good is ``high_quality``'s to say. One mode alone scores log k.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Binomial

from course_utils.data import Mixture
from course_utils.inputs import require_count, require_kind, shown

from .histograms import expected_histogram_kl, histogram_kl

RADIUS = 3.0  # standard deviations
FIRMLY = 20  # samples


@dataclass(frozen=True)
class ModeCoverage:
    """Of ``modes`` modes, those with at least 1 and at least 20 samples of high quality, these' share of
    all samples, and the reverse KL of their histogram over the modes, in nats.

    Measured on one set of ``n`` samples, or (from ``mode_floor``) their expected values.
    """

    captured: float
    captured_20: float
    high_quality: float
    reverse_kl: float
    modes: int
    n: int

    def __repr__(self) -> str:
        captured, captured_20 = (f"{round(number, 1):g}" for number in (self.captured, self.captured_20))
        return (
            f"{captured} of {self.modes} modes captured ({captured_20} by {FIRMLY} samples or more), "
            f"{self.high_quality:.1%} of {self.n:,} samples of high quality, reverse KL {self.reverse_kl:.3f}"
        )


def mode_coverage(samples: Tensor, toy: Mixture) -> ModeCoverage | list[ModeCoverage]:
    """Count the modes of ``toy`` that ``samples``, float [n, dim], capture. The paper has n = 2,500.

    Samples [K, n, dim], as an ensemble of K networks makes them, give a list of K results, one a member. Without any
    sample of high quality there is no histogram, and the reverse KL is the worst there is, log(1 / min w): as for all
    samples in the rarest mode, log k for equal weights.

    Raises ``ValueError`` for samples of another shape, NaN or infinity, and for a toy without modes (the
    spiral).
    """
    modes, std, weights = _modes(toy)
    dim = modes.shape[1]
    is_dense = isinstance(samples, Tensor) and samples.layout is torch.strided
    is_points = is_dense and samples.is_floating_point() and samples.ndim in (2, 3)
    if not is_points or samples.shape[-1] != dim or samples.numel() == 0:
        raise ValueError(f"samples: expected floats of shape [n, {dim}] or [K, n, {dim}], got {shown(samples)}.")
    if samples.ndim == 3:
        return [mode_coverage(member, toy) for member in samples]
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
        histogram_kl(counts, weights) if good.any() else _worst_kl(weights),
        len(modes),
        len(samples),
    )


def mode_floor(toy: Mixture, n: int) -> ModeCoverage:
    """What n samples of ``toy`` itself score on average, its modes being well apart.

    In d dimensions a draw is within 3 standard deviations of its mode with probability p = P(chi^2_d <= 9):
    in the plane 1 - exp(-9/2) = 98.89 %. The samples of high quality in mode k are then Binomial(n, p w_k),
    which gives the expected number of modes with at least 1, sum_k 1 - (1 - p w_k)^n, and with at least 20.
    The reverse KL is averaged exactly over the number N of samples of high quality, Binomial(n, p), and their
    histogram; it is about (k - 1) / (2 n p).

    Raises ``ValueError`` for a toy without modes, or one whose modes are less than 6 standard deviations
    apart.
    """
    modes, std, weights = _modes(toy)
    k, dim = modes.shape
    n = require_count("n", n, hint="it is a number of samples")
    if k > 1 and torch.pdist(modes).min() < 2 * RADIUS * std.max() * (1 - 1e-6):
        raise ValueError(
            f"the modes of {toy} are less than {2 * RADIUS:g} standard deviations apart: their "
            f"{RADIUS:g}-sigma discs overlap."
        )
    p = torch.special.gammainc(torch.tensor(dim / 2).double(), torch.tensor(RADIUS**2 / 2).double())
    fewer = torch.arange(min(FIRMLY, n + 1)).double()  # the counts below 20, of which none is above n
    below = Binomial(n, p * weights[:, None]).log_prob(fewer).exp()  # [k, counts]
    return ModeCoverage(
        (1 - below[:, 0]).sum().item(),
        (1 - below.sum(dim=1)).clamp(min=0).sum().item(),
        p.item(),
        _expected_kl(weights, n, p),
        k,
        n,
    )


def _expected_kl(weights: Tensor, n: int, p: Tensor) -> float:
    """The mean reverse KL of N perfect samples of high quality, over N ~ Binomial(n, p)."""
    chance = Binomial(n, p).log_prob(torch.arange(n + 1).double()).exp().tolist()
    likely = [good for good in range(1, n + 1) if chance[good] > 1e-9]
    return chance[0] * _worst_kl(weights) + sum(chance[good] * expected_histogram_kl(weights, good) for good in likely)


def _worst_kl(weights: Tensor) -> float:
    """The reverse KL of a model that makes nothing but the rarest mode."""
    return -weights[weights > 0].min().log().item()


def _modes(toy: Mixture) -> tuple[Tensor, Tensor, Tensor]:
    """The modes [k, dim], their standard deviations [k] and weights [k], float64 on the CPU."""
    if len(require_kind("toy", toy, Mixture).modes) == 0:
        raise ValueError(f"{toy} has no separate modes to count: take a ring, a grid, or two Gaussians.")
    return toy.modes.cpu().double(), torch.as_tensor(toy.std).double().expand(len(toy.modes)), toy.weights
