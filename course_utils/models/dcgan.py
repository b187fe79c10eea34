"""The convolutional pair of Radford, Metz & Chintala (2016), for small images.

Two stride-2 layers lie between the image and a map of a quarter of its side: 28 → 14 → 7, or 32 → 16 → 8. A 4×4 kernel
with stride 2 and padding 1 halves a side exactly (and its transpose doubles it), and since 4 is a multiple of 2 every
output pixel of the transpose is reached by the same number of kernel taps: no checkerboard is built in.
"""

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts, require_number
from course_utils.models.evaluating import evaluating
from course_utils.tensor_inputs import require_input


def _quarter(image_size: int) -> int:
    if require_count("image_size", image_size) not in (28, 32):
        raise ValueError(
            f"image_size: the DCGAN pair is built for images of 28×28 or 32×32 pixels, not {image_size}×{image_size}"
        )
    return image_size // 4


def _require_output(module: nn.Module, input_shape: tuple[int, ...], output_shape: tuple[int, ...]) -> None:
    """Fail while the network is built, not after an epoch: the 56×56 mistake is one wrong stride away."""
    with torch.no_grad(), evaluating(module):
        found = tuple(module(torch.zeros(2, *input_shape)).shape)
    if found != (2, *output_shape):
        raise ValueError(f"{type(module).__name__} maps {(2, *input_shape)} to {found} instead of {(2, *output_shape)}")


class DCGANGenerator(nn.Module):
    """z [n, latent_dim] → images [n, channels, image_size, image_size] in (−1, 1).

    A dense layer makes a 7×7 map of 2·`width` channels (8×8 for 32-pixel images); two transposed convolutions double
    its side twice. BatchNorm and ReLU after each layer but the last, which ends in tanh. Weights start from torch's own
    initialisation, which scales with each layer's fan-in.
    """

    def __init__(self, latent_dim: int = 32, width: int = 32, image_size: int = 28, channels: int = 1):
        super().__init__()
        self.latent_dim, width, channels = require_counts(latent_dim=latent_dim, width=width, channels=channels)
        side = _quarter(image_size)
        self.net = nn.Sequential(
            nn.Linear(latent_dim, 2 * width * side**2, bias=False),
            nn.Unflatten(1, (2 * width, side, side)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, kernel_size=4, stride=2, padding=1),
            nn.Tanh(),
        )
        _require_output(self, (self.latent_dim,), (channels, image_size, image_size))

    def forward(self, z: Tensor) -> Tensor:
        require_input(self, "z", z, self.latent_dim)
        return self.net(z)


class DCGANDiscriminator(nn.Module):
    """Images [n, channels, image_size, image_size] → logits [n].

    Three stride-2 convolutions of `width`, 4·`width` and 8·`width` channels with leaky ReLU (slope 0.2) and, if asked
    for, dropout; then one dense layer on the 4×4 map. No BatchNorm, which would let the images of a batch see each
    other and forbids gradient penalties; and no sigmoid: the losses take logits.
    """

    def __init__(self, width: int = 16, image_size: int = 28, channels: int = 1, dropout: float = 0.0):
        super().__init__()
        _quarter(image_size)
        width, channels = require_counts(width=width, channels=channels)
        require_number("dropout", dropout, least=0, below=1)
        self.image_shape = (channels, image_size, image_size)
        self.net = nn.Sequential(
            nn.Conv2d(channels, width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Conv2d(width, 4 * width, kernel_size=4, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Conv2d(4 * width, 8 * width, kernel_size=3, stride=2, padding=1),
            nn.LeakyReLU(0.2),
            nn.Dropout(dropout),
            nn.Flatten(),
            nn.Linear(8 * width * 4 * 4, 1),
        )
        _require_output(self, (channels, image_size, image_size), ())

    def features(self, x: Tensor) -> Tensor:
        """What the last layer sees: the flattened 4×4 map, [n, 128·`width`]."""
        require_input(self, "x", x, *self.image_shape)
        return self.net[:-1](x)

    def forward(self, x: Tensor) -> Tensor:
        require_input(self, "x", x, *self.image_shape)
        return self.net(x).squeeze(-1)
