"""Schedules: functions from progress in [0, 1] to a multiple of a learning rate, or of another weight."""

import math
from collections.abc import Callable, Iterable

import torch

from course_utils.inputs import require_kind, require_number, shown

Schedule = Callable[[float], float]


def constant(progress: float) -> float:
    """1 throughout."""
    return 1.0


def linear_decay(progress: float) -> float:
    """From 1 at the start to 0 at the end."""
    return 1.0 - progress


def cosine_decay(progress: float) -> float:
    """½(1 + cos π·progress): nearly flat at both ends. Source: Loshchilov & Hutter 2017."""
    return 0.5 * (1.0 + math.cos(math.pi * progress))


def decay_after(start: float) -> Schedule:
    """1 until `start` (a fraction of the run), then linearly to 0."""
    start = require_number("start", start, least=0, below=1, hint="decay must start within the run, at a share of it")

    def schedule(progress: float) -> float:
        return min(1.0, (1.0 - progress) / (1.0 - start))

    schedule.__name__ = f"decay_after({start:g})"
    return schedule


def linear_warm_up(until: float) -> Schedule:
    """From 0 to 1 until `until` (a fraction of the run), then 1: KL annealing (Bowman et al. 2016), for example."""
    until = require_number("until", until, above=0, most=1, hint="a warm-up must end within the run, at a share of it")

    def schedule(progress: float) -> float:
        return min(1.0, progress / until)

    schedule.__name__ = f"linear_warm_up({until:g})"
    return schedule


def adam(module: torch.nn.Module, lr: float = 2e-4, betas: tuple[float, float] = (0.5, 0.999)) -> torch.optim.Adam:
    """Adam with the DCGAN paper's settings, in the implementation that updates all tensors at once, if any.

    Raises ValueError for a module without weights, a rate below 0, and betas outside [0, 1).
    """
    require_kind("module", module, torch.nn.Module)
    parameters = list(module.parameters())
    if not parameters:
        raise ValueError(f"{type(module).__name__} has no weights to train")
    lr = require_number("lr", lr, least=0)
    two = len(betas) == 2 if isinstance(betas, tuple | list) else getattr(betas, "shape", ()) == (2,)
    if not two:
        raise ValueError(f"betas must be two numbers, such as (0.5, 0.999), not {shown(betas)}")
    betas = tuple(require_number("each of betas", beta, least=0, below=1) for beta in betas)
    optimizer = torch.optim.Adam(parameters, lr=lr, betas=betas, fused=parameters[0].device.type in ("cpu", "cuda"))
    optimizer.register_step_pre_hook(_match_layouts)
    return optimizer


def _match_layouts(optimizer: torch.optim.Optimizer, _arguments: tuple, _keywords: dict) -> None:
    """Bring gradients and moments into the memory layout of their weights.

    The fused kernel reads all of them in the order in which they lie in memory: after a conversion of the network to
    channels_last, or from a checkpoint of the other layout, it would pair moments with the wrong weights.
    """
    for group in optimizer.param_groups:
        for weight in group["params"]:
            if weight.ndim < 2 or weight.grad is None:
                continue
            strides, state = weight.stride(), optimizer.state[weight]
            for name in _MOMENTS:
                if name in state and state[name].stride() != strides:
                    state[name] = torch.empty_like(weight).copy_(state[name])
            if weight.grad.is_sparse:
                raise ValueError(
                    "Adam cannot take the sparse gradient of an embedding: make that with sparse=False, or pass "
                    "another optimiser, such as torch.optim.SGD"
                )
            if weight.grad.stride() != strides:
                weight.grad = torch.empty_like(weight).copy_(weight.grad)


_MOMENTS = ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")


class Rates:
    """The learning rates of these optimisers, each as its owner has set it, times a common factor.

    A rate that is a tensor is changed in place, so that a captured graph sees it.
    """

    def __init__(self, optimizers: Iterable[torch.optim.Optimizer]):
        # Asked for once: a rate that is a tensor lies on the device.
        self._optimizers = list(optimizers)
        self._rates = [float(group["lr"]) for group in self._groups()]
        self._factor = math.nan  # none yet: it equals no other

    def _groups(self) -> list[dict]:  # asked for each time: loading a checkpoint replaces them
        return [group for optimizer in self._optimizers for group in optimizer.param_groups]

    def scale(self, factor: float) -> None:
        """Set each rate to `factor` times its own. Raises ValueError for a factor below 0, NaN or infinite."""
        if factor == self._factor:
            return
        factor = require_number("what a schedule returns", factor, least=0)
        for group, rate in zip(self._groups(), self._rates, strict=True):
            self._set(group, rate * factor)
        self._factor = factor

    def put_back(self) -> None:
        """Leave each rate as it was, so that the next run starts from it; one that was set by hand meanwhile stays."""
        for group, rate in zip(self._groups(), self._rates, strict=True):
            if float(group["lr"]) == _as_stored(group["lr"], rate * self._factor):
                self._set(group, rate)

    @staticmethod
    def _set(group: dict, rate: float) -> None:
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(rate)
        else:
            group["lr"] = rate


def _as_stored(like: float | torch.Tensor, rate: float) -> float:
    """`rate` as a tensor of the type of `like` holds it."""
    return float(torch.as_tensor(rate, dtype=like.dtype)) if isinstance(like, torch.Tensor) else rate
