"""The Parzen window: a likelihood for models that have none. It is here to be distrusted.

Put a Gaussian of standard deviation s on each of m samples c_j of the model, and read off the density that this mixture
gives to test points x in R^d,

    log p(x) = log 1/m sum_j exp(-|x - c_j|^2 / (2 s^2)) - d/2 log(2 pi s^2)   in nats,

with s chosen on validation points. Goodfellow et al. 2014 ("Generative adversarial nets") reported it for MNIST, pixels
in 0..1, 10,000 samples, ten values of s from 0.1 to 1. In high dimension it ranks models wrongly: the centroids of
k-means score higher than real images do (Theis, van den Oord, Bethge 2016, "A note on the evaluation of generative
models", arXiv:1511.01844).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.inputs import require_number, shown

from .distances import as_points, require_same_width, squared_distances

STDS = tuple(10 ** (i / 9 - 1) for i in range(10))  # 0.1 to 1, as in the code of Goodfellow et al.


@dataclass(frozen=True)
class ParzenScore:
    """Mean log-likelihood of ``n`` test points in nats, and its standard error over these points.

    The error leaves out that other samples of the model would give other centres. ``std`` was chosen on validation
    points.
    """

    nats: float
    standard_error: float
    std: float
    n: int
    centres: int

    def __repr__(self) -> str:
        return (
            f"Parzen window: {self.nats:.1f} ± {self.standard_error:.1f} nats (mean and standard error of {self.n:,} "
            f"test points; {self.centres:,} centres, std {self.std:.3g})"
        )


def parzen_log_likelihood(test: Tensor, centres: Tensor, std: float) -> Tensor:
    """log p(x) of each test point, float64 [n] in nats, under Gaussians of ``std`` at ``centres`` [m, ...].

    Axes behind the first are flattened. Nats depend on the scale of the pixels: only those in 0..1 compare with the
    literature. A block of distances at a time; 10,000 x 10,000 images of 784 pixels take 6 s of one CPU thread.

    Raises ``ValueError`` for a std that is not positive, unequal shapes, NaN or infinity.
    """
    return _log_likelihoods(test, centres, [std])[0]


def parzen_bandwidth(validation: Tensor, centres: Tensor, stds: Sequence[float] = STDS) -> float:
    """The one of ``stds`` that gives ``validation`` [n, ...] the highest mean log-likelihood.

    Validation points must be neither centres nor test points: the best std for the centres themselves is 0. Where the
    best is the smallest or the largest of them, try further ones. Raises ``ValueError`` as ``parzen_log_likelihood``.
    """
    means = [nats.mean().item() for nats in _log_likelihoods(validation, centres, stds)]
    return stds[means.index(max(means))]


def parzen_score(test: Tensor, centres: Tensor, validation: Tensor, stds: Sequence[float] = STDS) -> ParzenScore:
    """The published protocol: choose the std on ``validation``, then score ``test``. Floor: real images as centres."""
    std = parzen_bandwidth(validation, centres, stds)
    nats = parzen_log_likelihood(test, centres, std)
    error = (nats.std() / len(nats) ** 0.5).item() if len(nats) > 1 else math.nan
    return ParzenScore(nats.mean().item(), error, std, len(nats), len(centres))


@torch.no_grad()
def _log_likelihoods(test: Tensor, centres: Tensor, stds: Sequence[float]) -> Tensor:
    """float64 [len(stds), n]: the distances are computed once for all stds."""
    if isinstance(stds, str) or not hasattr(stds, "__len__") or len(stds) == 0:
        raise ValueError(f"std: expected positive numbers, got {stds if stds == [] else shown(stds)}.")
    for std in stds:
        require_number("each std", std, above=0)
    x, c = as_points(test, "test"), as_points(centres, "centres")
    require_same_width(test, centres, "test and centres")
    c = c.to(x.device)
    middle = c.mean(dim=0)
    nats = x.new_empty(len(stds), len(x))
    for rows, squared in squared_distances(x - middle, c - middle):
        for index, std in enumerate(stds):
            nats[index, rows] = (squared / (-2 * std**2)).logsumexp(dim=1)
    variances = x.new_tensor(stds).square()
    return nats - math.log(len(c)) - x.shape[1] / 2 * (2 * math.pi * variances).log()[:, None]
