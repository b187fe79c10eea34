"""Flow matching and diffusion: what carries noise to data is learnt by a regression."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.inputs import require_choice, require_count, require_function, require_kind, require_number
from course_utils.objectives.paths import PREDICTIONS, LinearPath, ProbabilityPath
from course_utils.tensor_inputs import require_same_shape, require_tensor


def uniform_times(n: int, like: Tensor) -> Tensor:
    """t ~ U(0, 1), [n], in the precision and on the device of `like`."""
    n, like = require_count("n", n), require_tensor("like", like)
    return torch.rand(n, device=like.device, dtype=like.dtype)


@dataclass(frozen=True)
class LogitNormalTimes:
    """t = sigmoid(u) with u ~ N(mean, std²): times about the middle of the way, where the task is hardest, come more
    often. It changes which error is small, not what the best network is. Source: Esser et al. 2024.
    """

    mean: float = 0.0
    std: float = 1.0

    def __post_init__(self):
        require_number("mean", self.mean), require_number("std", self.std, above=0)

    def __call__(self, n: int, like: Tensor) -> Tensor:
        n, like = require_count("n", n), require_tensor("like", like)
        return (self.mean + self.std * torch.randn(n, device=like.device, dtype=like.dtype)).sigmoid()


@dataclass(frozen=True)
class FlowMatching:
    """E w(t) ‖f(x_t, t) − target‖² over data x [n, …], noise ε ~ N(0, I) and times t, a scalar,

        x_t = α(t) x + σ(t) ε,

    the squares summed over a sample's numbers and averaged over the batch. `predicts` says which of `PREDICTIONS` the
    target is: the velocity (flow matching), the noise (a diffusion model's usual loss), the data (denoising) or the
    score. The minimum over all functions is the mean of the target given x_t, and the loss there is not 0, as many
    pairs (ε, x) pass the same place. So neither `times`, a function (n, like) → [n], nor `weight`, a function of times,
    changes the minimum; they change what a network that cannot reach it gets right.

    It is called as loss(network, x, *condition), where network(x_t, t, *condition) → the shape of x: a loss of
    `training.train_model`. Sources: Ho et al. 2020 (noise), Lipman et al. 2023; Liu et al. 2023 (velocity).
    """

    path: ProbabilityPath = LinearPath()
    predicts: str = "velocity"
    times: Callable[[int, Tensor], Tensor] = uniform_times
    weight: Callable[[Tensor], Tensor] | None = None

    def __post_init__(self):
        require_kind("path", self.path, ProbabilityPath)
        require_choice("predicts", self.predicts, PREDICTIONS)
        require_function("times", self.times, "a function (n, like) that returns n times", takes=2)
        if self.weight is not None:
            require_function("weight", self.weight, "a function of times", takes=1)

    def __call__(self, network: Callable[..., Tensor], x: Tensor, *condition: Tensor) -> Tensor:
        require_function("network", network, "a function (x_t, t) → velocities", takes=2 + len(condition))
        require_tensor("x", x, ("n", ...), "a batch of data")
        noise, t = torch.randn_like(x), self.times(len(x), x)
        made = network(self.path.place(x, noise, t), t, *condition)
        require_same_shape(f"a {self.predicts} for each sample", made=made, x=x)
        costs = (made - self.path.target(self.predicts, x, noise, t)).square().flatten(1).sum(1)
        return (costs if self.weight is None else self.weight(t) * costs).mean()
