"""The pair of Radford, Metz & Chintala (2016) for colour images of 64×64 pixels, as most implementations have it.

Four stride-2 layers to either side, 512 to 64 channels, BatchNorm in both networks (not in G's last and D's first
layer). The course's lessons draw 28×28 digits; this one is here for its size.
"""

import torch
from torch import Tensor, nn

from course_utils.data import ImageData

WIDTHS = (512, 256, 128, 64)


class Generator(nn.Module):
    """z [n, 100] → images [n, 3, 64, 64] in (−1, 1)."""

    def __init__(self):
        super().__init__()
        self.latent_dim = 100
        layers: list[nn.Module] = [nn.Unflatten(1, (self.latent_dim, 1, 1))]
        layers += [nn.ConvTranspose2d(self.latent_dim, WIDTHS[0], 4, 1, 0, bias=False)]
        for wide, narrow in zip(WIDTHS[:-1], WIDTHS[1:], strict=True):
            layers += [nn.BatchNorm2d(wide), nn.ReLU(), nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(WIDTHS[-1]), nn.ReLU(), nn.ConvTranspose2d(WIDTHS[-1], 3, 4, 2, 1), nn.Tanh()]
        self.net = nn.Sequential(*layers)

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)


class Discriminator(nn.Module):
    """Images [n, 3, 64, 64] → logits [n]."""

    def __init__(self):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, WIDTHS[-1], 4, 2, 1), nn.LeakyReLU(0.2)]
        for narrow, wide in zip(WIDTHS[:0:-1], WIDTHS[-2::-1], strict=True):
            layers += [nn.Conv2d(narrow, wide, 4, 2, 1, bias=False), nn.BatchNorm2d(wide), nn.LeakyReLU(0.2)]
        self.net = nn.Sequential(*layers, nn.Conv2d(WIDTHS[0], 1, 4, 1, 0), nn.Flatten(0))

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def random_images(device: str, count: int = 5000) -> ImageData:
    """Noise in the place of photographs: how long a step takes does not depend on what is in them."""
    drawn = torch.randint(256, (count, 3, 64, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    labels = torch.zeros(count, dtype=torch.int64)
    return ImageData("random 64×64", drawn, labels, drawn[:1], labels[:1], ("noise",)).to(device)
