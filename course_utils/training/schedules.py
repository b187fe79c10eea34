"""Schedules: functions from progress in [0, 1] to a multiple of a learning rate, or of another weight."""

import math
from collections.abc import Callable

import torch

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
    if not 0.0 <= start < 1.0:
        raise ValueError(f"decay must start within the run, at a fraction in [0, 1), not {start}")

    def schedule(progress: float) -> float:
        return min(1.0, (1.0 - progress) / (1.0 - start))

    schedule.__name__ = f"decay_after({start:g})"
    return schedule


def linear_warm_up(until: float) -> Schedule:
    """From 0 to 1 until `until` (a fraction of the run), then 1: KL annealing (Bowman et al. 2016), for example."""
    if not 0.0 < until <= 1.0:
        raise ValueError(f"a warm-up must end within the run, at a fraction in (0, 1], not {until}")

    def schedule(progress: float) -> float:
        return min(1.0, progress / until)

    schedule.__name__ = f"linear_warm_up({until:g})"
    return schedule


def adam(module: torch.nn.Module, lr: float = 2e-4, betas: tuple[float, float] = (0.5, 0.999)) -> torch.optim.Adam:
    """Adam with the DCGAN paper's settings, in the implementation that updates all tensors at once, if any."""
    parameters = list(module.parameters())
    return torch.optim.Adam(parameters, lr=lr, betas=betas, fused=parameters[0].device.type in ("cpu", "cuda"))


def scale_learning_rate(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set each group's rate to `factor` × the rate it was made with; rates kept as tensors are changed in place."""
    for group in optimizer.param_groups:
        if "initial_lr" not in group:  # asked for once: a rate that is a tensor lies on the device
            group["initial_lr"] = float(group["lr"])
        initial = group["initial_lr"]
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(initial * factor)
        else:
            group["lr"] = initial * factor
