"""The loop that all training shares: what a step is, and how it is repeated, watched, stopped and resumed."""

import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.objectives import Penalty
from course_utils.progress import progress_bar
from course_utils.training import distributed
from course_utils.training.averaging import AveragedModel
from course_utils.training.checkpoint import Checkpoint
from course_utils.training.engine import choose, prepare, sharing
from course_utils.training.interrupt import deferred_interrupt
from course_utils.training.randomness import Streams, forked_random_state, random_state, set_random_state
from course_utils.training.run import Run, every
from course_utils.training.schedules import Schedule, scale_learning_rate


class TrainingDiverged(RuntimeError):
    """A loss became NaN or infinite. `.run` holds the run up to there."""

    def __init__(self, message: str, run: Run):
        super().__init__(message)
        self.run = run


class Step:
    """One update of all networks, as a pure tensor program: what a kind of training has of its own.

    No `.item()`, no Python randomness, no loader: everything happens on the device, so the same step can be run
    eagerly, through `torch.compile`, or as a captured CUDA graph (`engine.py`). Calling it updates the networks and
    returns the numbers of `columns` as one tensor on the device, for an ensemble [len(columns), K].
    """

    columns: tuple[str, ...]
    networks: dict[str, nn.Module]  # by the names under which a checkpoint keeps them
    optimizers: dict[str, Optimizer]
    averaged: AveragedModel | None = None
    streams: Streams | None = None
    penalty: Penalty | None = None
    penalty_every: int = 1

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


