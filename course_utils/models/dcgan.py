"""The convolutional pair of Radford, Metz & Chintala (2016), for small images.

Stride-2 layers lie between the image and a map of 7×7 or 8×8: 28 → 14 → 7, 32 → 16 → 8, 64 → 32 → 16 → 8. A 4×4 kernel
with stride 2 and padding 1 halves a side exactly (and its transpose doubles it), and since 4 is a multiple of 2 every
output pixel of the transpose is reached by the same number of kernel taps: no checkerboard is built in.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts, require_number
from course_utils.models.evaluating import evaluating
from course_utils.tensor_inputs import require_input

_WIDTHS = {28: (1, 4), 32: (1, 4), 64: (1, 2, 4)}  # of D's layers between image and map, in units of `width`


def _widths(image_size: int) -> tuple[int, ...]:
    if require_count("image_size", image_size) not in _WIDTHS:
        sizes = ", ".join(f"{size}×{size}" for size in _WIDTHS)
        raise ValueError(
            f"image_size: the DCGAN pair is built for images of {sizes} pixels, not {image_size}×{image_size}"
        )
    return _WIDTHS[image_size]


def _doubled(n_in: int, n_out: int) -> list[nn.Module]:
    convolution = nn.ConvTranspose2d(n_in, n_out, kernel_size=4, stride=2, padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(n_out), nn.ReLU()]


def _halved(n_in: int, n_out: int, kernel_size: int, dropout: float) -> list[nn.Module]:
    convolution = nn.Conv2d(n_in, n_out, kernel_size, stride=2, padding=1)
    return [convolution, nn.LeakyReLU(0.2), nn.Dropout(dropout)]


def _require_output(module: nn.Module, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> None:
    """Fail while the network is built, not after an epoch: the 56×56 mistake is one wrong stride away."""
    with torch.no_grad(), evaluating(module):
        found = tuple(module(torch.zeros(2, *input_shape)).shape)
    if found != (2, *output_shape):
        raise ValueError(f"{type(module).__name__} maps {(2, *input_shape)} to {found} instead of {(2, *output_shape)}")


class DCGANGenerator(nn.Module):
    """z [n, latent_dim] → images [n, channels, image_size, image_size] in (−1, 1).

    A dense layer makes a 7×7 map of 2·`width` channels (32-pixel images: 8×8; 64-pixel images: 8×8 of 4·`width`), whose
    side transposed convolutions double two or three times, with half the channels each time. BatchNorm and ReLU after
    each layer but the last, which ends in tanh. Weights start from torch's own initialisation, which scales with each
    layer's fan-in.
    """

    def __init__(self, latent_dim: int = 32, width: int = 32, image_size: int = 28, channels: int = 1):
        super().__init__()
        self.latent_dim, width, channels = require_counts(latent_dim=latent_dim, width=width, channels=channels)
        widths = [width * 2**k for k in reversed(range(len(_widths(image_size))))]
        side = image_size // 2 ** len(widths)
        self.net = nn.Sequential(
            nn.Linear(latent_dim, widths[0] * side**2, bias=False),
            nn.Unflatten(1, (widths[0], side, side)),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
            *(layer for n_in, n_out in pairwise(widths) for layer in _doubled(n_in, n_out)),
            nn.ConvTranspose2d(width, channels, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )
        _require_output(self, (self.latent_dim,), (channels, image_size, image_size))

    def forward(self, z: Tensor) -> Tensor:
        require_input(self, "z", z, self.latent_dim)
        return self.net(z)


class DCGANDiscriminator(nn.Module):
    """Images [n, channels, image_size, image_size] → logits [n].

    Stride-2 convolutions of `width`, 4·`width` and 8·`width` channels (64-pixel images have one of 2·`width`, too) with
    leaky ReLU (slope 0.2) and, if asked for, dropout; then one dense layer on the 4×4 map. No BatchNorm, which would
    let the images of a batch see each other and forbids gradient penalties; no sigmoid, either: the losses take logits.

    Raises ValueError for images of another shape.
    """

    def __init__(self, width: int = 16, image_size: int = 28, channels: int = 1, dropout: float = 0.0):
        super().__init__()
        width, channels = require_counts(width=width, channels=channels)
        require_number("dropout", dropout, least=0, below=1)
        self.image_shape = (channels, image_size, image_size)
        widths = [channels, *(times * width for times in _widths(image_size))]
        self.net = nn.Sequential(
            *(layer for n_in, n_out in pairwise(widths) for layer in _halved(n_in, n_out, 4, dropout)),
            *_halved(4 * width, 8 * width, 3, dropout),
            nn.Flatten(),
            nn.Linear(8 * width * 4 * 4, 1),
        )
        _require_output(self, self.image_shape, ())

    def features(self, x: Tensor) -> Tensor:
        """What the last layer sees: the flattened 4×4 map, [n, 128·`width`]."""
        require_input(self, "x", x, *self.image_shape)
        return self.net[:-1](x)

    def forward(self, x: Tensor) -> Tensor:
        require_input(self, "x", x, *self.image_shape)
        return self.net(x).squeeze(-1)
