"""Answers to the exercises of lesson 03: right ones in other styles, and known mistakes in other words."""

import copy

import torch
from torch import nn
from torch.nn import functional as F

# --- 3.1 -----------------------------------------------------------------------------------------------------


def kernel_by_search(a, b, s, p):
    return next(k for k in range(100) if (a - 1) * s - 2 * p + k == b)


def kernel_in_two_lines(n_in, n_out, stride, padding):
    stamps = stride * (n_in - 1)
    return n_out + 2 * padding - stamps


def field_backwards(layers):
    seen = 1
    for kernel, stride in reversed(layers):
        seen = (seen - 1) * stride + kernel
    return seen


def field_as_a_sum(chain):
    strides = [1] + [s for _, s in chain]
    return 1 + sum((k - 1) * torch.tensor(strides[: i + 1]).prod().item() for i, (k, _) in enumerate(chain))


def field_by_interval(layers):
    low = high = 0
    while layers:
        kernel, stride = layers.pop()
        low, high = low * stride, high * stride + kernel - 1
    return high - low + 1


def field_without_strides(layers):
    return 1 + sum(kernel - 1 for kernel, _ in layers)


# --- 3.2 -----------------------------------------------------------------------------------------------------


class Attributes(nn.Module):
    """Every layer by its own name, functional activations and upsampling."""

    def __init__(self, d=32, w=32):
        super().__init__()
        self.first = nn.ConvTranspose2d(d, 2 * w, 7)
        self.norm_1 = nn.BatchNorm2d(2 * w)
        self.second = nn.Conv2d(2 * w, w, 3, padding=1)
        self.norm_2 = nn.BatchNorm2d(w)
        self.third = nn.Conv2d(w, 1, 3, padding=1)

    def up(self, x):
        return F.interpolate(x, scale_factor=2)

    def hidden(self, z):
        return F.relu(self.norm_1(self.first(z.view(len(z), -1, 1, 1))))

    def forward(self, z):
        x = F.relu(self.norm_2(self.second(self.up(self.hidden(z)))))
        return torch.tanh(self.third(self.up(x)))


class Blocks(nn.Module):
    """Blocks in a ModuleList, "same" padding, the output declared before the rest."""

    def __init__(self, latent_dim, width):
        super().__init__()
        self.out = nn.Conv2d(width, 1, 3, padding="same")
        self.blocks = nn.ModuleList(
            [
                self.block(nn.ConvTranspose2d(latent_dim, 2 * width, 7, 1, 0, bias=False), 2 * width),
                self.block(nn.Conv2d(2 * width, width, 3, padding="same", bias=False), width),
            ]
        )

    def block(self, layer, channels):
        return nn.Sequential(layer, nn.BatchNorm2d(channels), nn.ReLU(inplace=True))

    def forward(self, noise):
        x = noise.unsqueeze(-1).unsqueeze(-1)
        for block in self.blocks:
            x = block(x).repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)
        return self.out(x).tanh()


class Nearest(Attributes):
    def up(self, x):
        return nn.UpsamplingNearest2d(scale_factor=2)(x)


class SigmoidEnd(Attributes):
    def forward(self, z):
        x = F.relu(self.norm_2(self.second(self.up(self.hidden(z)))))
        return torch.sigmoid(self.third(self.up(x)))


class ThreeDoublings(Attributes):
    def forward(self, z):
        x = F.relu(self.norm_2(self.second(self.up(self.hidden(z)))))
        return torch.tanh(self.up(self.third(self.up(x))))


class OneNorm(Attributes):
    def hidden(self, z):
        return F.relu(self.first(z[..., None, None]))


class OneReLU(Attributes):
    def hidden(self, z):
        return self.norm_1(self.first(z[..., None, None]))


class Leaky(Attributes):
    def forward(self, z):
        x = F.leaky_relu(self.norm_1(self.first(z[..., None, None])), 0.1)
        x = F.leaky_relu(self.norm_2(self.second(self.up(x))), 0.1)
        return torch.tanh(self.third(self.up(x)))


class DenseFront(Attributes):
    def __init__(self, d, w):
        super().__init__(d, w)
        self.first = nn.Linear(d, 2 * w * 7 * 7)

    def hidden(self, z):
        return F.relu(self.norm_1(self.first(z).view(len(z), -1, 7, 7)))


class Straight(OneReLU):
    def forward(self, z):
        return torch.tanh(self.third(self.up(self.norm_2(self.second(self.up(self.hidden(z)))))))


class Stamps(Attributes):
    """As the lesson's generator goes on after its first map."""

    def __init__(self, d, w):
        super().__init__(d, w)
        self.second = nn.ConvTranspose2d(2 * w, w, 4, stride=2, padding=1)
        self.third = nn.ConvTranspose2d(w, 1, 4, stride=2, padding=1)

    def up(self, x):
        return x


# --- 3.3 -----------------------------------------------------------------------------------------------------


