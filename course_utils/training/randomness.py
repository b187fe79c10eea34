"""One seed for everything random, and a way to look at a run without changing it.

All random numbers of the course come from torch's global generators (the CPU's and the accelerator's), because dropout
and captured CUDA graphs can use no others. So their states are what a checkpoint must hold.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The states of the generators that a run on `device` draws from, as byte tensors."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    elif device.type == "mps":
        state["mps"] = torch.mps.get_rng_state()
    return state


def set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    """Put back what `random_state` returned."""
    torch.set_rng_state(state["cpu"].cpu())
    if device.type == "cuda":
        torch.cuda.set_rng_state(state["cuda"].cpu(), device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state["mps"].cpu())


@contextmanager
def forked_random_state(device: torch.device, seed: int | None = None) -> Iterator[None]:
    """Inside, draw from `seed` (or go on from the present state); afterwards, nothing outside has moved."""
    state = random_state(device)
    try:
        if seed is not None:
            torch.manual_seed(seed)
        yield
    finally:
        set_random_state(state, device)


class MemberStreams:
    """One random stream for each member of an ensemble: member k draws what a single run with its seed draws."""

    def __init__(self, seeds: Sequence[int], device: torch.device):
        self.device = device
        self.states = []
        for seed in seeds:
            with forked_random_state(device, seed):
                self.states.append(random_state(device))

    def draw(self, sample: Callable[[], Tensor]) -> Tensor:
        """`sample()`, called once in each stream: [K, …]. The stream outside stays where it was."""
        drawn = []
        with forked_random_state(self.device):
            for k, state in enumerate(self.states):
                set_random_state(state, self.device)
                drawn.append(sample())
                self.states[k] = random_state(self.device)
        return torch.stack(drawn)
