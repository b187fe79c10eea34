"""Images of black and white pixels: the data that a Bernoulli likelihood is a likelihood of.

A grey level g of 255 is read as the probability of white: x ~ Bernoulli(g / 255), as Salakhutdinov & Murray 2008 did to
MNIST. **Dynamic**: drawn anew whenever an image is used; **fixed**: drawn once for all. A model that is trained on
one fixed draw of 60,000 images can fit the noise of that draw, so the numbers of the two protocols cannot be compared.
"""

import torch
from torch import Tensor

from course_utils.inputs import require_count, require_flag, require_kind, shown
from course_utils.tensor_inputs import readable

from .images import ImageData
from .order import first_numbers

SEED = 20080705  # of the draws that are the same each time


class BinarisedImages:
    """The images of an ``ImageData`` with pixels 0 or 1, on its device.

    ``dynamic``: a batch is drawn from the global generator each time; else the training images have been binarised
    once, from a seed of their own. ``fixed`` gives the same pixels each time in either case.
    """

    def __init__(self, images: ImageData, dynamic: bool = True):
        self.images = require_kind("images", images, ImageData)
        self.dynamic = require_flag("dynamic", dynamic)
        self._train = None if dynamic else self._drawn_once()

    @property
    def device(self) -> torch.device:
        return self.images.device

    @property
    def channels(self) -> int:
        return self.images.channels

    @property
    def image_size(self) -> int:
        return self.images.image_size

    def batch(self, n: int) -> Tensor:
        """``n`` training images drawn with replacement, float32 [n, channels, size, size] of 0 and 1."""
        return self.at(self._draw(n))

    def batch_with_labels(self, n: int) -> tuple[Tensor, Tensor]:
        """As ``batch``, with the labels, int64 [n]. From the same seed, the images are the same."""
        drawn = self._draw(n)
        return self.at(drawn), self.images.labels.index_select(0, drawn)

    def fixed(self, n: int, split: str = "train") -> Tensor:
        """The images of ``ImageData.fixed`` in one binarisation, the same each time, float32 of 0 and 1."""
        return self.fixed_with_labels(n, split)[0]

    def fixed_with_labels(self, n: int, split: str = "train") -> tuple[Tensor, Tensor]:
        """As ``fixed``, with the labels, int64 [n]."""
        data, numbers = self.images, first_numbers(self.images, n, split)
        grey, labels = (data.images, data.labels) if split == "train" else (data.test_images, data.test_labels)
        binary = _binarise_once(grey.index_select(0, numbers), SEED + (split == "test"))
        return binary.float(), labels.index_select(0, numbers)

    def _drawn_once(self) -> Tensor:
        """All training images, binarised as in ``fixed``, at their own places."""
        grey, numbers = self.images.images, first_numbers(self.images, len(self.images.images), "train")
        return torch.empty_like(grey).index_copy_(0, numbers, _binarise_once(grey.index_select(0, numbers), SEED))

    def _draw(self, n: int) -> Tensor:
        return torch.randint(len(self.images.images), (require_count("n", n),), device=self.device)

    def at(self, drawn: Tensor) -> Tensor:
        """The training images of these numbers, int64 [n], binarised: float32 [n, channels, size, size] of 0 and 1."""
        if not isinstance(drawn, Tensor) or drawn.dtype != torch.int64 or drawn.ndim != 1:
            raise ValueError(f"drawn must be the numbers of images, int64 [n], not {shown(drawn)}")
        if readable(drawn) and len(drawn) and not 0 <= int(drawn.min()) <= int(drawn.max()) < len(self.images.images):
            raise ValueError(
                f"drawn must lie in 0 .. {len(self.images.images) - 1:,}, the numbers of the training images"
            )
        if self._train is not None:
            return self._train.index_select(0, drawn).float()
        grey = self.images.images.index_select(0, drawn)
        return (torch.empty_like(grey).random_(0, 255) < grey).float()  # exact, and 4 times faster than bernoulli

    def __repr__(self) -> str:
        how = "drawn anew each time" if self.dynamic else "drawn once"
        shape = f"{self.channels}x{self.image_size}x{self.image_size}"
        return f"BinarisedImages({self.images.name}: binary pixels {shape}, {how}, on {self.device})"


def _binarise_once(grey: Tensor, seed: int) -> Tensor:
    """uint8 0 or 1 in the shape of ``grey``, the same on every device; the first n do not depend on how many follow."""
    generator = torch.Generator().manual_seed(seed)
    threshold = torch.empty(grey.shape, dtype=torch.uint8).random_(0, 255, generator=generator)
    return (threshold.to(grey.device) < grey).to(torch.uint8)
