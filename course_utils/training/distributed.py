"""One run over several processes (GPUs, machines): `torchrun --nproc-per-node 2 script.py`, with the same calls inside.

Process 0's state is handed to all at the start. From then on each process draws the joint batch of `batch_size` from
the same random stream, computes its share of it, and steps with the mean of all gradients: so all hold the same weights
throughout, and N processes equal one with the joint batch, but for rounding. A loss must be a mean over its batch, and
all processes must make the same calls; callbacks run in each. What compares the samples of a batch sees only a share of
it: BatchNorm's statistics in training (the running ones are averaged after each step), MinibatchStd, feature matching,
free bits, DRAGAN's spread. For what networks and losses draw see `randomness.JointDraws`. An ensemble shares out its
members' batches, not its seeds.

DistributedDataParallel is not used: it exchanges gradients whenever a backward pass reaches a wrapped network, expects
one forward pass before it, and knows no `autograd.grad` inside. Here G's loss runs back through D, which is called
several times a step and differentiated twice by its penalties. So a player's gradients are averaged right before its
optimiser steps, in one message: through NCCL on CUDA, where each process needs its own device, else through gloo.
"""

import atexit
import gc
import io
import socket
from collections.abc import Callable, Iterable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from course_utils.training.randomness import JointDraws


class ProcessLost(RuntimeError):
    """Another process of the run has ended, so this one cannot go on."""


def processes() -> int:
    """How many share the run: 1, unless torchrun, or a process group of the caller's (gloo for the CPU), says more."""
    if not dist.is_available() or not (dist.is_initialized() or dist.is_torchelastic_launched()):
        return 1
    if not dist.is_initialized():
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
        atexit.register(_leave)
    return dist.get_world_size()


def _leave() -> None:
    """At the end of the program. Else the group's threads are still running when Python ends, which now and then aborts
    it (2 of 25 runs): "terminate called without an active exception".
    """
    if dist.is_initialized():
        gc.collect()  # what is left of a run that an exception has ended may hold a message that is still under way
        dist.destroy_process_group()
        gc.collect()


def is_first() -> bool:
    """Whether this process is the one that writes checkpoints and reports."""
    return processes() == 1 or dist.get_rank() == 0


def share_of_batch(batch_size: int) -> int:
    """This process's part of the joint batch. Raises ValueError if it cannot be shared out equally."""
    if batch_size % processes():
        raise ValueError(f"batch_size {batch_size} cannot be shared out equally over {processes()} processes")
    return batch_size // processes()


def share_of(sample: Callable[[int], Any]) -> Callable[[int], Any]:
    """`sample` itself; with several processes, a function of n that draws n for each and returns this one's rows."""

    def sample_share(n: int) -> Any:
        with JointDraws.paused():
            drawn = sample(n * processes())
        rows = slice(dist.get_rank() * n, (dist.get_rank() + 1) * n)
        return tuple(t[rows] for t in drawn) if isinstance(drawn, tuple) else drawn[rows]

    return sample_share if processes() > 1 else sample


def require_together(config: dict[str, Any], device: torch.device, engine: str) -> None:
    """Raises ValueError unless all processes make the same call, on CUDA each on a device of its own."""
    if processes() == 1:
        return
    if engine not in ("auto", "eager"):
        raise ValueError(f"several processes train with engine='eager': {engine!r} would not exchange their gradients")
    place = f"{socket.gethostname()} {torch.cuda.get_device_properties(device).uuid}" if device.type == "cuda" else None
    calls = [None] * processes()
    _exchange(dist.all_gather_object, calls, (config, place))
    for rank, (other, _) in enumerate(calls):
        if differing := [key for key in config if other.get(key) != calls[0][0].get(key)]:
            raise ValueError(f"process {rank} was called with another {', '.join(differing)} than process 0")
    if place and len({place for _, place in calls}) < processes():
        raise ValueError("two share a CUDA device: begin with torch.cuda.set_device(int(os.environ['LOCAL_RANK']))")


def of_first(state: dict | None) -> dict:
    """Process 0's `state`, on the CPU, in every process."""
    buffer = io.BytesIO()
    torch.save(state if is_first() else None, buffer)
    content = [buffer.getvalue()]
    _exchange(dist.broadcast_object_list, content, src=0)
    return torch.load(io.BytesIO(content[0]), map_location="cpu", weights_only=True)


def any_of(flag: object) -> bool:
    """Whether it is true in any process, so that all stop at the same step. It waits for them, but for no device."""
    flags = torch.tensor(int(bool(flag)))
    _exchange(dist.all_reduce, flags)
    return bool(flags)


def average(tensors: Iterable[Tensor]) -> None:
    """Replace each of these tensors of any shapes by its mean over the processes, in one message."""
    tensors = [t.detach() for t in tensors]
    mean = torch.cat([t.flatten() for t in tensors])
    _exchange(dist.all_reduce, mean)
    mean /= processes()
    for t, part in zip(tensors, mean.split([t.numel() for t in tensors]), strict=True):
        t.copy_(part.view_as(t))


def _exchange(collective: Callable, *arguments: Any, **options: Any) -> None:
    try:
        collective(*arguments, **options)
    except RuntimeError as error:
        raise ProcessLost(
            f"another process of this run has ended, so process {dist.get_rank()} stops too. The same command again "
            "goes on from the checkpoint, if the run has one"
        ) from error
