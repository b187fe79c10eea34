"""Images that live on the device: one uint8 tensor, from which a batch is gathered by index and normalised.

A DataLoader would hand over one image at a time through Python. MNIST is 47 MB: all of it fits on any device.
"""

import hashlib
import os
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from course_utils.inputs import require_count, require_kind, require_text, shown
from course_utils.tensor_inputs import (
    FEW_LEVELS,
    require_about_image_range,
    require_device,
    require_label_range,
    require_same_device,
    require_tensor,
)

from . import mnist
from .order import first_numbers, last_numbers

_SOURCES = {"mnist": mnist.MNIST, "fashion-mnist": mnist.FASHION_MNIST}


def normalise(images: Tensor) -> Tensor:
    """Grey levels uint8 0..255 to float32 -1..1, the range of a tanh generator: x / 127.5 - 1."""
    if not isinstance(images, Tensor) or images.dtype != torch.uint8:
        raise ValueError(f"normalise: expected uint8 grey levels, got {shown(images)}. Are they normalised already?")
    return images.float().mul_(2 / 255).sub_(1)


def to_uint8(images: Tensor) -> Tensor:
    """The inverse of ``normalise``: floats in -1..1 to the nearest grey level; values a little outside are clipped.

    Raises ``ValueError`` for NaN, for what is grey levels 0..255 or 0..1 already, and for standardised images.
    """
    require_about_image_range("images", require_tensor("images", images, what="float images"))
    return ((images.detach().float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


@dataclass(frozen=True, eq=False, repr=False)
class ImageData:
    """A data set of images with labels and a fixed split, all on one device."""

    name: str
    images: Tensor  # the training split, uint8 [N, channels, size, size]
    labels: Tensor  # int64 [N]
    test_images: Tensor
    test_labels: Tensor
    classes: tuple[str, ...]  # of images without labels one, and all labels are 0
    test_source: str = ""  # where the test images come from other people or places than the training images: which

    def __post_init__(self):
        require_text("name", self.name)
        require_kind("test_source", self.test_source, str)
        if not isinstance(self.classes, tuple | list) or not self.classes:
            raise ValueError(f"classes must be a tuple of names, at least one, not {shown(self.classes)}")
        for split in ("", "test_"):
            images, labels = f"{split}images", f"{split}labels"
            _require_split(images, getattr(self, images), labels, getattr(self, labels), len(self.classes))
        if self.test_images.shape[1:] != self.images.shape[1:]:
            one, other = list(self.images.shape[1:]), list(self.test_images.shape[1:])
            raise ValueError(f"images and test_images must be of one size, and they are {one} and {other}")
        require_same_device(images=self.images, test_images=self.test_images)
        if not self.images.is_meta:
            _require_bright(max(int(self.images.max()), int(self.test_images.max())))

    @property
    def device(self) -> torch.device:
        return self.images.device

    @property
    def channels(self) -> int:
        return self.images.shape[1]

    @property
    def image_size(self) -> int:
        return self.images.shape[-1]

    def batch(self, n: int) -> Tensor:
        """``n`` training images drawn with replacement, float32 [n, channels, size, size] in -1..1."""
        return normalise(self.images.index_select(0, self._draw(n)))

    def batch_with_labels(self, n: int) -> tuple[Tensor, Tensor]:
        """As ``batch``, with the labels, int64 [n]. From the same seed, the images are the same."""
        drawn = self._draw(n)
        return normalise(self.images.index_select(0, drawn)), self.labels.index_select(0, drawn)

    def _draw(self, n: int) -> Tensor:
        return torch.randint(len(self.images), (require_count("n", n),), device=self.device)

    def fixed(self, n: int, split: str = "train") -> Tensor:
        """``n`` images of the split ("train" or "test") chosen at random, once for all: normalised, and the same ones
        each time and on each machine. Those of a smaller ``n`` come first. The reference of every measure.
        """
        return self.fixed_with_labels(n, split)[0]

    def fixed_with_labels(self, n: int, split: str = "train") -> tuple[Tensor, Tensor]:
        """As ``fixed``, with the labels, int64 [n]."""
        images, labels = (self.images, self.labels) if split == "train" else (self.test_images, self.test_labels)
        return self._at(images, labels, first_numbers(self, n, split))

    def fresh(self, n: int) -> Tensor:
        """``n`` training images that no ``fixed(m)`` with m <= N/2 contains, also the same each time.

        They come from the same people as the reference ``fixed(m)``: what a perfect model would draw. Raises
        ``ValueError`` for more than half of the N training images.
        """
        return self.fresh_with_labels(n)[0]

    def fresh_with_labels(self, n: int) -> tuple[Tensor, Tensor]:
        """As ``fresh``, with the labels, int64 [n]."""
        return self._at(self.images, self.labels, last_numbers(self, n))

    def _at(self, images: Tensor, labels: Tensor, numbers: Tensor) -> tuple[Tensor, Tensor]:
        return normalise(images.index_select(0, numbers)), labels.index_select(0, numbers)

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of every pixel and label, to name what was computed from these data."""
        digest = hashlib.sha256(f"{self.name} {list(self.images.shape)}".encode())
        for tensor in (self.images, self.labels, self.test_images, self.test_labels):
            digest.update(tensor.cpu().contiguous().numpy())
        return digest.hexdigest()[:12]

    def to(self, device: str | torch.device) -> "ImageData":
        """The same data on another device."""
        require_device(device)
        tensors = ("images", "labels", "test_images", "test_labels")
        return replace(self, **{name: getattr(self, name).to(device) for name in tensors})

    def __repr__(self) -> str:
        shape = f"{self.channels}x{self.image_size}x{self.image_size}"
        counts = f"{len(self.images):,} training and {len(self.test_images):,} test images {shape}"
        classes = f"{len(self.classes)} classes" if len(self.classes) > 1 else "unlabelled"
        return f"ImageData({self.name}: {counts}, {classes}, on {self.device})"


def _require_split(name: str, images: Tensor, labels_name: str, labels: Tensor, classes: int) -> None:
    """uint8 [N, channels, size, size] with N labels, int64 in 0 .. classes - 1."""
    is_bytes = isinstance(images, Tensor) and images.dtype == torch.uint8
    if not is_bytes or images.ndim != 4 or images.numel() == 0 or images.shape[2] != images.shape[3]:
        raise ValueError(f"{name} must be uint8 [N, channels, size, size], square, N >= 1, not {shown(images)}")
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.shape != (len(images),):
        n = len(images)
        raise ValueError(f"{labels_name} must be int64 [{n}], one for each of the {n:,} {name}, not {shown(labels)}")
    if not images.is_meta:  # a tensor without values
        _require_values(name, images, labels, classes)
    require_same_device(**{name: images, labels_name: labels})


def _require_bright(brightest: int) -> None:
    if 0 < brightest <= FEW_LEVELS:
        raise ValueError(
            f"images must hold grey levels 0..255, and the brightest pixel of both splits is {brightest}, as good as "
            f"black: pass (images * (255 / {brightest})).round().byte()"
        )


def _require_values(name: str, images: Tensor, labels: Tensor, classes: int) -> None:
    if images.max() == 1:
        raise ValueError(f"{name} must hold grey levels 0..255, and the brightest pixel is 1: multiply by 255")
    require_label_range(labels, classes)


def load_images(name: str | None = None, device: str | torch.device = "cpu") -> ImageData:
    """Load "mnist", "fashion-mnist" or "digits": scikit-learn's 1,797 real digits, 8x8 enlarged to 28x28.

    Without a name, ``COURSE_DATASET`` names it. Where that is not set either, it is MNIST: ``COURSE_DATA``,
    else the cache folder, else a download. Where none of these serves, it is the digits, said in one line; but an error
    if ``COURSE_DATA`` is set.

    Raises ``DataError`` when a copy is damaged, or when a data set that was named cannot be had.
    """
    require_device(device)
    name = name or os.environ.get("COURSE_DATASET") or None
    if name not in (None, "digits", *_SOURCES):
        raise ValueError(f"name or COURSE_DATASET: expected 'mnist', 'fashion-mnist' or 'digits', got {name!r}.")
    if name == "digits":
        return _digits().to(device)
    source = _SOURCES[name or "mnist"]
    try:
        images, labels, test_images, test_labels = mnist.read(source)
    except mnist.Unavailable as why:
        if name is None:
            print(f"Data: scikit-learn's 1,797 digits, because there is no local copy of MNIST ({why}).")
            return _digits().to(device)
        raise mnist.DataError(
            f"{source.title} was asked for, but there is no local copy and none can be fetched ({why}). "
            f"Set COURSE_DATA to a folder that contains {source.folder}/raw, connect to the network, "
            f"or take the built-in 'digits'."
        ) from why
    return ImageData(
        name or "mnist",
        images[:, None],
        labels.long(),
        test_images[:, None],
        test_labels.long(),
        source.classes,
        source.test_source,
    ).to(device)


def _digits() -> ImageData:
    """scikit-learn's digits, shuffled once for all: 1,437 to train on and 360 to test with."""
    from sklearn.datasets import load_digits  # here, because it takes most of a second to import

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.RandomState(0).permutation(len(labels))  # its stream is the same everywhere
    small = torch.from_numpy(pixels[order]).view(-1, 1, 8, 8) * (255 / 16)
    images = interpolate(small, size=28, mode="bilinear").round().to(torch.uint8)
    labels = torch.from_numpy(labels[order]).long()
    n = 1437
    return ImageData("digits", images[:n], labels[:n], images[n:], labels[n:], tuple("0123456789"))
