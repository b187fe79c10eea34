"""Answers to the turns of lesson 03: right ones in other styles, known mistakes in other words, and near neighbours."""

import torch
from torch import nn
from torch.nn import functional as F

# --- 03.1 stamps -------------------------------------------------------------------------------------------


def stamped_by_torch(x, pattern, stride):
    return F.conv_transpose2d(x[None, None], pattern[None, None], stride=stride)[0, 0]


def stamped_pixel_by_pixel(x, pattern, stride):
    (h, w), k = x.shape, pattern.shape[0]
    rows = []
    for y in range((h - 1) * stride + k):
        row = []
        for z in range((w - 1) * stride + k):
            total = x.new_zeros(())
            for i in range(h):
                for j in range(w):
                    a, b = y - i * stride, z - j * stride
                    if 0 <= a < k and 0 <= b < k:
                        total = total + x[i, j] * pattern[a, b]
            row.append(total)
        rows.append(torch.stack(row))
    return torch.stack(rows)


def stamped_by_weights(x, pattern, stride):
    """The loop runs over the pattern instead: each of its weights prints the whole input."""
    (h, w), k = x.shape, len(pattern)
    out = x.new_zeros((h - 1) * stride + k, (w - 1) * stride + k)
    for a in range(k):
        for b in range(k):
            out[a : a + (h - 1) * stride + 1 : stride, b : b + (w - 1) * stride + 1 : stride] += pattern[a, b] * x
    return out


def stamped_over(x, pattern, stride):
    (h, w), k = x.shape, len(pattern)
    out = x.new_zeros((h - 1) * stride + k, (w - 1) * stride + k)
    for i in range(h):
        for j in range(w):
            out[i * stride : i * stride + k, j * stride : j * stride + k] = pattern * x[i, j]
    return out


def stamped_turned(x, pattern, stride):
    return stamped_by_torch(x, pattern.rot90(2), stride)


def stamped_with_a_border(x, pattern, stride):
    return F.pad(stamped_by_torch(x, pattern, stride), (0, stride, 0, stride))[
        : len(x) * stride + len(pattern), : x.shape[1] * stride + len(pattern)
    ]


def stamped_and_cropped(x, pattern, stride):
    """A near neighbour: padding 1."""
    return stamped_by_torch(x, pattern, stride)[1:-1, 1:-1]


def stamped_upside_down(x, pattern, stride):
    """A near neighbour of the pattern turned round."""
    return stamped_by_torch(x, pattern.flip(0), stride)


# --- 03.2 the generator ------------------------------------------------------------------------------------


class ByAttributes(nn.Module):
    """Layers under their own names, made from the last to the first; functional activations."""

    latent_dim = 32

    def __init__(self, width=32):
        super().__init__()
        self.width = width
        self.to_image = nn.ConvTranspose2d(width, 1, 4, 2, 1)
        self.norm2 = nn.BatchNorm2d(width)
        self.doubled = nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(2 * width)
        self.dense = nn.Linear(self.latent_dim, 98 * width, bias=False)

    def first(self, z):
        return F.relu(self.norm1(self.dense(z).view(-1, 2 * self.width, 7, 7)))

    def forward(self, z):
        return torch.tanh(self.to_image(F.relu(self.norm2(self.doubled(self.first(z))))))


class Named(nn.Sequential):
    def __init__(self, width):
        self_width = 2 * width
        super().__init__(
            nn.Linear(32, self_width * 49, bias=False), nn.Unflatten(-1, (self_width, 7, 7)),
            nn.BatchNorm2d(self_width), nn.ReLU(inplace=True),
            nn.ConvTranspose2d(self_width, width, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width), nn.ReLU(inplace=True),
            nn.ConvTranspose2d(width, 1, 4, stride=2, padding=1), nn.Tanh(),
        )  # fmt: skip
        self.latent_dim = 32


class Started(ByAttributes):
    """As DCGAN starts: the first weights are not what the turn asks about."""

    def __init__(self, width=32):
        super().__init__(width)
        for layer in (self.to_image, self.doubled, self.dense):
            nn.init.normal_(layer.weight, std=0.02)


