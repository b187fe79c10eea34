"""The course's one GAN training loop."""

import os
import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.objectives import NON_SATURATING, Objective, Penalty
from course_utils.progress import progress_bar
from course_utils.training.averaging import AveragedModel
from course_utils.training.checkpoint import Checkpoint
from course_utils.training.engine import prepare
from course_utils.training.fit import require_fit, require_seeds
from course_utils.training.interrupt import deferred_interrupt
from course_utils.training.randomness import MemberStreams, forked_random_state, random_state, set_random_state
from course_utils.training.run import GANRun, every
from course_utils.training.schedules import Schedule, adam, constant, scale_learning_rate
from course_utils.training.step import HISTORY_COLUMNS, GANStep
from course_utils.training.unrolled import Unrolled


class TrainingDiverged(RuntimeError):
    """A loss became NaN or infinite. `.run` holds the run up to there."""

    def __init__(self, message: str, run: "GANRun"):
        super().__init__(message)
        self.run = run


def train_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    sample_real: Callable[[int], Tensor],
    *,
    steps: int,
    batch_size: int = 64,
    objective: Objective = NON_SATURATING,
    g_optimizer: Optimizer | None = None,
    d_optimizer: Optimizer | None = None,
    d_steps: int = 1,
    schedule: Schedule = constant,
    ema_decay: float | None = None,
    seed: int | Sequence[int] = 0,
    penalty: Penalty | None = None,
    penalty_every: int = 1,
    unroll: Unrolled | None = None,
    autocast: bool = False,
    channels_last: bool = True,
    engine: str = "eager",
    callbacks: Sequence[every] = (),
    checkpoint: str | os.PathLike | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> GANRun:
    """Play the game for `steps` generator updates, each after `d_steps` discriminator updates, and return the run.

    The networks are trained in place, on the device where their parameters are. `generator(z [n, latent_dim])` must
    have a `latent_dim`; `discriminator(x)` must return one logit a sample; `sample_real(n)` must return n real samples
    on that device (a toy's `sample`, or an image set's `batch`).

    - `g_optimizer`, `d_optimizer`: any torch optimisers; by default `adam(network)`. `schedule` scales both rates.
    - `ema_decay`: also keep a generator with averaged weights, `run.ema`.
    - `seed`: of the batches, the latent vectors and dropout. The networks' initial weights are the caller's. Stacked
      networks need one seed a member (`train_ensemble` does it all).
    - `penalty`: a function (discriminator, real, fake) → scalar, added to D's loss. With `penalty_every` k it is
      computed in every k-th step only, with k times the weight: "lazy regularisation" (Karras et al. 2020), nearly the
      same for less.
    - `unroll`: judge the generator by a discriminator that has answered already, `Unrolled(steps, lr)`.
    - `autocast`: networks in bfloat16, losses in float32. `channels_last`: the faster memory layout for convolutions.
    - `engine`: "eager", "compile" (torch.compile) or "cuda_graph": the same step, faster where it pays.
    - `checkpoint`: a file, written atomically every `checkpoint_every` steps (default: a tenth of the run), when
      interrupted, and at the end. The same call again goes on from it, bit for bit as if it had never stopped.

    Interrupting (Ctrl-C, or the stop button) finishes the current step and returns the run so far; interrupting twice
    stops at once. Raises ValueError for networks that do not fit each other or the data, TrainingDiverged when a loss
    is NaN or infinite, CheckpointError for a checkpoint of another run.
    """
    counts = {"steps": steps, "batch_size": batch_size, "d_steps": d_steps, "penalty_every": penalty_every}
    if min(counts.values()) < 1:
        raise ValueError(f"{', '.join(counts)} must be at least 1, not {', '.join(map(str, counts.values()))}")
    if not all(isinstance(callback, every) for callback in callbacks):
        raise ValueError("callbacks must say when they are due: callbacks=[every(100, function)]")
    device = require_fit(generator, discriminator, sample_real)
    if channels_last and device.type != "mps":
        for network in (generator, discriminator):
            network.to(memory_format=torch.channels_last)
    g_optimizer = g_optimizer or adam(generator)
    d_optimizer = d_optimizer or adam(discriminator)
    generator.train(), discriminator.train()

    seeds = require_seeds(seed, generator, engine)
    streams = MemberStreams(seeds, device) if seeds else None
    averaged = AveragedModel(generator, ema_decay) if ema_decay is not None else None
    rows = torch.zeros(steps, len(HISTORY_COLUMNS), *([len(seeds)] if seeds else []), device=device)
    run = GANRun(generator, discriminator, averaged, rows)
    step = GANStep(
        generator, discriminator, sample_real, objective, g_optimizer, d_optimizer,
        batch_size=batch_size, d_steps=d_steps, ema=averaged, autocast=autocast, penalty=penalty,
        unroll=unroll, streams=streams,
    )  # fmt: skip
    config = {
        "networks": [[name, list(p.shape)] for net in (generator, discriminator) for name, p in net.named_parameters()],
        "steps": steps,
        "batch_size": batch_size,
        "objective": objective.name,
        "optimizers": [_settings(g_optimizer), _settings(d_optimizer)],
        "d_steps": d_steps,
        "schedule": _name(schedule),
        "penalty": [_name(penalty), penalty_every],
        "unroll": repr(unroll),
        "ema_decay": ema_decay,
        "seed": seeds or seed,
        "autocast": autocast,
    }
    saved = Checkpoint(checkpoint, config) if checkpoint is not None else None
    parts = {
        "generator": generator,
        "discriminator": discriminator,
        "g_optimizer": g_optimizer,
        "d_optimizer": d_optimizer,
    }
    if averaged:
        parts["ema"] = averaged.model
    checkpoint_every = checkpoint_every or max(1, steps // 10)
    report_every = max(1, steps // 100)

    with (
        forked_random_state(device, seeds[0] if seeds else seed),
        deferred_interrupt() as interrupted,
        progress_bar(steps, "step", wanted=progress) as bar,
    ):
        if saved and (state := saved.load()):
            _restore(run, parts, streams, state)
        take_step = prepare(step, engine)
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
                scale_learning_rate(g_optimizer, factor)
                scale_learning_rate(d_optimizer, factor)
            if averaged:
                averaged.set_update_number(run.steps_done)
            penalised = penalty is not None and run.steps_done % penalty_every == 0
            run.rows[run.steps_done] = take_step(penalty_every if penalised else 0.0)
            run.steps_done += 1
            run.seconds = time.perf_counter() - started

            ended = run.steps_done == steps or bool(interrupted)
            saving = saved is not None and (run.steps_done % checkpoint_every == 0 or ended)
            if run.steps_done % report_every == 0 or saving or ended:
                bar.set_postfix(_finite_losses(run, checked), refresh=False)  # the only place that waits for the device
                bar.update(run.steps_done - checked)
                checked = run.steps_done
            for callback in callbacks:
                callback(run, at_end=ended)
            if saving:  # after the callbacks, which may change what the next step depends on: a noise level, say
                saved.save(_state(run, parts, streams))
    run.interrupted = run.steps_done < steps
    if progress:
        print(_closing_line(run, steps, first_step))
    return run


def _finite_losses(run: GANRun, checked: int) -> dict[str, str]:
    """The latest losses, as text for the bar; raises TrainingDiverged if any step since `checked` has a bad number."""
    rows = run.rows[checked : run.steps_done].cpu()
    if not rows.isfinite().all():
        row, column, *member = (~rows.isfinite()).nonzero()[0].tolist()
        run.steps_done = checked + row + 1
        whose = f" of member {member[0]}" if member else ""
        raise TrainingDiverged(
            f"{HISTORY_COLUMNS[column]}{whose} became {rows[row, column, *member].item()} at step {run.steps_done:,}. "
            "Usual causes: a learning rate that is too high; log(sigmoid(x)) in place of a loss on logits; a critic "
            "without a Lipschitz constraint; data that are not scaled to [-1, 1] or hold NaN; float16. The run so far "
            "is in the exception's .run",
            run,
        )
    return {"D loss": f"{rows[-1, 0].mean():.3f}", "G loss": f"{rows[-1, 1].mean():.3f}"}


def _state(run: GANRun, parts: dict, streams: MemberStreams | None) -> dict:
    """Everything that the rest of the run depends on."""
    state = {name: part.state_dict() for name, part in parts.items()}
    return state | {
        "rows": run.rows[: run.steps_done].clone(),
        "seconds": run.seconds,
        "random": random_state(run.device),
        "streams": streams.states if streams else [],
    }


def _restore(run: GANRun, parts: dict, streams: MemberStreams | None, state: dict) -> None:
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


def _name(function: Callable | None) -> str:
    """What tells one schedule or penalty from another in a checkpoint: its name, and the arguments it was made with."""
    if isinstance(function, partial):
        return f"{_name(function.func)}{function.args}{function.keywords}"
    return getattr(function, "__name__", type(function).__name__)


def _closing_line(run: GANRun, steps: int, first_step: int) -> str:
    resumed = f", resumed at {first_step:,}" if first_step else ""
    rate = f"{run.seconds:.0f} s" if run.seconds >= 10 else f"{run.seconds:.1f} s"
    if run.interrupted:
        return f"Stopped after {run.steps_done:,} of {steps:,} steps ({rate}{resumed}): the run so far is kept."
    return f"Trained for {steps:,} steps in {rate}{resumed}."
