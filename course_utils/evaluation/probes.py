"""What is going on inside a training? Gradients by layer, their noise, the discriminator's confidence, and diversity.

None of them changes a gradient, a weight or the samples. ``gradient_signal_to_noise`` computes losses, and so draws the
random numbers that they draw: call it from a callback of the trainer, which forks them.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_function, require_kind, shown
from course_utils.tensor_inputs import require_finite


def gradient_norm(parameters: Iterable[Tensor | None]) -> Tensor:
    """The Euclidean norm of all gradients together, sqrt(sum of all squares): a scalar tensor on their device.

    Give it parameters, whose ``.grad`` is read, or the gradients themselves, as ``torch.autograd.grad`` returns them;
    what has no gradient (frozen, or None) is left out. For a module: ``gradient_norm(network.parameters())``.

    Raises ``ValueError`` if there is no gradient at all.
    """
    gradients = [gradient for gradient in map(_gradient, _tensors(parameters)) if gradient is not None]
    if not gradients:
        raise ValueError("there is no gradient: call loss.backward() first, and measure before the next zero_grad().")
    return torch.stack([gradient.norm() for gradient in gradients]).norm()


def _tensors(parameters: Iterable[Tensor | None]) -> list[Tensor | None]:
    """Several tensors; rows of a single one would be taken for gradients."""
    several = isinstance(parameters, Iterable) and not isinstance(parameters, Tensor | nn.Module)
    tensors = list(parameters) if several else []
    if not several or not all(tensor is None or isinstance(tensor, Tensor) for tensor in tensors):
        raise ValueError(f"parameters must be several tensors, such as network.parameters(), not {shown(parameters)}")
    return tensors


def _gradient(tensor: Tensor | None) -> Tensor | None:
    """Of a parameter (a leaf that wants a gradient, or is frozen) its ``.grad``, of a gradient itself."""
    if tensor is None:
        return None
    is_parameter = isinstance(tensor, nn.Parameter) or (tensor.is_leaf and tensor.requires_grad)
    gradient = tensor.grad if is_parameter else tensor
    return None if gradient is None else gradient.detach()


def layer_gradient_norms(network: nn.Module) -> dict[str, Tensor]:
    """``gradient_norm`` of each layer's own parameters (weight and bias), in the order of the network.

    The keys are the names of the layers in ``network.named_modules()``, "weights" for parameters of the network
    itself; a spectrally normalised layer counts under its own name. Frozen layers are left out.

    Raises ``ValueError`` if no parameter has a gradient yet.
    """
    require_kind("network", network, nn.Module)
    layers: dict[str, list[Tensor]] = {}
    for name, parameter in network.named_parameters():
        if parameter.grad is not None:
            owner = name.rpartition(".")[0]
            layer = f".{owner}".partition(".parametrizations")[0].lstrip(".")
            layers.setdefault(layer or "weights", []).append(parameter)
    if not layers:
        raise ValueError(
            f"no parameter of this {type(network).__name__} has a gradient yet: call loss.backward() first, and "
            f"measure before the next zero_grad()."
        )
    return {layer: gradient_norm(parameters) for layer, parameters in layers.items()}


def gradient_signal_to_noise(
    loss_of_batch: Callable[[], Tensor], parameters: Iterable[Tensor], batches: int = 16
) -> float:
    """|E g|^2 / E|g - E g|^2: how much of a batch's gradient g is the same in every batch.

    From the gradients g_1..g_B of B independent batches with mean m, both parts are estimated without bias:

        noise  = sum_b |g_b - m|^2 / (B - 1)          = E|g - E g|^2, the trace of the covariance of g,
        signal = |m|^2 - noise / B                    = |E g|^2, since |m|^2 alone is too large by noise / B.

    A number without unit. Above 1 a step goes mainly where the whole data set would take it; near 0 it is mostly
    noise, and the estimate may then come out below 0. It grows in proportion to the batch size b: it is b / B_simple,
    with the noise scale of McCandlish et al. 2018 ("An empirical model of large-batch training"). Gradients that are
    all the same give infinity, gradients that are all 0 give 0.

    ``loss_of_batch()`` draws a batch and returns its loss, a scalar; ``.grad`` is left alone. Raises ``ValueError`` for
    fewer than 2 batches, and for a loss that depends on none of the parameters.
    """
    require_function("loss_of_batch", loss_of_batch, "a function that draws a batch and returns its loss")
    batches = require_count("batches", batches, least=2, hint="it takes two to see how they differ")
    parameters = [parameter for parameter in _tensors(parameters) if parameter is not None and parameter.requires_grad]
    mean, squares = 0.0, 0.0  # Welford's recursion: the mean so far, and the squared distances from it
    for number in range(1, batches + 1):
        gradient = _flat_gradient(loss_of_batch, parameters)
        before = gradient - mean
        mean = mean + before / number
        squares = squares + before.dot(gradient - mean)
    noise = squares.item() / (batches - 1)
    if not math.isfinite(noise):
        raise ValueError("the gradients must be finite, and some are NaN or infinite: the training has diverged")
    signal = mean.dot(mean).item() - noise / batches
    if noise == 0:
        return float("inf") if signal > 0 else 0.0
    return signal / noise


@torch.enable_grad()
def _flat_gradient(loss_of_batch: Callable[[], Tensor], parameters: list[Tensor]) -> Tensor:
    loss = loss_of_batch()
    if not isinstance(loss, Tensor) or loss.numel() != 1:
        raise ValueError(f"loss_of_batch must return the batch's mean loss, a scalar tensor, not {shown(loss)}")
    found = torch.autograd.grad(loss, parameters, allow_unused=True) if parameters and loss.requires_grad else [None]
    if all(gradient is None for gradient in found):
        raise ValueError("the loss depends on none of these parameters: are they frozen, or is the loss detached?")
    pairs = zip(found, parameters, strict=True)
    return torch.cat([(torch.zeros_like(p) if g is None else g).flatten() for g, p in pairs])


@dataclass(frozen=True)
class Confidence:
    """``accuracy`` of the discriminator, and the mean probability of being real that it gives real and fake samples."""

    accuracy: float
    real_prob: float
    fake_prob: float

    def __repr__(self) -> str:
        return (
            f"Confidence: accuracy {self.accuracy:.1%}, mean D(x) {self.real_prob:.2f} on real and "
            f"{self.fake_prob:.2f} on fake samples"
        )


def confidence(real_logits: Tensor, fake_logits: Tensor) -> Confidence:
    """How sure is the discriminator, and how often is it right? From its logits, of any shape.

    D(x) = sigmoid(logit). ``accuracy`` is the mean of the shares of real samples with logit > 0 and of fake ones with
    logit < 0, a logit of exactly 0 being half right. Where G is perfect, all three are 0.5 (Goodfellow et al. 2014,
    "Generative adversarial nets"): the level to compare with. The logits of a relativistic or Wasserstein objective
    have no zero, so neither numbers have this meaning there.

    Raises ``ValueError`` without logits, for NaN, and for what looks like probabilities.
    """
    for name, logits in (("real_logits", real_logits), ("fake_logits", fake_logits)):
        if not isinstance(logits, Tensor) or not logits.is_floating_point():
            raise ValueError(f"{name}: expected the discriminator's logits, a tensor of floats, got {shown(logits)}.")
        if logits.numel() == 0 or logits.isnan().any():
            raise ValueError(f"{name}: expected numbers, got {'none' if logits.numel() == 0 else 'NaN'}.")
    real, fake = real_logits.detach().float(), fake_logits.detach().float()
    if _look_like_probabilities(real, fake):
        raise ValueError(
            "real_logits and fake_logits all lie in 0 to 1, real ones above and fake ones below 0.5 on average: these "
            "look like probabilities, and logits are needed; leave out the sigmoid"
        )
    right = (1 + real.sign().mean()) / 2, (1 - fake.sign().mean()) / 2
    return Confidence((sum(right) / 2).item(), real.sigmoid().mean().item(), fake.sigmoid().mean().item())


def _look_like_probabilities(real: Tensor, fake: Tensor) -> bool:
    """Of a discriminator that tells real from fake. A few logits, or unsure ones, may well lie in 0 to 1."""
    both = torch.cat([real.flatten(), fake.flatten()])
    inside = len(both) >= 16 and bool(((both >= 0) & (both <= 1)).all())
    return inside and bool(real.mean() > 0.5 > fake.mean())


def effective_rank(samples: Tensor) -> float:
    """In how many directions do the samples vary? exp(H(p)) with p_i = s_i / sum s, between 1 and min(n - 1, d).

    s are the singular values of the centred samples [n, d] (further axes are flattened), H the entropy in nats (Roy &
    Vetterli 2007, "The effective rank: a measure of effective dimensionality"). Equal variation in r directions gives
    r, when n is much larger than d; with few samples even equal directions look unequal, so compare with as many real
    samples. The number has no scale: a tiny spread counts like a large one. Samples that are all equal, up to float32's
    rounding, have no direction, and score 1.

    Takes time n d min(n, d). Raises ``ValueError`` for fewer than 2 samples, NaN and infinity, and complex
    numbers.
    """
    if not isinstance(samples, Tensor) or samples.ndim < 2 or len(samples) < 2 or samples.numel() == 0:
        raise ValueError(f"samples: expected shape [n, ...] with n >= 2, got {shown(samples)}.")
    if samples.is_complex() or samples.layout is not torch.strided:
        raise ValueError(f"samples: expected real numbers in a dense tensor, got {shown(samples)}.")
    require_finite("samples", samples, "the generator has diverged")
    x = samples.detach().flatten(1).cpu().double()  # MPS has no float64
    s = torch.linalg.svdvals(x - x.mean(dim=0))
    if s.square().sum().sqrt() <= 1e-6 * x.norm():
        return 1.0
    return torch.special.entr(s / s.sum()).sum().exp().item()
