"""Likelihoods of an image's pixels: what a decoder's output says of an image, in nats."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from course_utils.inputs import require_number, shown
from course_utils.tensor_inputs import readable, require_same_shape, require_tensor


def require_binary(x: Tensor) -> None:
    """Raises ValueError unless every pixel is 0 or 1. It waits for the device: call it once, not in every step."""
    if not isinstance(x, Tensor) or x.numel() == 0:
        raise ValueError(f"x must be a tensor of binary pixels, not {shown(x)}")
    pixels = x.reshape(-1)
    # Grey levels make Σ x² differ from Σ x, and two sums take a fifth of the time that comparing each pixel takes.
    sums_are_exact = x.dtype == torch.float32 and len(pixels) <= 2**17
    if sums_are_exact and bool(torch.dot(pixels, pixels) == pixels.sum()):
        return
    if not bool((x * x == x).all()):
        raise ValueError(
            f"a Bernoulli likelihood is one of pixels that are 0 or 1, and these lie in {float(x.min()):.3g} to "
            f"{float(x.max()):.3g}; on grey pixels the cross-entropy is no log-likelihood. Binarise them "
            "(data.BinarisedImages), or use objectives.Gaussian"
        )


def _require_pixels(x: Tensor, parameters: Tensor) -> None:
    require_same_shape("the decoder's output says something of each pixel of the images", x=x, parameters=parameters)


@dataclass(frozen=True)
class Bernoulli:
    """Independent binary pixels: p(x = 1) = sigmoid(logit). The decoder's output is logits, not probabilities."""

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Σ x log p + (1 − x) log(1 − p) over all dimensions but the first, [n], from logits `parameters` [n, ...].

        On the CPU, raises ValueError for pixels other than 0 and 1; elsewhere that would make the device wait.
        """
        _require_pixels(x, parameters)
        if readable(x):
            require_binary(x)
        return -binary_cross_entropy_with_logits(parameters, x, reduction="none").flatten(1).sum(1)

    def images(self, parameters: Tensor) -> Tensor:
        """The probabilities as grey images in [−1, 1]: 2 sigmoid(logit) − 1."""
        return 2.0 * torch.sigmoid(require_tensor("parameters", parameters)) - 1.0


@dataclass(frozen=True)
class Gaussian:
    """Independent pixels x ~ N(mean, std²), one `std` > 0 for all: a number, or a 0-d tensor.

    An `nn.Parameter` is learnt with the weights of the VAE that is made with this likelihood.
    """

    std: float | Tensor = 1.0

    def __post_init__(self):
        if not isinstance(self.std, Tensor) or (readable(self.std) and not self.std.requires_grad):
            require_number("std", self.std, above=0)
        else:
            require_tensor("std", self.std, ())

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        """Σ −½((x − mean)/std)² − log std − ½ log 2π over all dimensions but the first, [n]; `parameters` is the mean.

        A density, in nats: it depends on the unit of x, and can be positive.
        """
        _require_pixels(x, parameters)
        log_std = torch.as_tensor(self.std, dtype=x.dtype, device=x.device).log()
        each = -0.5 * ((x - parameters) / self.std).square() - log_std - 0.5 * math.log(2 * math.pi)
        return each.flatten(1).sum(1)

    def images(self, parameters: Tensor) -> Tensor:
        """The mean as an image, cut to [−1, 1]."""
        return require_tensor("parameters", parameters).clamp(-1.0, 1.0)
