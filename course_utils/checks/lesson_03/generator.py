"""Exercise 3.2: a generator from one pixel to 28×28 in which no layer can stamp a checkerboard."""

import itertools

import torch
from torch import Tensor, nn

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, Roughly


class Generator(nn.Module):
    def __init__(self, latent_dim: int = 32, width: int = 32):
        super().__init__()
        self.net = nn.Sequential(
            nn.ConvTranspose2d(latent_dim, 2 * width, kernel_size=7, bias=False),  # 1 → 7
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),  # 7 → 14
            nn.Conv2d(2 * width, width, kernel_size=3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),  # 14 → 28
            nn.Conv2d(width, 1, kernel_size=3, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z[:, :, None, None])


def probe(answer) -> Observations:
    """Facts that hold whatever the weights are."""
    generator, z = answer(12, 4), torch.randn(5, 12)
    with torch.no_grad():
        images = generator(z)
        seen = {"a batch of 5 images": torch.zeros_like(images)}  # its shape
        if images.shape != (5, 1, 28, 28):
            return seen
        seen["the sorted list of output channels"] = sorted(layer.out_channels for layer in _convolutions(generator))
        alone, others = generator.eval()(z), torch.cat([z[:1], 3 * z[1:]])
        large = generator(1e6 * z)
        seen["for very large z, the darkest pixel"] = Roughly(large.min(), 0.05)
        seen["for very large z, the brightest pixel"] = Roughly(large.max(), 0.05)
        seen["the network is more than one linear map"] = _bends(answer(12, 4).eval(), z)
        seen["an image depends on its batch in eval mode"] = _differ(generator(others)[0], alone[0])
        generator.train()
        seen["an image depends on its batch in training mode"] = _differ(generator(others)[0], images[0])
        before_tanh = images.clamp(-0.9999, 0.9999).atanh()
        normalised = abs(before_tanh.mean()) < 0.01 and abs(before_tanh.std() - 1) < 0.01
        seen["the pixels of a batch have mean 0 and variance 1 before the tanh"] = bool(normalised)
        seen["the number of convolutions whose channels BatchNorm rescales"] = _rescaled(answer(12, 4), z)
        seen["with weights of one sign in each layer, how often nothing passes the ReLUs"] = _blocked(answer(12, 4))
        seen["of an even 7×7 map, whatever the later weights, the inner pixels are equal"] = _even(answer(12, 4))
        for parameter in generator.parameters():
            parameter.zero_()
        seen["with all of the module's parameters at 0, the brightest pixel"] = generator.eval()(z).max()
    return seen


def _differ(a: Tensor, b: Tensor) -> bool:
    return not torch.allclose(a, b, rtol=1e-3, atol=1e-5)


def _bends(generator: nn.Module, z: Tensor) -> bool:
    """Whether the fresh network, without its biases and its tanh, is more than a linear map: f(z) + f(−z) ≠ 0."""
    for name, parameter in generator.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
    plus, minus = (generator(x).clamp(-0.999, 0.999).atanh() for x in (z, -z))
    return bool((plus + minus).norm() > 0.01 * plus.norm())


def _convolutions(generator: nn.Module) -> list[nn.Module]:
    return [layer for layer in generator.modules() if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)]


def _kernels(generator: nn.Module) -> list[nn.Parameter]:
    return [layer.weight for layer in _convolutions(generator)]


def _rescaled(generator: nn.Module, z: Tensor) -> int:
    """For how many layers it makes no difference, in training mode, if one channel of the output is doubled."""
    before, found = generator(z), 0
    for layer in _convolutions(generator):
        channel = layer.weight[:, 0] if isinstance(layer, nn.ConvTranspose2d) else layer.weight[0]
        channel *= 2
        found += bool((generator(z) - before).norm() < 0.02 * before.norm())  # not quite 0, because of BatchNorm's ε
        channel /= 2
    return found


def _blocked(generator: nn.Module) -> int:
    """With weights of one sign in each layer and no biases: how many of all choices of signs give only zeros?"""
    generator.eval()
    for name, parameter in generator.named_parameters():
        if name.endswith("bias"):
            parameter.zero_()
        elif parameter.dim() > 1:
            parameter.fill_(1 / parameter[0].numel())
    kernels, found = _kernels(generator), 0
    for signs in itertools.product((1, -1), repeat=len(kernels)):
        for kernel, sign in zip(kernels, signs, strict=True):
            kernel.copy_(sign * kernel.abs())
        found += not generator(torch.ones(1, 12, dtype=kernels[0].dtype)).any()
    return found


def _even(generator: nn.Module) -> bool:
    """The layers that make 7×7 of one pixel have equal weights at all places; the later weights are random."""
    for layer in _convolutions(generator):
        if layer.kernel_size == (7, 7):
            layer.weight.copy_(layer.weight.mean((2, 3), keepdim=True).expand_as(layer.weight))
    middle = generator.eval()(torch.ones(1, 12, dtype=_kernels(generator)[0].dtype))[0, 0, 11:17, 11:17]
    return bool(middle.max() - middle.min() < 1e-3 * middle.abs().max() + 1e-9)


