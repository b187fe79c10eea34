"""One seed for everything random, and a way to look at a run without changing it.

All random numbers of the course come from torch's global generators (the CPU's and the accelerator's), because dropout
and captured CUDA graphs can use no others. So their states are what a checkpoint must hold.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from course_utils.inputs import require_count


def require_seed(seed: int, name: str = "seed") -> int:
    """A whole number that torch takes as a seed; raises ValueError for any other value."""
    return require_count(name, seed, least=-(2**63), most=2**63 - 1)


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The states of the generators that a run on `device` draws from, as byte tensors."""
    state = {"cpu": torch.get_rng_state()}
    for name in _drawing(device) - {"cpu"}:
        state[name] = torch.get_device_module(name).get_rng_state(device)
    return state


def set_random_state(state: dict[str, Tensor], device: torch.device) -> None:
    """Put back what `random_state` returned.

    Where that was asked about a device of another type, some generator here has no state to put back. All are then
    seeded from the states that there are: another random stream than before, but the same one each time.
    """
    if state.keys() != _drawing(device):
        kept = b"".join(state[name].cpu().numpy().tobytes() for name in sorted(state))
        torch.manual_seed(zlib.crc32(kept))
        return
    torch.set_rng_state(state["cpu"].cpu())
    for name in _drawing(device) - {"cpu"}:
        torch.get_device_module(name).set_rng_state(state[name].cpu(), device)


def _drawing(device: torch.device) -> set[str]:
    """The types of the devices whose generators a run on `device` draws from."""
    return {"cpu", device.type} - {"meta"}  # meta tensors hold no numbers


@contextmanager
def forked_random_state(device: torch.device, seed: int | None = None) -> Iterator[None]:
    """Inside, draw from `seed` (or go on from the present state); afterwards, nothing outside has moved."""
    devices = {device.type: device}
    if seed is not None and torch.accelerator.is_available():  # torch.manual_seed seeds the accelerator as well
        accelerator = torch.accelerator.current_accelerator()
        devices = {accelerator.type: accelerator, **devices}
    states = {place: random_state(place) for place in devices.values()}
    try:
        if seed is not None:
            torch.manual_seed(seed)
        yield
    finally:
        for place, state in states.items():
            set_random_state(state, place)


class MemberStreams:
    """One random stream for each member of an ensemble: member k draws what a single run with its seed draws."""

    capturable = False

    def __init__(self, seeds: Sequence[int], device: torch.device):
        self.device, self.members = device, len(seeds)
        self.states = []
        for seed in seeds:
            with forked_random_state(device, seed):
                self.states.append(random_state(device))

    def draw(self, sample: Callable[[int], Tensor], n: int) -> Tensor:
        """`sample(n)`, called once in each stream: [K, n, …]. The stream outside stays where it was."""
        drawn = []
        with forked_random_state(self.device):
            for k, state in enumerate(self.states):
                set_random_state(state, self.device)
                drawn.append(sample(n))
                self.states[k] = random_state(self.device)
        return torch.stack(drawn)


class JointStream:
    """One random stream for all members of an ensemble: each draws its own numbers, but none those of a single run.

    It asks nothing of the host, so a CUDA graph can hold it.
    """

    capturable = True
    states = ()  # nothing to keep: the numbers come from the stream of the run

    def __init__(self, members: int):
        self.members = members

    def draw(self, sample: Callable[[int], Tensor], n: int) -> Tensor:
        """`sample(K·n)`, whose rows are independent, dealt out to the members: [K, n, …]."""
        return sample(self.members * n).unflatten(0, (self.members, n))


Streams = MemberStreams | JointStream


class JointDraws(TorchFunctionMode):
    """Inside, random numbers are drawn for `count` processes that share a batch, and cut to the rows of this one.

    So all use up the same random stream, and hold the rows that one process with the joint batch would hold, where the
    batch is the first axis. Where it is not, or a network judges real and generated samples in one pass, they are as
    independent as they should be, but not the same numbers. Functions other than those of `FUNCTIONS` are left alone:
    their numbers repeat in each process.
    """

    FUNCTIONS = {
        torch.rand, torch.randn, torch.randint, torch.rand_like, torch.randn_like, torch.randint_like, torch.normal,
        torch.bernoulli, Tensor.bernoulli, Tensor.bernoulli_, Tensor.normal_, Tensor.uniform_, Tensor.exponential_,
        F.dropout, F.dropout1d, F.dropout2d, F.dropout3d, F.alpha_dropout, F.rrelu, F.gumbel_softmax,
    }  # fmt: skip
    _paused = False

    def __init__(self, count: int, rank: int):
        super().__init__()
        self.count, self.rank = count, rank

    @classmethod
    @contextmanager
    def paused(cls) -> Iterator[None]:
        """Inside, numbers are drawn as they are asked for."""
        cls._paused = True
        try:
            yield
        finally:
            cls._paused = False

    def __torch_function__(
        self, function: Callable, types: Any, args: tuple = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if self._paused or function not in self.FUNCTIONS:
            return function(*args, **kwargs)
        if function in (torch.rand, torch.randn) and args and isinstance(args[0], int):  # torch.rand(n, 2)
            args = (args,)
        joint = map(self._joint, args)
        drawn = function(*joint, **{name: self._joint(value) for name, value in kwargs.items()})
        mine = drawn.chunk(self.count)[self.rank] if drawn.ndim else drawn
        return args[0].copy_(mine) if function.__name__.endswith("_") else mine

    def _joint(self, value: Any) -> Any:
        """What is a size, or a tensor, of one share as that of all shares."""
        if isinstance(value, Tensor) and value.ndim:
            return torch.cat([value] * self.count)
        return (value[0] * self.count, *value[1:]) if isinstance(value, tuple | list) and value else value
