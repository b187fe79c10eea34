"""A translator for images that look like something: a small network in the manner of the CycleGAN's."""

import torch
from torch import Tensor, nn

from course_utils.inputs import require_counts, require_flag
from course_utils.tensor_inputs import require_input, require_tensor


class ResidualBlock(nn.Module):
    """x + net(x): ReLU and a 3×3 convolution, twice. Source: He et al. 2016."""

    def __init__(self, width: int):
        super().__init__()
        layers = [layer for _ in range(2) for layer in (nn.ReLU(), nn.Conv2d(width, width, kernel_size=3, padding=1))]
        self.net = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.net(x)


class ResidualTranslator(nn.Module):
    """Images [n, channels, h, w] → images [n, channels_made, h, w] in (−1, 1); h and w are multiples of 4.

    Blocks of 2×2 pixels become channels, a 3×3 convolution makes `width` of them, a 4×4 one of stride 2 twice as many
    at a quarter of the size, with InstanceNorm, for `blocks` residual blocks; a transposed convolution doubles the size
    again, the first layer's maps are put beside, and a 3×3 convolution returns blocks of pixels, before tanh. With
    `skip`, the mean of the input's channels is added before the tanh, so that training starts near a grey copy.
    Nothing is computed at full size, which makes it quick on a CPU. Zhu et al. 2017 (appendix 7.2) have 6 or 9 blocks,
    `width` 64, and no skip.
    """

    def __init__(self, width: int = 16, blocks: int = 2, channels: int = 1, channels_made: int = 1, skip: bool = True):
        super().__init__()
        width, blocks, self.channels, made = require_counts(
            width=width, blocks=blocks, channels=channels, channels_made=channels_made
        )
        self.skip = require_flag("skip", skip)
        self.first = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, width, 3, padding=1), nn.ReLU())
        self.middle = nn.Sequential(
            nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1),
            nn.InstanceNorm2d(2 * width, affine=True),
            *(ResidualBlock(2 * width) for _ in range(blocks)),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
        )
        self.last = nn.Sequential(nn.Conv2d(2 * width, 4 * made, 3, padding=1), nn.PixelShuffle(2))

    def forward(self, x: Tensor) -> Tensor:
        require_tensor("x", x, ("n", self.channels, "height", "width"), "float images")
        require_input(self, "x", x, *x.shape[1:])
        height, width = x.shape[2:]
        if height % 4 or width % 4 or min(height, width) < 8:
            raise ValueError(f"height and width must be multiples of 4, at least 8, not {height} and {width}")
        details = self.first(x)
        made = self.last(torch.cat([details, self.middle(details)], dim=1))
        return (made + x.mean(1, keepdim=True) if self.skip else made).tanh()