@torch.no_grad()
def average_by_parts(ema, net, beta):
    for mine, its in zip(ema.parameters(), net.parameters(), strict=True):
        mine.lerp_(its, 1 - beta)
    for mine, its in zip(ema.buffers(), net.buffers(), strict=True):
        mine.copy_(its if mine.dtype == torch.long else beta * mine + (1 - beta) * its)


def average_by_loading(average, model, decay):
    old, new = copy.deepcopy(average.state_dict()), model.state_dict()
    mixed = {k: decay * old[k] + (1 - decay) * new[k] if old[k].dtype.is_floating_point else new[k] for k in old}
    average.load_state_dict(mixed)


def average_of_data(average, model, decay):
    for mine, its in [*zip(average.parameters(), model.parameters()), *zip(average.buffers(), model.buffers())]:  # noqa: B905
        if torch.is_floating_point(mine):
            mine.data = mine.data - (1 - decay) * (mine.data - its.data)
        else:
            mine.fill_(its.item())


def average_latest(average, model, decay):
    average.load_state_dict(model.state_dict())


def average_wrong_side(average, model, decay):
    average_by_loading(average, model, 1 - decay)


@torch.no_grad()
def average_named_parameters(average, model, decay):
    its = dict(model.named_parameters())
    for name, mine in average.named_parameters():
        mine.copy_(mine * decay + its[name] * (1 - decay))


# --- 3.4 -----------------------------------------------------------------------------------------------------


def together_split(d, x, y):
    return d(torch.vstack((x, y))).split([len(x), len(y)])


def together_tensor_split(net, real, fake):
    return tuple(net(torch.cat((real, fake), dim=0)).tensor_split([real.shape[0]]))


def together_list(discriminator, real, fake):
    both = real.new_empty(len(real) + len(fake), real.shape[1])
    both[: len(real)], both[len(real) :] = real, fake
    logits = discriminator(both)
    n = real.size(0)
    return [logits[:n], logits[n:]]


def together_half(discriminator, real, fake):
    logits = discriminator(torch.cat([real, fake]))
    middle = len(logits) // 2
    return logits[:middle], logits[middle:]


def together_one_by_one(discriminator, real, fake):
    return [discriminator(batch) for batch in (real, fake)]


# --- 3.5 -----------------------------------------------------------------------------------------------------


def prepare_in_place(pixels):
    return pixels.float().mul_(2 / 255).sub_(1)


def prepare_centred(x):
    return (x - 127.5) / 127.5


def prepare_double(images):
    return 2 * (images.double() / 255) - 1


def prepare_half(pixels):
    return (pixels.float() - 127.5) / 255


def prepare_unit(pixels):
    return pixels / 255


_FIELD, _KERNEL = field_backwards, kernel_by_search
_AVERAGE = average_by_parts

VARIANTS = {
    "3.1": [(kernel_by_search, field_backwards), (kernel_in_two_lines, field_as_a_sum), (_KERNEL, field_by_interval)],
    "3.2": [(Attributes,), (Blocks,), (Nearest,)],
    "3.3": [(average_by_parts, 919), (average_by_loading, torch.tensor(918.7)), (average_of_data, 919.0)],
    "3.4": [(together_split, "B"), (together_tensor_split, " b "), (together_list, "b")],
    "3.5": [("D", prepare_in_place), (" d", prepare_centred), ("d ", prepare_double)],
}

MUTANTS = {
    "3.1": [
        ("a field without the strides", (_KERNEL, field_without_strides)),
        ("a formula that forgets the padding", (lambda a, b, s, p: kernel_by_search(a, b, s, 0), _FIELD)),
        ("one stride too many", (lambda a, b, s, p: kernel_by_search(a + 1, b + 50, s, p) - 50, _FIELD)),
    ],
    "3.2": [
        ("a sigmoid at the end", (SigmoidEnd,)),
        ("a third doubling, which ends in 56×56", (ThreeDoublings,)),
        ("layers with nothing between them that bends", (Straight,)),
        ("BatchNorm after one layer only", (OneNorm,)),
        ("ReLU after one layer only", (OneReLU,)),
        ("leaky ReLUs", (Leaky,)),
        ("a dense layer in front", (DenseFront,)),
        ("transposed convolutions, as in the lesson", (Stamps,)),
    ],
    "3.3": [
        ("a plain copy of the latest weights", (average_latest, 919)),
        ("decay on the wrong side", (average_wrong_side, 919)),
        ("an average without the buffers", (average_named_parameters, 919)),
        ("the length of the memory, 1/(1 − β)", (_AVERAGE, 200.0)),
    ],
    "3.4": [
        ("a cut in the middle", (together_half, "B")),
        ("two calls", (together_one_by_one, "B")),
        ("noise in the statistics of a small batch", (together_split, " a")),
    ],
    "3.5": [
        ("grey levels in [0, 1]", ("D", prepare_unit)),
        ("grey levels in [−½, ½]", ("D", prepare_half)),
        ("mode collapse", ("b", prepare_centred)),
    ],
}
