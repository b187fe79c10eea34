"""The Fréchet distance between generated and real images, seen through the course's classifier.

Summarise each set of feature vectors by its mean m and covariance S, as if it were a Gaussian. The Fréchet
(Wasserstein-2) distance between two Gaussians, squared, is

    d = |m1 - m2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))      (Dowson & Landau 1982).

Heusel et al. 2017 ("GANs trained by a two time-scale update rule converge to a local Nash equilibrium") take
the features of the Inception network and call it FID. Ours come from a classifier of the very data, so the
numbers cannot be compared with published FIDs, nor across classifiers: only within one classifier, and with
the floor.
"""

from dataclasses import dataclass
from statistics import fmean
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from course_utils.data import ImageData, normalise
from course_utils.inputs import require_kind, require_methods
from course_utils.tensor_inputs import require_images, require_tensor

from .classifier import Classifier

LARGEST_N = 10_000
MOST_PARTS = 10  # of the test images, over which the floor of a small n is averaged


@dataclass(frozen=True)
class FrechetResult:
    """A distance and its floor: what real images, unseen by the classifier, score at the same ``n``."""

    distance: float
    floor: float
    n: int

    def __repr__(self) -> str:
        return f"Fréchet classifier distance {self.distance:.1f} (floor {self.floor:.1f} at n = {self.n:,})"


def frechet_distance(mean1: Tensor, cov1: Tensor, mean2: Tensor, cov2: Tensor) -> float:
    """d between N(mean1, cov1) and N(mean2, cov2), in squared feature units, computed in float64.

    Means are [k], covariances [k, k]; they may be singular. S1 S2 is not symmetric, and rounding makes its
    eigenvalues complex. But they are those of S1^(1/2) S2 S1^(1/2) = M M^T with M = S1^(1/2) S2^(1/2), so
    their square roots are the singular values of M, which are real, never negative, and stable: tr((S1
    S2)^(1/2)) = sum of the singular values.

    Raises ``ValueError`` for shapes that do not fit, NaN, infinity, or a matrix that is no covariance.
    """
    for name, t in (("mean1", mean1), ("cov1", cov1), ("mean2", mean2), ("cov2", cov2)):
        require_tensor(name, t)
    mean1, cov1, mean2, cov2 = (t.detach().cpu().double() for t in (mean1, cov1, mean2, cov2))
    k = len(mean1) if mean1.ndim == 1 else 0
    if k == 0 or mean2.shape != (k,) or cov1.shape != (k, k) or cov2.shape != (k, k):
        found = ", ".join(str(list(t.shape)) for t in (mean1, cov1, mean2, cov2))
        raise ValueError(f"expected shapes [k], [k, k], [k], [k, k], got {found}.")
    if not all(t.isfinite().all() for t in (mean1, cov1, mean2, cov2)):
        raise ValueError("expected finite means and covariances, got NaN or infinity.")
    overlap = torch.linalg.svdvals(_square_root(cov1) @ _square_root(cov2)).sum()
    distance = (mean1 - mean2).square().sum() + cov1.trace() + cov2.trace() - 2 * overlap
    return max(distance.item(), 0.0)  # rounding can leave -1e-15 where it is 0


def _square_root(cov: Tensor) -> Tensor:
    """The symmetric S^(1/2): the same eigenvectors, the square roots of the eigenvalues."""
    values, vectors = torch.linalg.eigh(cov)
    rounding = 1e-6 * values.abs().max()
    if values.min() < -rounding or (cov - cov.T).abs().max() > rounding:
        raise ValueError("expected a covariance: symmetric, without negative eigenvalues.")
    return vectors * values.clamp(min=0).sqrt() @ vectors.T


def frechet_classifier_distance(samples: Tensor, images: ImageData, classifier: Classifier) -> FrechetResult:
    """How far ``samples``, float [n, channels, size, size] in -1..1, are from the training images.

    The estimate of a covariance from few samples is off, and always makes the distance larger. So the floor
    is measured at the same n: the mean distance of disjoint sets of n test images. n is the number of
    samples, test images, or 10,000, whichever is smallest (further samples are not used); the reference is
    the first 10,000 training images, or all there are.

    Raises ``ValueError`` unless n is larger than the number of features, as a covariance needs, and for
    samples that are no such images.
    """
    require_kind("images", images, ImageData)
    require_methods("classifier", classifier, "features")
    require_images("samples", samples, ("n", *images.images.shape[1:]))
    n = min(len(samples), len(images.test_images), LARGEST_N)
    mean, cov = _statistics(classifier.features(samples[:n]))
    reference, floor = _reference_and_floor(images, classifier, n)
    return FrechetResult(frechet_distance(mean, cov, *reference), floor, n)


def _statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [k] and unbiased covariance [k, k] of features [n, k], float64 on the CPU (MPS has no float64)."""
    n, k = features.shape
    if n <= k:
        raise ValueError(
            f"the covariance of {k} features needs more than {k} images, got {n}: draw more samples, 10,000 if there "
            f"are as many test images. Of training and test images, too, more than {k} are needed."
        )
    features = features.cpu().double()
    return features.mean(dim=0), torch.cov(features.T)


_known: WeakKeyDictionary[Classifier, dict] = WeakKeyDictionary()  # so that a lesson computes them only once


def _reference_and_floor(images: ImageData, classifier: Classifier, n: int):
    """Mean and covariance of the training images' features, and the distance from n test images to them."""
    known = _known.setdefault(classifier, {})
    if images.fingerprint not in known:
        known[images.fingerprint] = _statistics(classifier.features(normalise(images.images[:LARGEST_N])))
    reference = known[images.fingerprint]
    if (images.fingerprint, n) not in known:
        test = classifier.features(normalise(images.test_images))
        # Evenly spread over the split: the first half of MNIST's test images was written by tidier people.
        spread = torch.arange(n, device=test.device) * len(test) // n
        parts = [_statistics(test[spread + i]) for i in range(min(len(test) // n, MOST_PARTS))]
        known[images.fingerprint, n] = fmean(frechet_distance(*part, *reference) for part in parts)
    return reference, known[images.fingerprint, n]
