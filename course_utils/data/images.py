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

from . import mnist

_SOURCES = {"mnist": mnist.MNIST, "fashion-mnist": mnist.FASHION_MNIST}


def normalise(images: Tensor) -> Tensor:
    """Grey levels uint8 0..255 to float32 -1..1, the range of a tanh generator: x / 127.5 - 1."""
    if images.dtype != torch.uint8:
        raise ValueError(f"normalise: expected uint8 grey levels, got {images.dtype}. Are they normalised already?")
    return images.float().mul_(2 / 255).sub_(1)


def to_uint8(images: Tensor) -> Tensor:
    """The inverse of ``normalise``: floats in -1..1 to the nearest grey level; values outside are clipped."""
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
        return torch.randint(len(self.images), (n,), device=self.device)

    def fixed(self, n: int, split: str = "train") -> Tensor:
        """The first ``n`` images of the split ("train" or "test"), normalised: the same ones each time."""
        if split not in ("train", "test"):
            raise ValueError(f"split: expected 'train' or 'test', got {split!r}.")
        images = self.images if split == "train" else self.test_images
        if not 1 <= n <= len(images):
            raise ValueError(f"n: expected 1 to {len(images):,}, the size of the {split} split, got {n}.")
        return normalise(images[:n])

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of every pixel and label, to name what was computed from these data."""
        digest = hashlib.sha256(f"{self.name} {list(self.images.shape)}".encode())
        for tensor in (self.images, self.labels, self.test_images, self.test_labels):
            digest.update(tensor.cpu().contiguous().numpy())
        return digest.hexdigest()[:12]

    def to(self, device: str | torch.device) -> "ImageData":
        """The same data on another device."""
        tensors = ("images", "labels", "test_images", "test_labels")
        return replace(self, **{name: getattr(self, name).to(device) for name in tensors})

    def __repr__(self) -> str:
        shape = f"{self.channels}x{self.image_size}x{self.image_size}"
        counts = f"{len(self.images):,} training and {len(self.test_images):,} test images {shape}"
        classes = f"{len(self.classes)} classes" if len(self.classes) > 1 else "unlabelled"
        return f"ImageData({self.name}: {counts}, {classes}, on {self.device})"


def load_images(name: str | None = None, device: str | torch.device = "cpu") -> ImageData:
    """Load "mnist", "fashion-mnist" or "digits": scikit-learn's 1,797 real digits, 8x8 enlarged to 28x28.

    Without a name, ``COURSE_DATASET`` names it. Where that is not set either, it is MNIST: ``COURSE_DATA``,
    else the cache folder, else a download. Where none of these serves, it is the digits, said in one line.

    Raises ``DataError`` when a copy is damaged, or when a data set that was named cannot be had.
    """
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
