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
from course_utils.data.order import last_numbers
from course_utils.inputs import require_kind, require_methods
from course_utils.tensor_inputs import require_images, require_tensor

from .classifier import Classifier

LARGEST_N = 10_000  # samples used, and images in the reference
MOST_PARTS = 5  # disjoint sets of n images, over which a floor is averaged


@dataclass(frozen=True)
class FrechetResult:
    """A distance and its floor: what other real images of the same people score at the same ``n``.

    ``test`` is what the test images score at this n, None if there are too few. ``test_source`` says in what they
    differ from the training images: where it is empty, nothing is known that would set ``test`` apart from the floor.
    """

    distance: float
    floor: float
    n: int
    test: float | None = None
    test_source: str = ""

    def __repr__(self) -> str:
        differs = self.test is not None and self.test_source
        test = f"; test images, {self.test_source}: {self.test:.1f}" if differs else ""
        return f"Fréchet classifier distance {self.distance:.1f} (floor {self.floor:.1f} at n = {self.n:,}{test})"


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

    The reference is ``images.fixed(10_000)``, or half of the training images if that is less. The estimate of a
    covariance from few samples is off, and always makes the distance larger (``expected_frechet``). So the floor is
    measured at the same n: the mean distance of up to five disjoint sets of n training images outside the reference.
    n is the number of samples, of images in the reference, or 10,000, whichever is smallest; further samples are not
    used.

    The classifier was trained on reference and floor, and has not seen what a model draws. That matters little: of
    classifiers trained on a random half of MNIST, with a reference of that half, 10,000 other images of it score 0.34
    and of the other half 0.30 (test images 0.70); density 0.99 and 0.99, coverage 0.970 and 0.970 (2,000 images). Of
    six halves of the digits (449 images): 14.1 ± 2.8 and 11.5 ± 1.5 (standard errors), 0.99 and 0.99, 0.97 and 0.97.

    Raises ``ValueError`` unless n is larger than the number of features, as a covariance needs, and for
    samples that are no such images.
    """
    require_kind("images", images, ImageData)
    require_methods("classifier", classifier, "features")
    require_images("samples", samples, ("n", *images.images.shape[1:]))
    n = min(len(samples), len(images.images) // 2, LARGEST_N)
    mean, cov = _statistics(classifier.features(samples[:n]))
    reference, floor, test = _ruler(images, classifier, n)
    return FrechetResult(frechet_distance(mean, cov, *reference), floor, n, test, images.test_source)


def _statistics(features: Tensor) -> tuple[Tensor, Tensor]:
    """Mean [k] and unbiased covariance [k, k] of features [n, k], float64 on the CPU (MPS has no float64)."""
    n, k = features.shape
    if n <= k:
        raise ValueError(
            f"the covariance of {k} features needs more than {k} images, got {n}: draw more samples, up to 10,000, "
            f"which needs more than {2 * k} training images."
        )
    features = features.cpu().double()
    return features.mean(dim=0), torch.cov(features.T)


_known: WeakKeyDictionary[Classifier, dict] = WeakKeyDictionary()  # so that a lesson computes them only once


def _ruler(images: ImageData, classifier: Classifier, n: int) -> tuple[tuple[Tensor, Tensor], float, float | None]:
    """Mean and covariance of the reference; how far n other training images are from it, and n test images."""
    known = _known.setdefault(classifier, {})
    if images.fingerprint not in known:
        known[images.fingerprint] = _statistics(classifier.features(images.fixed(reference_size(images))))
    reference = known[images.fingerprint]
    if (images.fingerprint, n) not in known:
        parts = min((len(images.images) - reference_size(images)) // n, MOST_PARTS)
        floor = _mean_distance(classifier.features(_outside_reference(images, parts * n)), n, reference)
        parts = min(len(images.test_images) // n, MOST_PARTS)
        test = _mean_distance(classifier.features(images.fixed(parts * n, "test")), n, reference) if parts else None
        known[images.fingerprint, n] = floor, test
    return reference, *known[images.fingerprint, n]


def reference_size(images: ImageData) -> int:
    """How many training images the reference has."""
    return min(len(images.images) // 2, LARGEST_N)


def _outside_reference(images: ImageData, n: int) -> Tensor:
    """``fresh(n)``, and beyond: as far as the reference leaves any."""
    return normalise(
        images.images.index_select(0, last_numbers(images, n, len(images.images) - reference_size(images)))
    )


def _mean_distance(features: Tensor, n: int, reference: tuple[Tensor, Tensor]) -> float:
    return fmean(frechet_distance(*_statistics(part), *reference) for part in features.split(n))
