"""Three ways to run the same step: eagerly, compiled, or as one captured CUDA graph; and one process's share of it.

`"auto"` chooses among them. The fourth way, K seeds as one batched program, is `training.train_ensemble`: it changes
what a step is, and goes with any of the three.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor
from torch.optim import Optimizer

from course_utils.training.distributed import average, processes
from course_utils.training.randomness import JointDraws
from course_utils.training.step import Step

ENGINES = ("auto", "eager", "compile", "cuda_graph")
_WARM_UP_STEPS = 3


def require_engine(engine: str) -> None:
    """Raises ValueError for an engine that there is not."""
    if engine not in ENGINES:
        raise ValueError(f"unknown engine {engine!r}; choose one of {', '.join(ENGINES)}")


def choose(step: Step, engine: str) -> tuple[str, str]:
    """The engine to use, and the reason in words; only `"auto"` leaves a choice.

    Compiling is not chosen: on a CPU it takes half a minute and made our steps at most a quarter faster
    (benchmarks/RESULTS.md). Raises ValueError for an unknown engine, or CUDA graphs where there can be none.
    """
    require_engine(engine)
    if engine in ("eager", "compile"):
        return engine, "as asked for"
    obstacle = _obstacle_to_capture(step)
    if engine == "auto" and obstacle:
        return "eager", obstacle
    if obstacle:
        raise ValueError(f"a CUDA graph cannot be captured: {obstacle}; use engine='eager'")
    return "cuda_graph", "all kernels of a step are launched at once" if engine == "auto" else "as asked for"


def _obstacle_to_capture(step: Step) -> str | None:
    """Why this step cannot become a CUDA graph, if it cannot."""
    if step.device.type != "cuda":
        return f"the networks are on a device of type {step.device.type!r}, and graphs are CUDA's"
    if processes() > 1:
        return "several processes exchange their gradients in the middle of a step"
    if step.streams and not step.streams.capturable:
        return "each member has a random stream of its own, on the host (own_streams=False changes that)"
    for optimizer in step.optimizers.values():
        if any("capturable" not in group for group in optimizer.param_groups):
            name = type(optimizer).__name__
            return f"{name} takes its learning rate from the host, so a graph would keep the first one (Adam need not)"
    return None


def prepare(step: Step, engine: str) -> Callable[[float], Tensor]:
    """`step`, to be run by an engine that `choose` has returned."""
    if engine == "compile":
        step.compile()
    return _CapturedStep(step) if engine == "cuda_graph" else step


@contextmanager
def sharing(step: Step) -> Iterator[Callable[[float], Tensor] | None]:
    """Yields `step` as one of several processes runs it; None if there is one process.

    Gradients are averaged over the processes before an optimiser's step; the returned numbers and the networks' buffers
    (BatchNorm's running statistics) after the whole of it.
    """
    if processes() == 1:
        yield None
        return
    networks = [*step.networks.values(), *([step.averaged.model] if step.averaged else [])]
    buffers = [b for network in networks for b in network.buffers() if b.is_floating_point()]
    draws = JointDraws(processes(), dist.get_rank())

    def take_step(penalty_weight: float) -> Tensor:
        with draws:
            row = step(penalty_weight)
        average([row, *buffers])
        return row

    def average_gradients(optimizer: Optimizer, _arguments: tuple, _keywords: dict) -> None:
        average(p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None)

    hooks = [optimizer.register_step_pre_hook(average_gradients) for optimizer in step.optimizers.values()]
    try:
        yield take_step
    finally:
        for hook in hooks:
            hook.remove()


class _CapturedStep:
    """Replays the step's kernels in one launch: for small networks, launching them one by one is what takes the time.

    There is one graph for each penalty weight (0, and the one of lazy regularisation). The first three calls with a
    weight run eagerly on a side stream, as capture needs warmed-up libraries and allocated optimiser state; they are
    ordinary training steps. Source: PyTorch's notes on CUDA graphs, "whole-network capture".
    """

    def __init__(self, step: Step):
        self.step = step
        self.stream = torch.cuda.Stream(step.device)
        self.calls: Counter[float] = Counter()
        self.captured: dict[float, tuple[torch.cuda.CUDAGraph, Tensor]] = {}  # the graph, and the row that it fills
        for optimizer in step.optimizers.values():
            for group in optimizer.param_groups:
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