_FIRST = "nn.ConvTranspose2d(latent_dim, 2 * width, kernel_size=7, bias=False),"
_DENSE = "nn.Linear(latent_dim, 98 * width, bias=False), nn.Unflatten(1, (2 * width, 7, 7)),"
_SECOND = "nn.Conv2d(2 * width, width, kernel_size=3, padding=1, bias=False),\n"
_LAST = "nn.Conv2d(width, 1, kernel_size=3, padding=1),\n"
_UP_1, _UP_2 = "nn.Upsample(scale_factor=2),  # 7 → 14\n", "nn.Upsample(scale_factor=2),  # 14 → 28\n"
_STAMPS = (
    (_UP_1, "nn.Identity(),\n"),
    (_UP_2, "nn.Identity(),\n"),
    (_SECOND, "nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False),\n"),
    (_LAST, "nn.ConvTranspose2d(width, 1, 4, 2, 1),\n"),
)

EXERCISE = Exercise(
    number="3.2",
    title="A generator that cannot stamp a checkerboard",
    hints=(
        "Exercise 3.1 tells the first kernel: 1 → 7 with stride 1 and no padding. nn.Upsample doubles a side; which "
        "padding lets a convolution with kernel 3 keep it? What stands after each convolution?",
        "Kernel 7, then twice nn.Upsample(scale_factor=2) and a convolution with kernel 3, padding 1. BatchNorm2d and "
        "ReLU after the first two convolutions, only tanh after the third. z[:, :, None, None] is a map of 1×1 pixel.",
    ),
    parts=(
        Part(
            Generator,
            name="the generator",
            probe=probe,
            expects="a class, a subclass of nn.Module, that is built with (latent_dim, width)",
            why="No BatchNorm takes the last layer's bias away again: it can set the background's grey level.",
            mistakes=(
                Mistake(
                    "a third doubling, which ends in 56×56",
                    "Two doublings lead from 7 to 28. Count the sizes layer by layer before the network is built.",
                    edited(Generator, (_LAST, _LAST + "            nn.Upsample(scale_factor=2),\n")),
                ),
                Mistake(
                    "a first map of 4×4, which ends in 16×16",
                    "So does the generator of the DCGAN paper, for images of 64×64. Which side, doubled twice, is 28?",
                    edited(Generator, ("kernel_size=7", "kernel_size=4")),
                ),
                Mistake(
                    "many maps at the end, where one image is meant",
                    "A grey image has one channel: what is the last layer's number of output channels?",
                    edited(Generator, (_LAST, _LAST.replace("width, 1,", "width, width,"))),
                ),
                Mistake(
                    "a sigmoid at the end",
                    "Its values lie between 0 and 1, but the data go down to −1: the background could never be drawn.",
                    edited(Generator, ("nn.Tanh()", "nn.Sigmoid()")),
                ),
                Mistake(
                    "no tanh at the end",
                    "Without it a pixel may have any value. The data lie in [−1, 1].",
                    edited(Generator, ("            nn.Tanh(),\n", "")),
                ),
                Mistake(
                    "a generator without BatchNorm",
                    "It was asked for after the first two convolutions. Section 4 shows when that matters.",
                    edited(
                        Generator,
                        ("            nn.BatchNorm2d(2 * width),\n", ""),
                        ("            nn.BatchNorm2d(width),\n", ""),
                    ),
                ),
                Mistake(
                    "BatchNorm after one layer only",
                    "It was asked for after the first two. Go through the layers: what stands after each?",
                    edited(Generator, ("            nn.BatchNorm2d(width),\n", "")),
                ),
                Mistake(
                    "BatchNorm on the output, too",
                    "It brings the pixels of each batch to mean 0 and variance 1 before the tanh, whatever the "
                    "generator wants to draw. DCGAN leaves it out at the output.",
                    edited(
                        Generator, ("            nn.Tanh()", "            nn.BatchNorm2d(1),\n            nn.Tanh()")
                    ),
                ),
                Mistake(
                    "layers with nothing between them that bends",
                    "Three linear maps in a row are one linear map (BatchNorm is linear, too, in eval mode). What "
                    "stands after each BatchNorm?",
                    lambda latent_dim, width: _without_relu(Generator(latent_dim, width)),
                ),
                Mistake(
                    "ReLU after one layer only",
                    "It was asked for after the first two. Go through the layers: what stands after each?",
                    edited(
                        Generator,
                        ("(width),\n            nn.ReLU(),\n", "(width),\n"),
                    ),
                ),
                Mistake(
                    "leaky ReLUs",
                    "They would work. But asked for was ReLU, as DCGAN has it in the generator: the leaky one is for "
                    "the discriminator.",
                    lambda latent_dim, width: _with_leaky_relu(Generator(latent_dim, width)),
                ),
                Mistake(
                    "a dense layer in front",
                    "So begins the generator of section 3. Here z is itself a map, of 1×1 pixel: which transposed "
                    "convolution makes 7×7 of it?",
                    edited(
                        Generator,
                        (_FIRST, _DENSE),
                        ("z[:, :, None, None]", "z"),
                    ),
                ),
                Mistake(
                    "transposed convolutions, as in the lesson",
                    "The sizes are right. But a transposed convolution of stride 2 has other weights for odd places "
                    "than for even ones: it can stamp a checkerboard (section 2). Asked for was nn.Upsample.",
                    edited(Generator, *_STAMPS),
                ),
            ),
        ),
    ),
)


def _without_relu(generator: Generator) -> Generator:
    generator.net = nn.Sequential(*(layer for layer in generator.net if not isinstance(layer, nn.ReLU)))
    return generator


def _with_leaky_relu(generator: Generator) -> Generator:
    generator.net = nn.Sequential(*(nn.LeakyReLU(0.2) if isinstance(x, nn.ReLU) else x for x in generator.net))
    return generator
