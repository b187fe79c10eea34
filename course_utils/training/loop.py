"""The loop that all training shares: how a step is repeated, watched, stopped, saved and continued."""

import os
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from course_utils.inputs import require_count, require_function
from course_utils.progress import WATCHERS, progress_bar
from course_utils.training import distributed
from course_utils.training.automatic import Automatic
from course_utils.training.batches import LoaderBatches
from course_utils.training.checkpoint import Checkpoint, CheckpointError
from course_utils.training.divergence import TrainingDiverged, finite_losses, require_finite_weights
from course_utils.training.engine import choose, prepare, require_engine, sharing
from course_utils.training.fit import require_network
from course_utils.training.identity import describe, marked
from course_utils.training.interrupt import STOPPED, deferred_interrupt
from course_utils.training.modes import Modes
from course_utils.training.ownership import require_ownership
from course_utils.training.randomness import forked_random_state, random_state, set_random_state
from course_utils.training.run import Run, every, require_callbacks
from course_utils.training.schedules import Rates, Schedule
from course_utils.training.state import restore, state_of
from course_utils.training.step import Step


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
    checkpoint: str | os.PathLike | bool | None
    checkpoint_every: int | None
    progress: bool
    call: dict[str, Any] = field(init=False)  # the identity in plain values, as it was at the start
    described: dict[str, Any] = field(default_factory=dict, init=False)  # what its checkpoint knows of it
    random: dict[str, Tensor] | None = field(default=None, init=False)  # the streams after the last step
    torn: bool = field(default=False, init=False)  # whether an update was broken off half-way
    running: bool = field(default=False, init=False)
    moved: bool = field(default=False, init=False)  # whether a player has moved alone: it is no run of this call
    afresh: bool = field(default=False, init=False)  # whether it begins again, and does not save itself
    saves: set[Path] = field(default_factory=set, init=False)  # the files in which it may have saved itself
    watching: list[Callable[[Run, bool], object]] = field(default_factory=list, init=False)

    def __post_init__(self):
        require_callbacks(self.callbacks)
        require_function(
            "schedule", self.schedule, "a function from progress in 0 … 1 to a multiple of the rate", takes=1
        )
        if self.checkpoint_every is not None:
            self.checkpoint_every = require_count("checkpoint_every", self.checkpoint_every)
        self.afresh = self.checkpoint is False
        self.checkpoint = None if self.afresh else self.checkpoint
        require_engine(self.engine)
        self.run.loop = self
        self.call = describe(self.identity)
        self.modes = Modes(*self.step.networks.values())

    def repeat(self, pause_after: int | None = None) -> None:
        """Repeat the step until `run.rows` is full, or the run is interrupted, by a user or after so many steps.

        Whatever exception ends it carries the run so far in `.run`.
        """
        step, run, steps = self.step, self.run, len(self.run.rows)
        pause_at = None if pause_after is None else run.steps_done + pause_after
        saved = Checkpoint(self.checkpoint, self._described()) if self.checkpoint is not None else None
        first = distributed.is_first()
        progress = self.progress and first
        checkpoint_every, report_every = self.checkpoint_every or max(1, steps // 10), max(1, steps // 100)
        writing = {"steps": steps, "checkpoint_every": checkpoint_every if saved else None}
        distributed.require_together(self.call | writing, run.device, self.engine)
        # Asked for now, while the networks are not wrapped by a compiler.
        parts = step.networks | step.optimizers | ({"ema": step.averaged.model} if step.averaged else {})
        rates = Rates(step.optimizers.values())
        run.engine, reason = choose(step, self.engine)
        if progress:
            self._remark(reason)
            self.watching = self.watching or [w for make in WATCHERS if (w := make(run))]  # where it was, if it goes on

        with (
            saved.held() if saved and first else nullcontext(),
            forked_random_state(run.device, self.seed),
            deferred_interrupt() as interrupted,
            sharing(step) as shared_step,
            progress_bar(steps, "step", wanted=progress) as bar,
            Automatic(self, parts) as own,
        ):
            self.modes.put_back()
            self._start(saved if first else None, parts, bool(shared_step))
            own.take_up()
            take_step, in_any = (shared_step, distributed.any_of) if shared_step else (prepare(step, run.engine), bool)
            first_step = checked = run.steps_done
            started = time.perf_counter() - run.seconds
            bar.update(first_step)
            with self._kept(rates):
                if first_step == 0:
                    self._call_back(ended=False)
                ended = run.steps_done == steps
                while not ended:
                    self.set_out(rates)
                    self.torn = True
                    try:
                        run.rows[run.steps_done] = take_step(step.penalty_weight(run.steps_done))
                    except IndexError as error:  # of cross-entropy, an embedding: the first look saw other labels
                        raise ValueError(
                            f"step {run.steps_done + 1:,} asks for a place that is not there "
                            f"({str(error).splitlines()[0]}): are there labels beyond the classes that the networks "
                            "know, or an index beyond the data?"
                        ) from error
                    self.torn = False
                    run.steps_done += 1
                    run.seconds = time.perf_counter() - started

                    ended = run.steps_done in (steps, pause_at) or in_any(interrupted)
                    saving = saved is not None and (run.steps_done % checkpoint_every == 0 or ended)
                    if run.steps_done % report_every == 0 or saving or ended:
                        bar.set_postfix(finite_losses(run, checked), refresh=False)  # here the host waits
                        bar.update(run.steps_done - checked)
                        checked = run.steps_done
                    if saving or ended:
                        require_finite_weights(run, step)
                    self._call_back(ended)
                    if saving:  # after the callbacks, which may change what the next step depends on (a noise level)
                        if first:
                            self.described = saved.identity = marked(saved.identity, self._settings())
                            saved.save(state_of(run, parts, step.streams))
                        in_any(False)  # the others wait for it
                    elif not ended:
                        own.save_if_due()
        run.interrupted = run.steps_done < steps
        (STOPPED.add if run.interrupted or self.moved else STOPPED.discard)(self)
        if progress:
            print(_closing_line(run, steps, first_step))

    def set_out(self, rates: Rates) -> None:
        """Set what the next update depends on but does not know: the rates, the average's number, the annealing."""
        progress = self.run.steps_done / len(self.run.rows)
        rates.scale(self.schedule(progress))
        if self.step.averaged:
            self.step.averaged.set_update_number(self.run.steps_done)
        self.step.set_progress(progress)

    def _call_back(self, ended: bool) -> None:
        """Call what is due. Raises ValueError for weights frozen or thawed by it where the run could not follow."""
        due = [callback(self.run, at_end=ended) for callback in self.callbacks]
        for watch in self.watching:
            watch(self.run, ended)
        self.modes.put_back()
        if not any(due) or ended or not self.step.trains_others():
            return
        if self.checkpoint is not None or self.run.engine == "cuda_graph":
            raise ValueError(
                "a callback has frozen or thawed weights (requires_grad), which neither a checkpoint nor a CUDA graph "
                "knows of: train in two parts, and freeze between them, then training.go_on(run, steps)"
            )
        for name, network in self.step.networks.items():
            require_network(name, network)
        require_ownership(self.step.players())
        self.step.note_trained()

    def _described(self) -> dict[str, Any]:
        """What this run is, for its checkpoint: not how long it is, as a run may be continued."""
        data = [sample.fingerprint() for sample in self.step.samples.values()]
        drawn = {self.run.device.type: None if None in data else data}  # the same seed draws others elsewhere
        return marked(self.described, self._settings()) | describe({"optimizers": self.step.optimizers, "data": drawn})

    def _settings(self) -> dict[str, Any]:
        return describe({"networks": self.step.networks, "schedule": self.schedule} | self.identity)

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
            state = distributed.of_first(state or state_of(self.run, parts, self.step.streams))
        if state:
            if saved and (was := state["steps"]) != len(self.run.rows):
                self._require_longer(len(state["rows"]), saved)
                self.say_if_longer_differs(was, len(state["rows"]))
            restore(self.run, parts, self.step.streams, state)

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
    def _kept(self, rates: Rates) -> Iterator[None]:
        """Whatever ends the loop, the run stays in reach, with the random streams and rates that it goes on with."""
        run, self.running = self.run, True
        try:
            yield
        except BaseException as error:
            run.interrupted = run.steps_done < len(run.rows)
            error.run = run
            if not isinstance(error, TrainingDiverged):
                error.add_note(f"The {run.steps_done:,} steps so far are in the exception's .run: training.go_on(run)")
            raise
        finally:
            rates.put_back()
            self.random, self.running = random_state(run.device), False


def _closing_line(run: Run, steps: int, first_step: int) -> str:
    resumed = f", resumed at {first_step:,}" if first_step else ""
    rate = f"{run.seconds:.0f} s" if run.seconds >= 10 else f"{run.seconds:.1f} s"
    if run.interrupted:
        return f"Stopped after {run.steps_done:,} of {steps:,} steps ({rate}{resumed}): the run so far is kept."
    return f"Trained for {steps:,} steps in {rate}{resumed}."
