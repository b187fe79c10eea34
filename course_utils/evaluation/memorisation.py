"""Does the model copy its training images? How near samples come to them, against how near test images come.

A sample's distance to its nearest training image alone tells little: two images of the digit 1 are always near each
other. So it is measured in units of how far apart training images are *there*: with t(s) the training image nearest to
s, in pixels, and t'(s) the training image nearest to t(s),

    r(s) = |s - t(s)| / |t(s) - t'(s)|.

A copy has r = 0. New images from the same distribution have r near 1, as s and t'(s) are then both neighbours of t(s).
A training image that is there twice counts once.
A sample counts as a copy if its r is below the 1 % quantile of r over test images, which cannot be copies; hence the
floor, 1 %. Comparing samples, test images and training images is the idea of Meehan, Chaudhuri and Dasgupta 2020 ("A
non-parametric test to detect data-copying in generative models", arXiv:2004.05675); the ratio and the threshold are
this course's own choice, simpler than their statistic.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from course_utils.data import ImageData, normalise
from course_utils.inputs import require_count, require_kind
from course_utils.intervals import share_interval
from course_utils.tensor_inputs import require_about_image_range

from .distances import as_points, nearest

QUANTILE = 0.01


@dataclass(frozen=True)
class Memorisation:
    """``copies``: share of ``n`` samples nearer to a training image than all but the nearest 1 % of test images.

    ``low`` to ``high`` is its 95 % interval (Wilson 1927), which takes the threshold as given. ``ratio`` is the median
    of r over the samples, ``ratio_floor`` over the test images; a sample whose r is below ``threshold`` is a copy.
    """

    copies: float
    low: float
    high: float
    floor: float
    ratio: float
    ratio_floor: float
    threshold: float
    n: int

    def __repr__(self) -> str:
        return (
            f"{self.copies:.1%} copies ({self.low:.1%} to {self.high:.1%}; floor {self.floor:.0%}), median ratio "
            f"{self.ratio:.2f} (test images {self.ratio_floor:.2f}), n = {self.n:,}"
        )


_test_ratios: WeakKeyDictionary[ImageData, dict[int, Tensor]] = WeakKeyDictionary()  # computed once, asked often


@torch.no_grad()
def memorisation(samples: Tensor, images: ImageData, test: int = 2000) -> Memorisation:
    """How many of ``samples``, float [n, channels, size, size] in -1..1, are copies of training images?

    Pixels are compared, so copies that are shifted, recoloured or very noisy are missed, and slight smoothing alone
    raises the share a little: look at the pairs before you accuse a model. ``test`` is the number of
    test images behind the threshold, spread evenly over their split (at most all of them). 2,000 samples against the
    60,000 images of MNIST take 8 s of one CPU thread, and the test images as long once.

    Raises ``ValueError`` for samples that are no such images, NaN or infinity; for fewer than 100 test images, which
    have no 1 % quantile, and where 1 % of them are copies of training images themselves; for training images that are
    all the same.
    """
    require_kind("images", images, ImageData)
    test = min(require_count("test", test), len(images.test_images))
    if test < 1 / QUANTILE:
        raise ValueError(f"test: a 1 % quantile needs at least {1 / QUANTILE:.0f} test images, got {test}.")
    as_points(samples, "samples")
    if samples.shape[1:] != images.images.shape[1:]:
        raise ValueError(f"samples: expected images {list(images.images.shape[1:])}, got {list(samples.shape[1:])}.")
    require_about_image_range("samples", samples)
    known = _test_ratios.setdefault(images, {})
    if test not in known:
        spread = torch.arange(test, device=images.device) * len(images.test_images) // test
        known[test] = _ratios(normalise(images.test_images[spread]), images)
    threshold = known[test].cpu().quantile(QUANTILE).item()
    if threshold == 0:
        share = (known[test].cpu() == 0).double().mean().item()
        raise ValueError(
            f"images: {share:.1%} of the test images are copies of training images, so that no sample could be told to "
            "be one: keep each picture once, in one of the two splits."
        )
    ratios = _ratios(samples.detach().to(images.device, torch.float32), images)
    copies, n = (ratios < threshold).cpu().double().mean().item(), len(samples)
    low, high = share_interval(copies, n)
    return Memorisation(copies, low, high, QUANTILE, ratios.median().item(), known[test].median().item(), threshold, n)


def _ratios(x: Tensor, images: ImageData) -> Tensor:
    """r of each image x."""
    training = _distinct(images).flatten(1)
    distance, at = nearest(x.flatten(1), training)
    asked, back = at.unique(return_inverse=True)
    apart, _ = nearest(training[asked], training, itself=asked)
    return distance / apart[back]


def _distinct(images: ImageData) -> Tensor:
    """The training images, normalised, each once: one that is there twice would be its own nearest neighbour."""
    rows = {row.tobytes(): at for at, row in enumerate(images.images.flatten(1).cpu().numpy())}
    if len(rows) < 2:
        raise ValueError("images: how near is near takes two different training images, and there is only one.")
    return normalise(images.images[list(rows.values())])
