"""What a step is: one update of all networks, which the loop repeats."""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.objectives import Penalty
from course_utils.training.averaging import AveragedModel
from course_utils.training.randomness import Streams

# By the argument's name, such as "g_optimizer": who that is, the networks, and the optimiser.
Players = dict[str, tuple[str, list[nn.Module], Optimizer]]


class Step:
    """One update of all networks, as a pure tensor program: what a kind of training has of its own.

    No `.item()`, no Python randomness, no loader: everything happens on the device, so the same step can be run
    eagerly, through `torch.compile`, or as a captured CUDA graph (`engine.py`). Calling it updates the networks and
    returns the numbers of `columns` as one tensor on the device, for an ensemble [len(columns), K].
    """

    columns: tuple[str, ...]
    networks: dict[str, nn.Module]  # by the names under which a checkpoint keeps them
    optimizers: dict[str, Optimizer]
    samples: dict[str, Any]  # what it draws its batches from, by the name of the argument
    averaged: AveragedModel | None = None
    streams: Streams | None = None
    penalty: Penalty | None = None
    penalty_every: int = 1

    def players(self) -> Players:
        """Whose weights each optimiser moves."""
        raise NotImplementedError

    def note_trained(self) -> None:
        """Take down which weights are trained: they may be frozen and thawed between two parts of a run.

        What is left of earlier gradients goes: an optimiser would move a frozen weight by it.
        """
        for network in self.networks.values():
            clear_gradients(network.parameters())
        self._trained = self._trained_now()

    def trains_others(self) -> bool:
        """Whether weights have been frozen or thawed since `note_trained`."""
        return self._trained != self._trained_now()

    def _trained_now(self) -> list[bool]:
        return [weight.requires_grad for network in self.networks.values() for weight in network.parameters()]

    @property
    def device(self) -> torch.device:
        return next(next(iter(self.networks.values())).parameters()).device

    def empty_rows(self, steps: int) -> Tensor:
        """Room for the history of a run on the device: [steps, len(columns)], for an ensemble [steps, …, K]."""
        members = [self.streams.members] if self.streams else []
        return torch.zeros(steps, len(self.columns), *members, device=self.device)

    def penalty_weight(self, steps_done: int) -> float:
        """What the next call is given. Lazy regularisation: k in every k-th step, 0 in the others (or without penalty).

        It tells apart the variants of a step, each of which is one captured graph.
        """
        return self.penalty_every if self.penalty is not None and steps_done % self.penalty_every == 0 else 0.0

    def set_progress(self, progress: float) -> None:
        """Called before each step with the share of the run that is done, for what changes during a run."""

    def compile(self) -> None:
        """Hand what takes the time to torch.compile."""
        raise NotImplementedError

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        raise NotImplementedError


def trained(parameters: Iterable[nn.Parameter]) -> list[nn.Parameter]:
    """Those that an update may move; a frozen one (`requires_grad_(False)`) is left alone."""
    return [parameter for parameter in parameters if parameter.requires_grad]


def clear_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """What `optimizer.zero_grad()` does, without its profiling hooks, which cost small networks 2 % of a step."""
    for parameter in parameters:
        parameter.grad = None
