"""Two domains without pairs, whose true translation is known; and pairs of images of one class.

Real unpaired data (horses and zebras) have no truth to compare a translation with. Here domain B is *made* from images
by a known function, so each translation has one right answer, and its error is a number.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from course_utils.inputs import require_count, require_function, require_kind, require_number, shown
from course_utils.tensor_inputs import readable, require_finite, require_tensor

from .binarised import BinarisedImages
from .images import ImageData, normalise, to_uint8
from .order import first_numbers

# --- true translations: functions of images in -1..1, black is -1 ---


def _require_grey(x: Tensor) -> Tensor:
    """Float images [..., height, width]; on the CPU, where looking costs next to nothing, finite too.

    Of any range: what a translator makes in its first steps need not be black anywhere, nor stay in -1..1.
    """
    require_tensor("x", x, (..., "height", "width"), "float images in -1..1,")
    if readable(x):
        require_finite("x", x)
    return x


def inverted(x: Tensor) -> Tensor:
    """Black and white exchanged: -x. Its own inverse; each pixel by itself."""
    return -_require_grey(x)


def quarter_turn(x: Tensor) -> Tensor:
    """Turned by 90 degrees, anticlockwise. Every pixel but the middle moves."""
    return _require_grey(x).rot90(1, (-2, -1))


def quarter_turn_back(x: Tensor) -> Tensor:
    """Turned by 90 degrees, clockwise: the inverse of ``quarter_turn``."""
    return _require_grey(x).rot90(-1, (-2, -1))


def bold(x: Tensor) -> Tensor:
    """Strokes thickened by one pixel to the right: the brighter one of each pixel and its left neighbour."""
    return torch.maximum(_require_grey(x), pad(x, (1, 0), value=-1.0)[..., :-1])


def covered(x: Tensor, share: float = 2 / 7) -> Tensor:
    """All but the left ``share`` of the columns painted over in grey (0). It has no inverse: what was there is gone."""
    require_number("share", share, above=0, below=1, hint="the part of the columns that stays")
    _require_grey(x)
    kept = round(share * x.shape[-1])
    return torch.cat([x[..., :kept], torch.zeros_like(x[..., kept:])], dim=-1)


# --- domains ---


def random_halves(images: ImageData) -> tuple[Tensor, Tensor]:
    """The numbers of the training images of domain A and of domain B: random halves, so by the same people."""
    if len(images.images) < 2:
        raise ValueError("images: two domains need at least two training images, one for each, and there is one")
    half, order = len(images.images) // 2, first_numbers(images, len(images.images), "train")
    return order[:half], order[half:]


class UnpairedDomains:
    """Domain A: images. Domain B: ``truth`` of *other* images. No image of one has its partner in the other.

    A is a random half of the training split, B is made from the other half, so that both are by the same people. With
    ``image_size`` 14 each 2x2 block of pixels becomes one, its mean. Raises ``ValueError`` for a size that the images
    cannot be reduced to.
    """

    def __init__(self, images: ImageData, truth: Callable[[Tensor], Tensor], image_size: int = 14):
        require_kind("images", images, ImageData)
        require_function("truth", truth, "a function from images to images")
        image_size = require_count("image_size", image_size)
        if images.image_size % image_size:
            raise ValueError(f"image_size: {images.image_size} pixels cannot be reduced to {image_size} by blocks.")
        self.name, self.truth, self.image_size = images.name, truth, image_size
        self._a, self._b = (self._small(images.images.index_select(0, half)) for half in random_halves(images))
        order = first_numbers(images, len(images.test_images), "test")
        self._test = self._small(images.test_images.index_select(0, order))
        self._test_labels = images.test_labels.index_select(0, order)

    @property
    def device(self) -> torch.device:
        return self._a.device

    def batch_a(self, n: int) -> Tensor:
        """``n`` training images of A drawn with replacement, float32 [n, channels, size, size] in -1..1."""
        return normalise(
            self._a.index_select(0, torch.randint(len(self._a), (require_count("n", n),), device=self.device))
        )

    def batch_b(self, n: int) -> Tensor:
        """``n`` training images of B, likewise: the truth of images that are not in A."""
        drawn = torch.randint(len(self._b), (require_count("n", n),), device=self.device)
        return self._translated(normalise(self._b.index_select(0, drawn)))

    def batch_pairs(self, n: int) -> tuple[Tensor, Tensor]:
        """``n`` images of A with their true translations: what unpaired learning does not have. For a reference."""
        a = self.batch_a(n)
        return a, self._translated(a)

    def test(self, n: int) -> tuple[Tensor, Tensor, Tensor]:
        """The test images ``images.fixed(n, "test")``, their true translations, and their labels, int64 [n]."""
        n = require_count("n", n, most=len(self._test), hint="there are no more test images")
        a = normalise(self._test[:n])
        return a, self._translated(a), self._test_labels[:n]

    def _translated(self, a: Tensor) -> Tensor:
        b = self.truth(a)
        if not isinstance(b, Tensor) or b.shape != a.shape:
            found = list(b.shape) if isinstance(b, Tensor) else shown(b)
            raise ValueError(f"truth must return images of the shape it is given, {list(a.shape)}, not {found}")
        return b

    def _small(self, images: Tensor) -> Tensor:
        factor = images.shape[-1] // self.image_size
        return images if factor == 1 else to_uint8(avg_pool2d(normalise(images), factor))

    def __repr__(self) -> str:
        truth = getattr(self.truth, "__name__", type(self.truth).__name__)
        sizes = f"{len(self._a):,} and {len(self._b):,} images {self.image_size}x{self.image_size}"
        return f"UnpairedDomains({self.name}: {sizes}, B = {truth}, on {self.device})"


class SameClassPairs:
    """Pairs of different draws of one class, in binary pixels: what a code for the class can be learnt from."""

    def __init__(self, images: ImageData):
        self.binarised = BinarisedImages(images)
        self.labels = images.labels
        self._order = images.labels.argsort()  # the images of class 0, then those of class 1, ...
        self._counts = images.labels.bincount(minlength=len(images.classes))
        self._starts = self._counts.cumsum(0) - self._counts

    @property
    def device(self) -> torch.device:
        return self.binarised.device

    def batch(self, n: int) -> tuple[Tensor, Tensor]:
        """``n`` training images and a partner of the same class for each, float32 [n, channels, size, size], 0 or 1."""
        drawn = torch.randint(len(self.labels), (require_count("n", n),), device=self.device)
        classes = self.labels.index_select(0, drawn)
        within = (torch.rand(n, device=self.device) * self._counts[classes]).long()
        within = torch.minimum(within, self._counts[classes] - 1)  # rounding may reach the end
        partners = self._order[self._starts[classes] + within]
        return self.binarised.at(drawn), self.binarised.at(partners)

    def __repr__(self) -> str:
        return f"SameClassPairs({self.binarised!r})"
