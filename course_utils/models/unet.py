"""A small U-Net: images and times in, something of the images' shape out."""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention, silu

from course_utils.inputs import require_counts, require_flag
from course_utils.tensor_inputs import require_input, require_labels, require_tensor

GROUPS = 8


class UNet(nn.Module):
    """f(x, t) or f(x, t, labels): images [n, channels, s, s], times [n] in [0, 1], labels int64 [n] → like the images.

    Blocks of 2×2 pixels become channels, so that nothing is computed at full size. Residual blocks of `width` maps at
    s/2 and of 2 `width` at s/4, where `attention` lets each place look at all others, lead down; on the way back s/2
    gets the maps of the way down beside its own, so that what is fine need not pass the middle. The time, and one of
    `classes` labels if there are any, reach every block as a scale and a shift of its maps (FiLM). The last layer
    starts at 0. `width` is a multiple of 8, s of 4. Sources: Ronneberger et al. 2015 (U-Net), Ho et al. 2020 (a time),
    Nichol & Dhariwal 2021 (scale and shift).
    """

    def __init__(
        self, width: int = 32, channels: int = 1, image_size: int = 28, classes: int = 0, attention: bool = False
    ):
        super().__init__()
        width, channels, image_size = require_counts(width=width, channels=channels, image_size=image_size)
        (self.classes,) = require_counts(least=0, classes=classes)
        if width % GROUPS or image_size % 4:
            raise ValueError(f"width must be a multiple of {GROUPS}, and image_size of 4, not {width} and {image_size}")
        self.shape, told = (channels, image_size, image_size), 4 * width
        self.time = nn.Sequential(Frequencies(width), nn.Linear(width, told), nn.SiLU(), nn.Linear(told, told))
        self.label = nn.Embedding(classes, told) if classes else None
        self.first = nn.Sequential(nn.PixelUnshuffle(2), nn.Conv2d(4 * channels, width, 3, padding=1))
        self.down = ToldBlock(width, width, told)
        self.smaller = nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1)
        self.middle = nn.ModuleList([ToldBlock(2 * width, 2 * width, told) for _ in range(2)])
        self.attention = Attention(2 * width) if require_flag("attention", attention) else nn.Identity()
        self.larger = nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1)
        self.up = ToldBlock(2 * width, width, told)
        self.last = nn.Sequential(
            nn.GroupNorm(GROUPS, width), nn.SiLU(), _starting_at_0(nn.Conv2d(width, 4 * channels, 3, padding=1)),
            nn.PixelShuffle(2),
        )  # fmt: skip

    def forward(self, x: Tensor, t: Tensor, labels: Tensor | None = None) -> Tensor:
        require_input(self, "x", x, *self.shape)
        require_tensor("t", t, (len(x),), "one time an image")
        if (labels is None) != (self.label is None):
            raise ValueError("labels go with classes: UNet(classes=11) takes ten and “not told”, UNet() takes none")
        told = self.time(t.to(x.dtype))
        if self.label is not None:
            told = told + self.label(require_labels(labels, len(x), self.classes))
        told = silu(told)
        fine = self.down(self.first(x), told)
        h = self.middle[0](self.smaller(fine), told)
        h = self.middle[1](self.attention(h), told)
        return self.last(self.up(torch.cat([fine, self.larger(h)], dim=1), told))


class Frequencies(nn.Module):
    """Times [n] in [0, 1] → [n, size]: sines and cosines of frequencies from 1 to 1,000, as near times must differ."""

    def __init__(self, size: int):
        super().__init__()
        self.register_buffer("rates", torch.logspace(0, 3, size // 2), persistent=False)

    def forward(self, t: Tensor) -> Tensor:
        angles = t[:, None] * self.rates.to(t.dtype)
        return torch.cat([angles.sin(), angles.cos()], dim=1)


class ToldBlock(nn.Module):
    """h + net(h), whose normalised maps are scaled and shifted by what is `told` [n, size]; at first net(h) = 0."""

    def __init__(self, width: int, width_made: int, told: int):
        super().__init__()
        self.before = nn.Sequential(
            nn.GroupNorm(GROUPS, width), nn.SiLU(), nn.Conv2d(width, width_made, 3, padding=1),
            nn.GroupNorm(GROUPS, width_made, affine=False),
        )  # fmt: skip
        self.film = nn.Linear(told, 2 * width_made)
        self.after = nn.Sequential(nn.SiLU(), _starting_at_0(nn.Conv2d(width_made, width_made, 3, padding=1)))
        self.past = nn.Conv2d(width, width_made, 1) if width != width_made else nn.Identity()

    def forward(self, h: Tensor, told: Tensor) -> Tensor:
        scale, shift = self.film(told)[:, :, None, None].chunk(2, dim=1)
        return self.past(h) + self.after((1 + scale) * self.before(h) + shift)


class Attention(nn.Module):
    """h + a linear map of softmax(QKᵀ/√d) V: every place [n, d, height, width] looks at all places, with one head."""

    def __init__(self, width: int):
        super().__init__()
        self.norm = nn.GroupNorm(GROUPS, width)
        self.ask, self.give = nn.Conv2d(width, 3 * width, 1), _starting_at_0(nn.Conv2d(width, width, 1))

    def forward(self, h: Tensor) -> Tensor:
        queries, keys, values = self.ask(self.norm(h)).flatten(2).transpose(1, 2).chunk(3, dim=2)
        seen = scaled_dot_product_attention(queries, keys, values)
        return h + self.give(seen.transpose(1, 2).reshape(h.shape))


def _starting_at_0(layer: nn.Conv2d) -> nn.Conv2d:
    nn.init.zeros_(layer.weight), nn.init.zeros_(layer.bias)
    return layer
