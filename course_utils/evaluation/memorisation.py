"""Does the model copy its training images? How near samples come to them, against how near test images come.

A sample's distance to its nearest training image alone tells little: two images of the digit 1 are always near each
other. So it is measured in units of how far apart training images are *there*: with t(s) the training image nearest to
s, in pixels, and t'(s) the training image nearest to t(s),

    r(s) = |s - t(s)| / |t(s) - t'(s)|.

A copy has r = 0. New images from the same distribution have r near 1, as s and t'(s) are then both neighbours of t(s).
A training image that is there twice counts once.

What is new, of the same people, and no copy? A training image, if it is left out of the training images that it is
compared with. So 2,000 of them are left out in turn, and a sample counts as a copy if its r is below the 20th smallest
of theirs. The r of a perfect model's draw is as likely to lie anywhere among them: it is counted with probability
20/2,001, the floor. (Of MNIST's test images, which are of other writers, 0.8 % count, of 2,000; of the digits' test
images 1.4 %, of 360.)

Comparing samples, held-out and training images is the idea of Meehan, Chaudhuri and Dasgupta 2020 ("A non-parametric
test to detect data-copying in generative models", arXiv:2004.05675); the ratio, the threshold and the leaving out are
this course's own choice, simpler than their statistic.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from course_utils.data import ImageData, normalise
from course_utils.data.order import fixed_order
from course_utils.inputs import require_count, require_kind
from course_utils.intervals import share_interval
from course_utils.tensor_inputs import require_about_image_range

from .distances import as_points, nearest

SHARE = 0.01  # of a perfect model's draws at most that count as copies


@dataclass(frozen=True)
class Memorisation:
    """``copies``: share of ``n`` samples nearer to a training image than all but the nearest 1 % of new images.

    ``low`` to ``high`` is its 95 % interval (Wilson 1927), which takes the threshold as given. ``floor`` is the share
    that a perfect model scores. ``ratio`` is the median of r over the samples, ``ratio_floor`` over training images
    left out; a sample whose r is below ``threshold`` is a copy.
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
            f"{self.copies:.1%} copies ({self.low:.1%} to {self.high:.1%}; floor {self.floor:.1%}), median ratio "
            f"{self.ratio:.2f} (real images left out {self.ratio_floor:.2f}), n = {self.n:,}"
        )


_left_out: WeakKeyDictionary[ImageData, dict[int, Tensor]] = WeakKeyDictionary()  # computed once, asked often


@torch.no_grad()
def memorisation(samples: Tensor, images: ImageData, left_out: int = 2000) -> Memorisation:
    """How many of ``samples``, float [n, channels, size, size] in -1..1, are copies of training images?

    Pixels are compared, so copies that are shifted, recoloured or very noisy are missed, and slight smoothing alone
    raises the share a little: look at the pairs before you accuse a model. ``left_out`` is the number of training
    images behind the threshold, chosen at random once for all (at most all that differ). 2,000 samples against the
    60,000 images of MNIST take 16 s of one CPU thread, and the images left out as long once.

    Raises ``ValueError`` for samples that are no such images, NaN or infinity; for fewer than 100 different training
    images, or ``left_out``, which have no nearest 1 %.
    """
    require_kind("images", images, ImageData)
    left_out, least = require_count("left_out", left_out), round(1 / SHARE)
    as_points(samples, "samples")
    if samples.shape[1:] != images.images.shape[1:]:
        raise ValueError(f"samples: expected images {list(images.images.shape[1:])}, got {list(samples.shape[1:])}.")
    require_about_image_range("samples", samples)
    training = _distinct(images).flatten(1)
    left_out = min(left_out, len(training))
    if left_out < least:
        raise ValueError(
            f"left_out: the nearest 1 % need at least {least} different training images to leave out, got {left_out}"
        )
    known = _left_out.setdefault(images, {})
    if left_out not in known:
        chosen = fixed_order(len(training))[:left_out].to(images.device)
        known[left_out] = _ratios(training[chosen], training, chosen).cpu()
    rank = int(SHARE * (left_out + 1))  # of the left_out + 1 places among them that a new one may take
    threshold = known[left_out].kthvalue(rank).values.item()
    ratios = _ratios(samples.detach().to(images.device, torch.float32).flatten(1), training).cpu()
    copies, n = (ratios < threshold).double().mean().item(), len(samples)
    low, high = share_interval(copies, n)
    floor, usual = rank / (left_out + 1), known[left_out].median().item()
    return Memorisation(copies, low, high, floor, ratios.median().item(), usual, threshold, n)


def _ratios(x: Tensor, training: Tensor, itself: Tensor | None = None) -> Tensor:
    """r of each x [n, d] against the training images [m, d]; ``itself`` [n] are the ones among them that x are, if any,
    and that are left out for it.
    """
    distance, at = nearest(x, training, itself)
    if itself is None:
        asked, back = at.unique(return_inverse=True)
        return distance / nearest(training[asked], training, asked[:, None])[0][back]
    return distance / nearest(training[at], training, torch.stack([at, itself], dim=1))[0]


def _distinct(images: ImageData) -> Tensor:
    """The training images, normalised, each once: one that is there twice would be its own nearest neighbour."""
    rows = {row.tobytes(): at for at, row in enumerate(images.images.flatten(1).cpu().numpy())}
    return normalise(images.images[list(rows.values())])
