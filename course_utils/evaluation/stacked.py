"""How many of the 1,000 modes of Stacked MNIST does a generator reach, and how evenly?

The metric of VEEGAN (Srivastava et al. 2017) and PacGAN (Lin et al. 2018): the classifier of the single images names
the class of each channel; the triple of names is the sample's mode. Of 26,000 samples, count the modes that occur at
all, and compare their histogram q with equal shares,

    KL(q || uniform) = log(classes^3) + sum_k q_k log q_k   in nats.

Every sample counts, however poor: noise, too, is given three names. So look at the samples as well. And even a perfect
model does not score 0: 26,000 samples cannot fill 1,000 bins evenly, nor are the classes of real images equally many.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.data import ImageData, normalise
from course_utils.inputs import require_count, require_kind, require_methods, shown
from course_utils.progress import PATIENCE, progress

from .classifier import Classifier, logits_of
from .histograms import expected_histogram_kl, histogram_kl

SAMPLES = 26_000  # in every published table


@dataclass(frozen=True)
class StackedCoverage:
    """``modes`` of ``of`` class triples occur among ``n`` samples, and ``kl`` in nats is how unequal their shares are.

    Measured on one set of samples, or (from the floors) the expected values.
    """

    modes: float
    kl: float
    n: int
    of: int

    def __repr__(self) -> str:
        return f"{round(self.modes, 1):,g} of {self.of:,} modes, KL {self.kl:.3f} nats, from {self.n:,} samples"


@torch.no_grad()
def stacked_coverage(samples: Tensor | Iterable[Tensor], classifier: Classifier) -> StackedCoverage:
    """Count the modes of ``samples``, float [n, 3, size, size] in -1..1, or of an iterable of such batches.

    All 26,000 samples at once would take 245 MB; batches need not exist at the same time:
    ``stacked_coverage((run.sample(1000) for _ in range(26)), classifier)``.

    Raises ``ValueError`` for samples of another shape or range, if there are none, and for NaN among the logits.
    """
    require_methods("classifier", classifier, "logits")
    if not isinstance(samples, Iterable) or isinstance(samples, str):
        raise ValueError(f"samples: expected [n, 3, size, size], or batches of that shape, got {shown(samples)}.")
    counts, batches = None, [samples] if isinstance(samples, Tensor) else samples
    for batch in progress(batches, "counting modes", PATIENCE):
        if not isinstance(batch, Tensor) or batch.ndim != 4 or batch.shape[1] != 3:
            found = f"shape {list(batch.shape)}" if isinstance(batch, Tensor) else type(batch).__name__
            raise ValueError(f"samples: expected [n, 3, size, size], or batches of that shape, got {found}.")
        logits = logits_of(classifier, batch.flatten(0, 1).unsqueeze(1))  # each channel is an image
        classes = logits.shape[1]
        first, second, third = logits.argmax(dim=1).view(-1, 3).unbind(dim=1)
        triples = (first * classes + second) * classes + third
        found = triples.bincount(minlength=classes**3)
        counts = found if counts is None else counts + found
    if counts is None:
        raise ValueError("samples: expected at least one batch, got none. Is the iterator used up?")
    uniform = torch.full((len(counts),), 1 / len(counts), dtype=torch.float64)
    return StackedCoverage(int((counts > 0).sum()), histogram_kl(counts, uniform), int(counts.sum()), len(counts))


def stacked_floor(images: ImageData, classifier: Classifier, n: int = SAMPLES) -> StackedCoverage:
    """What n real triples, as ``StackedImages(images)`` draws them, score on average in ``stacked_coverage``.

    The classifier reads each training image once, which gives the share of each class, as it sees them. The channels of
    a triple are independent, so its probability is a product of three shares, and the expected values follow exactly,
    without drawing a triple. On MNIST: all 1,000 modes and KL = 0.0234 nats, of which 0.0041 are the unequal classes
    and 0.0193 the finite n; the KL of a single set of triples has a standard deviation of 0.001.

    Raises ``ValueError`` for n < 1.
    """
    require_kind("images", images, ImageData)
    require_count("n", n)
    shares = logits_of(classifier, normalise(images.images)).argmax(dim=1).bincount(minlength=len(images.classes))
    return _expected(shares.cpu().double() / len(images.images), n)


def stacked_uniform_floor(classes: int = 10, n: int = SAMPLES) -> StackedCoverage:
    """What n samples score on average whose modes are equally likely: no model can be expected to do better.

    KL is about (classes^3 - 1) / (2n): 0.0193 nats for ten classes and 26,000 samples. Raises ``ValueError`` for
    n < 1.
    """
    classes = require_count("classes", classes)
    return _expected(torch.full((classes,), 1 / classes, dtype=torch.float64), n)


def _expected(shares: Tensor, n: int) -> StackedCoverage:
    """The expected coverage by n triples of independent classes, which have these shares."""
    n = require_count("n", n, hint="it is a number of samples")
    triples = torch.einsum("i,j,k->ijk", shares, shares, shares).flatten()
    uniform = torch.full_like(triples, 1 / len(triples))
    modes = (1 - (1 - triples) ** n).sum().item()
    return StackedCoverage(modes, expected_histogram_kl(triples, n, uniform), n, len(triples))
