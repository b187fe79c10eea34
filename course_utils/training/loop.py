"""The loop that all training shares: how a step is repeated, watched, stopped, saved and continued."""

import os
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from course_utils.inputs import require_count, require_function, shown
from course_utils.progress import progress_bar
from course_utils.training import distributed
from course_utils.training.batches import LoaderBatches
from course_utils.training.checkpoint import Checkpoint, CheckpointError
from course_utils.training.engine import choose, prepare, require_engine, sharing
from course_utils.training.fit import require_network
from course_utils.training.identity import describe
from course_utils.training.interrupt import deferred_interrupt
from course_utils.training.randomness import Streams, forked_random_state, random_state, set_random_state
from course_utils.training.run import Run, every
from course_utils.training.schedules import Rates, Schedule
from course_utils.training.step import Step


class TrainingDiverged(RuntimeError):
    """A loss or a weight became NaN or infinite. `.run` holds the run up to there."""


@dataclass(kw_only=True, eq=False)
class Loop:
    """One training: a step, the run that it fills, and the way in which it is repeated.

    `run.loop` is what `go_on` takes up again. `identity` tells this run from others. For the options see `train_gan`.
    """

    step: Step
    run: Run
    identity: dict[str, Any]
    seed: int
    schedule: Schedule
    engine: str
    callbacks: Sequence[every]
    checkpoint: str | os.PathLike | None
    checkpoint_every: int | None
    progress: bool
    random: dict[str, Tensor] | None = field(default=None, init=False)  # the streams after the last step
    torn: bool = field(default=False, init=False)  # whether an update was broken off half-way

    def __post_init__(self):
        require_callbacks(self.callbacks)
        require_function("schedule", self.schedule, "a function from progress in 0 … 1 to a multiple of the rate")
        if self.checkpoint_every is not None:
            self.checkpoint_every = require_count("checkpoint_every", self.checkpoint_every)
        require_engine(self.engine)
        self.run.loop = self

    def repeat(self) -> None:
        """Repeat the step until `run.rows` is full, or the run is interrupted.

        Whatever exception ends it carries the run so far in `.run`.
        """
        step, run, steps = self.step, self.run, len(self.run.rows)
        saved = Checkpoint(self.checkpoint, self._described()) if self.checkpoint is not None else None
        first = distributed.is_first()
        progress = self.progress and first
        checkpoint_every = self.checkpoint_every or max(1, steps // 10)
        report_every = max(1, steps // 100)
        writing = {"steps": steps, "checkpoint_every": checkpoint_every if saved else None}
        distributed.require_together(describe(self.identity) | writing, run.device, self.engine)
        # Asked for now, while the networks are not wrapped by a compiler.
        parts = step.networks | step.optimizers | ({"ema": step.averaged.model} if step.averaged else {})
        rates = Rates(step.optimizers.values())
        run.engine, reason = choose(step, self.engine)
        if progress:
            self._remark(reason)

        with (
            saved.held() if saved and first else nullcontext(),
            forked_random_state(run.device, self.seed),
            deferred_interrupt() as interrupted,
            sharing(step) as shared_step,
            progress_bar(steps, "step", wanted=progress) as bar,
            self._kept(),
        ):
            self._start(saved if first else None, parts, bool(shared_step))
            take_step, in_any = (shared_step, distributed.any_of) if shared_step else (prepare(step, run.engine), bool)
            first_step = checked = run.steps_done
            started = time.perf_counter() - run.seconds
            bar.update(first_step)
            if first_step == 0:
                for callback in self.callbacks:
                    callback(run, at_end=False)
            ended = run.steps_done == steps
            try:
                while not ended:
                    rates.scale(self.schedule(run.steps_done / steps))
                    if step.averaged:
                        step.averaged.set_update_number(run.steps_done)
                    step.set_progress(run.steps_done / steps)
                    self.torn = True
                    run.rows[run.steps_done] = take_step(step.penalty_weight(run.steps_done))
                    self.torn = False
                    run.steps_done += 1
                    run.seconds = time.perf_counter() - started

                    ended = run.steps_done == steps or in_any(interrupted)
                    saving = saved is not None and (run.steps_done % checkpoint_every == 0 or ended)
                    if run.steps_done % report_every == 0 or saving or ended:
                        bar.set_postfix(_finite_losses(run, checked), refresh=False)  # here the host waits
                        bar.update(run.steps_done - checked)
                        checked = run.steps_done
                    if saving or ended:
                        _require_finite_weights(run, step)
                    for callback in self.callbacks:
                        callback(run, at_end=ended)
                    if saving:  # after the callbacks, which may change what the next step depends on (a noise level)
                        if first:
                            saved.save(_state(run, parts, step.streams))
                        in_any(False)  # the others wait for it
            finally:
                rates.put_back()
        run.interrupted = run.steps_done < steps
        if progress:
            print(_closing_line(run, steps, first_step))

    def _described(self) -> dict[str, Any]:
        """What this run is, for its checkpoint: not how long it is, as a run may be continued."""
        step = self.step
        parts = {"networks": step.networks, "optimizers": step.optimizers, "schedule": self.schedule}
        data = [sample.fingerprint() for sample in step.samples.values()]
        drawn = {self.run.device.type: None if None in data else data}  # the same seed draws others elsewhere
        return describe(parts | self.identity) | {"data": describe(drawn)}

    def _remark(self, reason: str) -> None:
        """What a user should know before the first step."""
        if self.engine == "auto":
            print(f"Engine: {self.run.engine}, because {reason}.")
        for batches in self.step.samples.values():
            if isinstance(batches.sample, LoaderBatches):
                print(batches.sample.remark(self.step.batch_size))

    def _start(self, saved: Checkpoint | None, parts: dict, shared: bool) -> None:
        """Put everything where the run is to begin: at its start, at its checkpoint, or where it was left."""
        if self.random is not None:
            set_random_state(self.random, self.run.device)
            return
        state = saved.load() if saved else None
        if shared:
            state = distributed.of_first(state or _state(self.run, parts, self.step.streams))
        if state:
            if saved and (was := state["steps"]) != len(self.run.rows):
                self._require_longer(len(state["rows"]), saved)
                self.say_if_longer_differs(was, len(state["rows"]))
            _restore(self.run, parts, self.step.streams, state)

    def _require_longer(self, done: int, saved: Checkpoint) -> None:
        steps = len(self.run.rows)
        if done > steps:
            raise CheckpointError(
                f"{saved.path} holds a run of {done:,} steps already, more than the {steps:,} asked for: ask for at "
                "least as many, or give another path"
            )

    def say_if_longer_differs(self, was: int, done: int) -> None:
        """A run that was made for `was` steps becomes one of another length, after `done` steps: is it the same run?"""
        changing = {"schedule": self.schedule, "annealing": getattr(self.step, "anneal", None)}
        for name, function in changing.items():
            if function and any(function(i / was) != function(i / len(self.run.rows)) for i in range(done)):
                warnings.warn(
                    f"the {name} depends on the length of the run, so the first {done:,} steps are not those of a run "
                    f"of {len(self.run.rows):,}: from here on it is that of the longer run "
                    f"({function(done / was):.3g} becomes {function(done / len(self.run.rows)):.3g})",
                    stacklevel=4,
                )

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Whatever ends the loop, the run stays in reach, with the random streams that it goes on with."""
        run = self.run
        try:
            yield
        except BaseException as error:
            run.interrupted = run.steps_done < len(run.rows)
            error.run = run
            if not isinstance(error, TrainingDiverged):
                error.add_note(f"The {run.steps_done:,} steps so far are in the exception's .run: training.go_on(run)")
            raise
        finally:
            self.random = random_state(run.device)


def go_on(
    run: Run, steps: int | None = None, *, callbacks: Sequence[every] | None = None, progress: bool | None = None
) -> Run:
    """Train `run` for `steps` more updates, or for those that are left of it, and return it, grown longer.

    Networks, optimisers, averages, history and random streams go on from where they are: the result is bit for bit that
    of the whole number of steps at once. A schedule or annealing that depends on the length of the run cannot keep that
    promise: it follows the longer run from here on, and a warning says so. What has been changed by hand since, such as
    a learning rate, stays changed. `callbacks` and `progress` are those of the run, if no others are given; its
    checkpoint is written on. Raises ValueError where nothing is left to do, or the weights are not finite.
    """
    if not isinstance(run, Run) or run.loop is None:
        raise ValueError(f"go_on continues the run that a train_… function returned, not {shown(run)}")
    loop, was = run.loop, len(run.rows)
    left = was - run.steps_done
    if steps is None and not left:
        raise ValueError(f"this run has done its {was:,} steps: say how many more, go_on(run, steps=…)")
    total = run.steps_done + (left if steps is None else require_count("steps", steps))
    if loop.torn:
        warnings.warn(
            f"an update was broken off after step {run.steps_done:,}, so some weights have moved and others have not: "
            "the run goes on, but not as one that was never stopped (a checkpoint would)",
            stacklevel=2,
        )
        loop.torn = False
    for name, network in loop.step.networks.items():
        require_network(name, network)
    if callbacks is not None:
        require_callbacks(callbacks)
        loop.callbacks = callbacks
    loop.progress = loop.progress if progress is None else progress
    rows = loop.step.empty_rows(total)
    rows[: run.steps_done] = run.rows[: run.steps_done]
    run.rows = rows
    if total != was:
        loop.say_if_longer_differs(was, run.steps_done)
    run.interrupted = False
    loop.repeat()
    return run


def require_callbacks(callbacks: Sequence[every]) -> None:
    """Raises ValueError for a callback that does not say when it is due."""
    if not isinstance(callbacks, list | tuple) or not all(isinstance(callback, every) for callback in callbacks):
        raise ValueError("callbacks must say when they are due: callbacks=[every(100, function)]")


def _finite_losses(run: Run, checked: int) -> dict[str, str]:
    """The latest losses, as text for the bar; raises TrainingDiverged if any step since `checked` has a bad number."""
    rows = run.rows[checked : run.steps_done].cpu()
    if not rows.isfinite().all():
        row, column, *member = (~rows.isfinite()).nonzero()[0].tolist()
        run.steps_done = checked + row + 1
        whose = f" of member {member[0]}" if member else ""
        raise TrainingDiverged(
            f"{run.columns[column]}{whose} became {rows[row, column, *member].item()} at step {run.steps_done:,}. "
            f"{_USUAL_CAUSES} The run so far is in the exception's .run"
        )
    latest = zip(run.columns, rows[-1], strict=True)
    return {key.replace("_", " ").capitalize(): f"{value.mean():.3f}" for key, value in latest if key.endswith("loss")}


_USUAL_CAUSES = (
    "Usual causes: a learning rate that is too high; log(sigmoid(x)) in place of a loss on logits; a critic without a "
    "Lipschitz constraint; data that are not scaled to [-1, 1] or hold NaN; float16."
)


def _require_finite_weights(run: Run, step: Step) -> None:
    """A loss can be finite and its gradient NaN: then it is the weights that show it."""
    networks = step.networks | ({"average": step.averaged.model} if step.averaged else {})
    for name, network in networks.items():
        values = {key: value for key, value in network.state_dict().items() if value.is_floating_point()}
        finite = torch.stack([value.isfinite().all() for value in values.values()]).tolist()
        if not all(finite):
            raise TrainingDiverged(
                f"the {name}'s {list(values)[finite.index(False)]} is NaN or infinite after step {run.steps_done:,}, "
                "though the losses are finite: a gradient was not, such as that of a square root at 0 or of a norm of "
                f"zeros. {_USUAL_CAUSES} The run is in the exception's .run; its checkpoint, if it has one, is older"
            )


def _state(run: Run, parts: dict, streams: Streams | None) -> dict:
    """Everything that the rest of the run depends on."""
    state = {name: part.state_dict() for name, part in parts.items()}
    return state | {
        "rows": run.rows[: run.steps_done].clone(),
        "steps": len(run.rows),
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


def _closing_line(run: Run, steps: int, first_step: int) -> str:
    resumed = f", resumed at {first_step:,}" if first_step else ""
    rate = f"{run.seconds:.0f} s" if run.seconds >= 10 else f"{run.seconds:.1f} s"
    if run.interrupted:
        return f"Stopped after {run.steps_done:,} of {steps:,} steps ({rate}{resumed}): the run so far is kept."
    return f"Trained for {steps:,} steps in {rate}{resumed}."