def run_steps(
    step: Step,
    run: Run,
    config: dict[str, Any],
    *,
    seed: int,
    schedule: Schedule,
    engine: str,
    callbacks: Sequence[every],
    checkpoint: str | os.PathLike | None,
    checkpoint_every: int | None,
    progress: bool,
) -> None:
    """Repeat `step` until `run.rows` is full, or the run is interrupted. `config` tells this run from others.

    For the options see `train_gan`.
    """
    steps = len(run.rows)
    require_callbacks(callbacks)
    # Asked for now, while the networks are not wrapped by a compiler.
    parts = step.networks | step.optimizers | ({"ema": step.averaged.model} if step.averaged else {})
    config = {
        "networks": [[name, list(p.shape)] for net in step.networks.values() for name, p in net.named_parameters()],
        "steps": steps,
        "optimizers": [_settings(optimizer) for optimizer in step.optimizers.values()],
        "schedule": name_of(schedule),
        **config,
    }
    first = distributed.is_first()
    progress = progress and first
    saved = Checkpoint(checkpoint, config) if checkpoint is not None else None
    checkpoint_every = checkpoint_every or max(1, steps // 10)
    report_every = max(1, steps // 100)
    writing = {"checkpoint_every": checkpoint_every if saved else None}
    distributed.require_together(config | writing, run.device, engine)
    run.engine, reason = choose(step, engine)
    if progress and engine == "auto":
        print(f"Engine: {run.engine}, because {reason}.")

    with (
        forked_random_state(run.device, seed),
        deferred_interrupt() as interrupted,
        sharing(step) as shared_step,
        progress_bar(steps, "step", wanted=progress) as bar,
    ):
        state = saved.load() if saved and first else None
        if shared_step:
            state = distributed.of_first(state or _state(run, parts, step.streams))
        if state:
            _restore(run, parts, step.streams, state)
        take_step, in_any = (shared_step, distributed.any_of) if shared_step else (prepare(step, run.engine), bool)
        first_step = checked = run.steps_done
        started = time.perf_counter() - run.seconds
        bar.update(first_step)
        if first_step == 0:
            for callback in callbacks:
                callback(run, at_end=False)
        ended, factor = run.steps_done == steps, None
        while not ended:
            if (new_factor := schedule(run.steps_done / steps)) != factor:
                factor = new_factor
                for optimizer in step.optimizers.values():
                    scale_learning_rate(optimizer, factor)
            if step.averaged:
                step.averaged.set_update_number(run.steps_done)
            step.set_progress(run.steps_done / steps)
            run.rows[run.steps_done] = take_step(step.penalty_weight(run.steps_done))
            run.steps_done += 1
            run.seconds = time.perf_counter() - started

            ended = run.steps_done == steps or in_any(interrupted)
            saving = saved is not None and (run.steps_done % checkpoint_every == 0 or ended)
            if run.steps_done % report_every == 0 or saving or ended:
                bar.set_postfix(_finite_losses(run, checked), refresh=False)  # the only place that waits for the device
                bar.update(run.steps_done - checked)
                checked = run.steps_done
            for callback in callbacks:
                callback(run, at_end=ended)
            if saving:  # after the callbacks, which may change what the next step depends on: a noise level, say
                if first:
                    saved.save(_state(run, parts, step.streams))
                in_any(False)  # the others wait for it
    run.interrupted = run.steps_done < steps
    if progress:
        print(_closing_line(run, steps, first_step))


def require_callbacks(callbacks: Sequence[every]) -> None:
    """Raises ValueError for a callback that does not say when it is due."""
    if not all(isinstance(callback, every) for callback in callbacks):
        raise ValueError("callbacks must say when they are due: callbacks=[every(100, function)]")


def require_counts(**counts: int) -> None:
    """Raises ValueError unless each of these options is at least 1."""
    if min(counts.values()) < 1:
        raise ValueError(f"{', '.join(counts)} must be at least 1, not {', '.join(map(str, counts.values()))}")


def name_of(function: Callable | None) -> str:
    """What tells one schedule or penalty from another in a checkpoint: its name, and the arguments it was made with."""
    if isinstance(function, partial):
        return f"{name_of(function.func)}{function.args}{function.keywords}"
    return getattr(function, "__name__", type(function).__name__)


def _finite_losses(run: Run, checked: int) -> dict[str, str]:
    """The latest losses, as text for the bar; raises TrainingDiverged if any step since `checked` has a bad number."""
    rows = run.rows[checked : run.steps_done].cpu()
    if not rows.isfinite().all():
        row, column, *member = (~rows.isfinite()).nonzero()[0].tolist()
        run.steps_done = checked + row + 1
        whose = f" of member {member[0]}" if member else ""
        raise TrainingDiverged(
            f"{run.columns[column]}{whose} became {rows[row, column, *member].item()} at step {run.steps_done:,}. "
            "Usual causes: a learning rate that is too high; log(sigmoid(x)) in place of a loss on logits; a critic "
            "without a Lipschitz constraint; data that are not scaled to [-1, 1] or hold NaN; float16. The run so far "
            "is in the exception's .run",
            run,
        )
    latest = zip(run.columns, rows[-1], strict=True)
    return {key.replace("_", " ").capitalize(): f"{value.mean():.3f}" for key, value in latest if key.endswith("loss")}


def _state(run: Run, parts: dict, streams: Streams | None) -> dict:
    """Everything that the rest of the run depends on."""
    state = {name: part.state_dict() for name, part in parts.items()}
    return state | {
        "rows": run.rows[: run.steps_done].clone(),
        "seconds": run.seconds,
        "random": random_state(run.device),
        "streams": list(streams.states) if streams else [],
    }


def _restore(run: Run, parts: dict, streams: Streams | None, state: dict) -> None:
    for name, part in parts.items():
        part.load_state_dict(state[name])
    run.steps_done, run.seconds = len(state["rows"]), state["seconds"]
    run.rows[: run.steps_done] = state["rows"].to(run.device)
    set_random_state(state["random"], run.device)
    if streams:
        streams.states = state["streams"]


def _settings(optimizer: Optimizer) -> list:
    """An optimiser's kind and learning rates, for a checkpoint to compare."""
    rates = [float(group.get("initial_lr", group["lr"])) for group in optimizer.param_groups]
    return [type(optimizer).__name__, *rates]


def _closing_line(run: Run, steps: int, first_step: int) -> str:
    resumed = f", resumed at {first_step:,}" if first_step else ""
    rate = f"{run.seconds:.0f} s" if run.seconds >= 10 else f"{run.seconds:.1f} s"
    if run.interrupted:
        return f"Stopped after {run.steps_done:,} of {steps:,} steps ({rate}{resumed}): the run so far is kept."
    return f"Trained for {steps:,} steps in {rate}{resumed}."
