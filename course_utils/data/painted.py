"""Grey images, and others in white on a coloured ground: two domains that look different, with a truth on the way back.

Each ground has two shades of one of three colours, and each colour lacks one primary: in the ground that channel is
black, so the darkest channel of a pixel is exactly the grey image that was painted (``unpainted``). There is no such
truth for the way there: every ground is right.
"""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from course_utils.inputs import require_count, require_kind
from course_utils.tensor_inputs import require_tensor

from .images import ImageData, normalise
from .pairs import random_halves

# Two shades, dark and light, of orange (without blue), sea (without red), purple (without green): red, green, blue.
SHADES = torch.tensor([
    [[0.50, 0.10, 0.00], [0.85, 0.50, 0.00]],
    [[0.00, 0.25, 0.50], [0.00, 0.60, 0.75]],
    [[0.30, 0.00, 0.45], [0.80, 0.00, 0.60]],
])  # fmt: skip
COLOURS = ("orange", "sea", "purple")
_LACKS = (2, 0, 1)  # the primary that each lacks, as a channel


def _waves(n: int, size: int, **options: object) -> Tensor:
    """How light each pixel of a ground is, [n, 1, size, size] in 0..1: waves in a random direction, a little uneven."""
    direction, frequency, phase = torch.rand(3, n, 1, 1, **options)
    along, angle = torch.arange(size, device=direction.device), torch.pi * direction
    distance = along[None, :] * angle.cos() + along[:, None] * angle.sin()
    wave = torch.sin((0.9 + 0.5 * frequency) * distance + 2 * torch.pi * phase)
    uneven = interpolate(torch.randn(n, 1, 7, 7, **options), size=size, mode="bilinear", align_corners=False)
    return torch.sigmoid(1.5 * wave[:, None] + 1.5 * uneven)


def painted(x: Tensor, seed: int | None = None) -> tuple[Tensor, Tensor]:
    """Grey images [n, 1, size, size] in −1..1, white on coloured grounds: [n, 3, size, size] in −1..1, and the colour
    of each ground, int64 [n], a number of ``COLOURS``.

    The grounds come from the device's global generator; or from ``seed``, and are then the same each time.
    """
    require_tensor("x", x, ("n", 1, "size", "size"), "grey images in -1..1,")
    options: dict = {"device": x.device}
    if seed is not None:
        options = {"generator": torch.Generator().manual_seed(require_count("seed", seed, least=0))}
    colours = torch.randint(len(SHADES), (len(x),), **options).to(x.device)
    light = _waves(len(x), x.shape[-1], **options).to(x)
    dark_shade, light_shade = SHADES.to(x)[colours][..., None, None].unbind(1)
    ground = dark_shade + (light_shade - dark_shade) * light
    white = (x + 1) / 2
    return 2 * (white + (1 - white) * ground) - 1, colours


def unpainted(x: Tensor) -> Tensor:
    """The darkest channel of each pixel, [n, 1, h, w]: of what ``painted`` makes, exactly the grey image."""
    return require_tensor("x", x, ("n", 3, "height", "width"), "colour images in -1..1,").amin(1, keepdim=True)


def ground_colour(x: Tensor) -> Tensor:
    """Of which colour the ground is, int64 [n], a number of ``COLOURS``: by the primary of which there is the least."""
    lacking = require_tensor("x", x, ("n", 3, "height", "width"), "colour images in -1..1,").mean((2, 3)).argmin(1)
    return torch.tensor(_LACKS, device=x.device).argsort()[lacking]


class PaintedDomains:
    """Domain A: grey images. Domain B: *other* images, in white on coloured grounds that are drawn anew for each batch.

    A is a random half of the training split, B is made from the other half. Raises ``ValueError`` for images that are
    not grey, or are fewer than two.
    """

    def __init__(self, images: ImageData):
        if require_kind("images", images, ImageData).channels != 1:
            raise ValueError(f"images: expected grey ones, to paint them, got {images.channels} channels.")
        self.images = images
        self._a, self._b = random_halves(images)

    @property
    def device(self) -> torch.device:
        return self.images.device

    def batch_a(self, n: int) -> Tensor:
        """``n`` grey training images drawn with replacement, float32 [n, 1, size, size] in −1..1."""
        return self._draw(self._a, n)

    def batch_b(self, n: int) -> Tensor:
        """``n`` painted training images, of those that are not in A, likewise: float32 [n, 3, size, size] in −1..1."""
        return painted(self._draw(self._b, n))[0]

    def test(self, n: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The test images ``images.fixed(n, "test")``; each of them painted, in the same way each time; the colour of
        each ground; and the labels, int64 [n] both.
        """
        a, labels = self.images.fixed_with_labels(n, "test")
        return a, *painted(a, seed=0), labels

    def _draw(self, numbers: Tensor, n: int) -> Tensor:
        drawn = torch.randint(len(numbers), (require_count("n", n),), device=self.device)
        return normalise(self.images.images.index_select(0, numbers[drawn]))

    def __repr__(self) -> str:
        size = self.images.image_size
        sizes = f"{len(self._a):,} grey and {len(self._b):,} painted images {size}x{size}"
        return f"PaintedDomains({self.images.name}: {sizes}, on {self.device})"