class NoNorm(ByAttributes):
    def __init__(self, width=32):
        super().__init__(width)
        self.norm1 = self.norm2 = nn.Identity()


class Probability(ByAttributes):
    def forward(self, z):
        return torch.sigmoid(self.to_image(F.relu(self.norm2(self.doubled(self.first(z))))))


class NormLast(ByAttributes):
    def forward(self, z):
        return torch.tanh(self.to_image(self.norm2(F.relu(self.doubled(self.norm1(F.relu(
            self.dense(z).view(-1, 2 * self.width, 7, 7)
        )))))))  # fmt: skip


class Stretched(ByAttributes):
    """A near neighbour of the sigmoid: its pixels lie between −1 and 1, but twice the logit is missing."""

    def forward(self, z):
        return 2 * torch.sigmoid(self.to_image(F.relu(self.norm2(self.doubled(self.first(z)))))) - 1


class Wide(ByAttributes):
    """A near neighbour: one ReLU is missing."""

    def first(self, z):
        return self.norm1(self.dense(z).view(-1, 2 * self.width, 7, 7))


# --- 03.3 He's standard deviation --------------------------------------------------------------------------


def he_by_counting(layer):
    """From what a layer of ones, without padding, makes of an input of ones."""
    if isinstance(layer, nn.Linear):
        return (2 / layer.weight.shape[1]) ** 0.5
    ones = torch.ones(layer.in_channels, 1, *layer.kernel_size)
    counts = F.conv_transpose2d(torch.ones(1, layer.in_channels, 9, 9), ones, stride=layer.stride)[0, 0]
    middle = counts[len(counts) // 2 - 3 : len(counts) // 2 + 3, len(counts) // 2 - 3 : len(counts) // 2 + 3]
    return float((2 / middle.mean()).sqrt())


def he_by_shape(layer):
    m = layer.weight.shape[1] if layer.weight.ndim == 2 else layer.weight[:, 0].numel() / layer.stride[0] ** 2
    return torch.tensor(2.0).div(m).sqrt()


def he_by_kaiming(layer):
    """nn.init.kaiming_normal_, which reads a transposed weight the other way round."""
    fan = nn.init._calculate_correct_fan(layer.weight, "fan_in")
    return (2 / fan) ** 0.5


def he_per_kernel(layer):
    m = layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels * layer.kernel_size[0] ** 2
    return (2 / m) ** 0.5


def he_squared(layer):
    return he_by_shape(layer) ** 2


def glorot(layer):
    """A near neighbour: the mean of inputs and outputs."""
    if isinstance(layer, nn.Linear):
        return (4 / (layer.in_features + layer.out_features)) ** 0.5
    return (4 / ((layer.in_channels + layer.out_channels) * (layer.kernel_size[0] / layer.stride[0]) ** 2)) ** 0.5


VARIANTS = {
    "03.1": [(stamped_by_torch,), (stamped_pixel_by_pixel,), (stamped_by_weights,)],
    "03.2": [(ByAttributes,), (Named,), (Started,)],
    "03.3": [(he_by_counting,), (he_by_shape,)],
}

MUTANTS = {
    "03.1": [
        ("a stamp that covers what was there", (stamped_over,)),
        ("a pattern turned round", (stamped_turned,)),
        ("one stride too many", (stamped_with_a_border,)),
        ("", (stamped_and_cropped,)),
        ("", (stamped_upside_down,)),
    ],
    "03.2": [
        ("no BatchNorm", (NoNorm,)),
        ("a sigmoid in the place of the tanh", (Probability,)),
        ("ReLU before BatchNorm", (NormLast,)),
        ("", (Stretched,)),
        ("", (Wide,)),
    ],
    "03.3": [
        ("output channels in the place of input channels", (he_by_kaiming,)),
        ("each kernel weight counted once for each output pixel", (he_per_kernel,)),
        ("the variance", (he_squared,)),
        ("", (glorot,)),
    ],
}
