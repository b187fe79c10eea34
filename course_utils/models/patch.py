"""PatchGAN: a discriminator that judges patches of an image, each by itself."""

from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts
from course_utils.tensor_inputs import require_input, require_tensor

KERNEL = 4
STRIDE_ONE = 2  # layers of stride 1 at the end


class PatchDiscriminator(nn.Module):
    """Images [n, channels, h, w] → a map of logits [n, h′, w′], one for each of many patches that overlap.

    `halvings` 4×4 convolutions of stride 2, the first of `width` channels, each later one of twice as many (at most
    8·`width`); then two of stride 1, of which the last returns the logits. Padding 1, leaky ReLU (slope 0.2), and
    InstanceNorm in all layers but the first and the last. By kernels and strides alone, a logit depends on patches of
    `receptive_field`² pixels: 16 with 1 halving, 34 with 2, 70 with 3. (InstanceNorm also lets each of them see mean
    and spread of whole maps.) A loss of logits is then a mean over images and patches.

    Raises ValueError for images that are smaller than the layers need. Source: Isola et al. 2017, sec. 3.2.2, who call
    the one with 3 halvings and `width` 64 the 70×70 PatchGAN; Zhu et al. 2017 use it with InstanceNorm, as here.
    """

    def __init__(self, width: int = 16, halvings: int = 1, channels: int = 1):
        super().__init__()
        width, channels = require_counts(width=width, channels=channels)
        self.channels, self.halvings = channels, require_count("halvings", halvings)
        widths = [width * min(2**k, 8) for k in range(self.halvings + 1)]
        layers: list[nn.Module] = [nn.Conv2d(channels, width, KERNEL, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for k in range(1, self.halvings + 1):
            stride = 2 if k < self.halvings else 1
            convolution = nn.Conv2d(widths[k - 1], widths[k], KERNEL, stride=stride, padding=1)
            layers += [convolution, nn.InstanceNorm2d(widths[k], affine=True), nn.LeakyReLU(0.2)]
        self.net = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, KERNEL, stride=1, padding=1))
        self.receptive_field = 1
        for stride in [1] * STRIDE_ONE + [2] * self.halvings:  # from the logit back to the image
            self.receptive_field = stride * (self.receptive_field - 1) + KERNEL

    def forward(self, x: Tensor) -> Tensor:
        require_tensor("x", x, ("n", self.channels, "height", "width"), "float images")
        require_input(self, "x", x, *x.shape[1:])
        least = 4 * 2**self.halvings
        if min(x.shape[2:]) < least:
            size = f"{x.shape[2]}×{x.shape[3]}"
            raise ValueError(f"{self.halvings} halvings need images of at least {least}×{least} pixels, not {size}")
        return self.net(x).squeeze(1)
