"""The course's one VAE training loop."""

import os
from collections.abc import Callable, Sequence
from dataclasses import asdict

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.models import evaluating
from course_utils.objectives import ELBO, IWAE, Bernoulli, require_binary
from course_utils.training.averaging import AveragedModel
from course_utils.training.fit import require_no_sigmoid
from course_utils.training.loop import name_of, require_counts, run_steps
from course_utils.training.model import Batch, ModelStep, default_optimizer, prepare_model
from course_utils.training.randomness import forked_random_state
from course_utils.training.run import VAERun, every
from course_utils.training.schedules import Schedule, constant


class VAEStep(ModelStep):
    """One update of encoder and decoder; the KL's weight follows the objective's annealing."""

    def __init__(
        self,
        vae: nn.Module,
        sample: Callable[[int], Batch],
        objective: ELBO | IWAE,
        optimizer: Optimizer,
        batch_size: int,
        ema: AveragedModel | None = None,
        autocast: bool = False,
    ):
        # A tensor, so that a captured CUDA graph reads the current value and not the one at capture.
        self.warmth = torch.ones((), device=next(vae.parameters()).device)
        self.anneal = getattr(objective, "anneal", None)

        def loss(model: nn.Module, *batch: Tensor) -> dict[str, Tensor]:
            return objective(model, *batch, warmth=self.warmth)

        super().__init__(vae, sample, loss if self.anneal else objective, optimizer, batch_size, ema, autocast)

    def set_progress(self, progress: float) -> None:
        if self.anneal:
            self.warmth.fill_(self.anneal(progress))


def train_vae(
    vae: nn.Module,
    sample: Callable[[int], Batch],
    *,
    steps: int,
    objective: ELBO | IWAE = ELBO(),  # noqa: B008  it is frozen
    batch_size: int = 128,
    optimizer: Optimizer | None = None,
    schedule: Schedule = constant,
    ema_decay: float | None = None,
    seed: int = 0,
    autocast: bool = False,
    channels_last: bool = True,
    engine: str = "eager",
    callbacks: Sequence[every] = (),
    checkpoint: str | os.PathLike | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> VAERun:
    """Maximise a lower bound of log p(x) for `steps` updates, and return the run; its history is in nats per image.

    `sample(n)` → x [n, …] in the units of the VAE's likelihood (0 and 1 for Bernoulli, [−1, 1] for Gaussian), or
    (x, condition, …) for a conditional VAE. `objective`: `ELBO(beta, free_bits, anneal)` or `IWAE(samples)`. Other
    options as in `train_model`. Raises ValueError for grey pixels under a Bernoulli likelihood, and for data that the
    VAE does not reproduce in shape; else as `train_gan`.
    """
    require_counts(steps=steps, batch_size=batch_size)
    _require_fit(vae, sample)
    averaged = prepare_model(vae, channels_last, ema_decay)
    step = VAEStep(vae, sample, objective, optimizer or default_optimizer(vae), batch_size, averaged, autocast)
    run = VAERun(model=vae, averaged=averaged, columns=step.columns, rows=step.empty_rows(steps))
    config = {
        "batch_size": batch_size,
        "objective": [type(objective).__name__, asdict(objective) | {"anneal": name_of(step.anneal)}],
        "likelihood": repr(vae.likelihood),
        "ema_decay": ema_decay,
        "seed": seed,
        "autocast": autocast,
    }
    run_steps(
        step, run, config, seed=seed, schedule=schedule, engine=engine, callbacks=callbacks, checkpoint=checkpoint,
        checkpoint_every=checkpoint_every, progress=progress,
    )  # fmt: skip
    return run


def _require_fit(vae: nn.Module, sample: Callable[[int], Batch]) -> None:
    device = next(vae.parameters()).device
    with torch.no_grad(), forked_random_state(device), evaluating(vae):
        drawn = sample(2)
        x, *condition = drawn if isinstance(drawn, tuple) else (drawn,)
        if x.device != device:
            raise ValueError(f"the data are on {x.device}, the VAE on {device}: move one with .to(device)")
        if isinstance(vae.likelihood, Bernoulli):
            require_binary(x)
        mean, _ = vae.encode(x, *condition)
        made = vae.decode(mean, *condition)
    if made.shape != x.shape:
        raise ValueError(f"the VAE makes samples of shape {tuple(made.shape[1:])}, the data have {tuple(x.shape[1:])}")
    if isinstance(vae.likelihood, Bernoulli):
        require_no_sigmoid(vae.decoder, made, "decoder")
