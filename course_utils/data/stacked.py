"""Stacked MNIST: three grey images as the channels of one, a data set of images with 1,000 modes that can be counted.

From VEEGAN (Srivastava et al. 2017), after Metz et al. 2017 ("Unrolled generative adversarial networks"): with ten
classes, three independent images have 10^3 = 1,000 ordered triples of classes, and a classifier of the single images
tells which triple a generator made (``course_utils.evaluation.stacked_coverage``).
"""

import torch
from torch import Tensor

from course_utils.inputs import require_count, require_kind

from .images import ImageData, normalise


class StackedImages:
    """Triples of images, drawn independently of each other, as one image of three channels.

    It holds no triple: a batch is drawn when it is asked for. So there is no end of triples, where PacGAN (Lin et al.
    2018) draws 128,000 once. ``modes`` is the number of class triples. Raises ``ValueError`` for images that are not
    grey.
    """

    channels = 3

    def __init__(self, images: ImageData):
        if require_kind("images", images, ImageData).channels != 1:
            raise ValueError(f"images: expected grey ones, to stack three of them, got {images.channels} channels.")
        self.images = images
        self.modes = len(images.classes) ** 3

    @property
    def device(self) -> torch.device:
        return self.images.device

    @property
    def image_size(self) -> int:
        return self.images.image_size

    def batch(self, n: int) -> Tensor:
        """``n`` triples of training images, float32 [n, 3, size, size] in -1..1, from the device's global generator."""
        return self._gather(torch.randint(len(self.images.images), (require_count("n", n), 3), device=self.device))

    def fixed(self, n: int) -> Tensor:
        """``n`` triples as ``batch`` makes them, but the same ones each time: the first n of one endless list.

        The caller's random numbers stay as they were. Raises ``ValueError`` for n < 1.
        """
        shape = require_count("n", n, hint="how many triples"), 3
        drawn = torch.randint(len(self.images.images), shape, generator=torch.Generator().manual_seed(0))
        return self._gather(drawn.to(self.device))

    def _gather(self, drawn: Tensor) -> Tensor:
        """The images of these numbers [n, 3], each in its channel."""
        picked = self.images.images.index_select(0, drawn.flatten())
        return normalise(picked.view(len(drawn), 3, self.image_size, self.image_size))

    def __repr__(self) -> str:
        shape = f"3x{self.image_size}x{self.image_size}"
        return f"StackedImages({self.images.name}: triples {shape} with {self.modes:,} modes, on {self.device})"
