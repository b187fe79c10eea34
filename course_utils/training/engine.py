"""Three ways to run the same step: eagerly, compiled, or as one captured CUDA graph."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from course_utils.training.loop import Step

ENGINES = ("eager", "compile", "cuda_graph")
_WARM_UP_STEPS = 3


def prepare(step: "Step", engine: str) -> Callable[[float], Tensor]:
    """`step`, to be run by `engine`. Raises ValueError for an unknown engine, or CUDA graphs without CUDA."""
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")
    if engine == "compile":
        step.compile()
    if engine == "cuda_graph":
        if step.device.type != "cuda":
            raise ValueError(f"the cuda_graph engine needs networks on a CUDA device, not on {step.device.type!r}")
        return _CapturedStep(step)
    return step


class _CapturedStep:
    """Replays the step's kernels in one launch: for small networks, launching them one by one is what takes the time.

    There is one graph for each penalty weight (0, and the one of lazy regularisation). The first three calls with a
    weight run eagerly on a side stream, as capture needs warmed-up libraries and allocated optimiser state; they are
    ordinary training steps. Source: PyTorch's notes on CUDA graphs, "whole-network capture".
    """

    def __init__(self, step: "Step"):
        self.step = step
        self.stream = torch.cuda.Stream(step.device)
        self.calls: Counter[float] = Counter()
        self.captured: dict[float, tuple[torch.cuda.CUDAGraph, Tensor]] = {}  # the graph, and the row that it fills
        for optimizer in step.optimizers.values():
            for group in optimizer.param_groups:
                if "capturable" not in group:
                    raise ValueError(
                        f"{type(optimizer).__name__} cannot be captured in a CUDA graph; use Adam, or engine='eager'"
                    )
                # On the device, so that the schedule's new rate reaches the captured kernels.
                group.update(capturable=True, lr=torch.as_tensor(float(group["lr"]), device=step.device))
            for state in optimizer.state.values():  # of an optimiser that has been used, or restored from a checkpoint
                state["step"] = torch.as_tensor(state["step"], device=step.device)

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        if penalty_weight not in self.captured:
            if self.calls[penalty_weight] < _WARM_UP_STEPS:
                self.calls[penalty_weight] += 1
                return self._warm_up(penalty_weight)
            self._capture(penalty_weight)
        graph, row = self.captured[penalty_weight]
        graph.replay()
        return row

    def _warm_up(self, penalty_weight: float) -> Tensor:
        main = torch.cuda.current_stream(self.step.device)
        self.stream.wait_stream(main)
        with torch.cuda.stream(self.stream):
            row = self.step(penalty_weight)
        main.wait_stream(self.stream)
        return row

    def _capture(self, penalty_weight: float) -> None:
        """Record the step's kernels without running them; its gradients live in the graph's own memory."""
        for optimizer in self.step.optimizers.values():
            optimizer.zero_grad()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            row = self.step(penalty_weight)
        self.captured[penalty_weight] = graph, row
