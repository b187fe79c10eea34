"""The course's one VAE training loop."""

import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.inputs import require_counts, require_kind, require_number
from course_utils.models import VAE, evaluating
from course_utils.objectives import ELBO, IWAE, Bernoulli, require_binary
from course_utils.objectives.variational import encoded
from course_utils.training.averaging import AveragedModel
from course_utils.training.batches import Batch, Batches, left_alone, takes_labels
from course_utils.training.look import ask, made_by, require_trainable
from course_utils.training.loop import Loop
from course_utils.training.model import ModelStep, prepare_model
from course_utils.training.randomness import forked_random_state, require_seed
from course_utils.training.reach import require_logits, require_range
from course_utils.training.run import VAERun, every
from course_utils.training.schedules import Schedule, constant
from course_utils.training.step import trained


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
            self.warmth.fill_(require_number("what the annealing returns", self.anneal(progress), least=0))


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
    checkpoint: str | os.PathLike | bool | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> VAERun:
    """Maximise a lower bound of log p(x) for `steps` updates, and return the run; its history is in nats per image.

    `sample(n)` → x [n, …] in the units of the VAE's likelihood (0 and 1 for Bernoulli, [−1, 1] for Gaussian), or
    (x, condition, …) for a conditional VAE. `objective`: `ELBO(beta, free_bits, anneal)` or `IWAE(samples)`. Other
    options as in `train_model`. Raises ValueError for grey pixels under a Bernoulli likelihood, and for data that the
    VAE does not reproduce in shape; else as `train_gan`.
    """
    steps, batch_size = require_counts(steps=steps, batch_size=batch_size)
    seed = require_seed(seed)
    require_kind("vae", vae, VAE)
    require_kind("objective", objective, ELBO, IWAE)
    optimizer, averaged = prepare_model(vae, optimizer, channels_last, ema_decay)
    encode = vae.encoder.forward if type(vae).encode is VAE.encode else vae.encode
    sample = Batches.of(sample, vae, "sample", labelled=takes_labels(encode))
    _require_fit(vae, sample)
    step = VAEStep(vae, sample, objective, optimizer, batch_size, averaged, autocast)
    run = VAERun(model=vae, averaged=averaged, columns=step.columns, rows=step.empty_rows(steps))
    identity = {
        "batch_size": batch_size,
        "objective": objective,
        "likelihood": vae.likelihood,
        "ema_decay": ema_decay,
        "seed": seed,
        "autocast": autocast,
    }
    Loop(
        step=step, run=run, identity=identity, seed=seed, schedule=schedule, engine=engine, callbacks=callbacks,
        checkpoint=checkpoint, checkpoint_every=checkpoint_every, progress=progress,
    ).repeat()  # fmt: skip
    return run


def _require_fit(vae: nn.Module, sample: Batches) -> None:
    """Draws two of everything; raises ValueError for what cannot be trained."""
    weights = {id(weight) for weight in vae.parameters()}
    for name, value in getattr(vae.likelihood, "__dict__", {}).items():
        if any(weight.requires_grad and id(weight) not in weights for weight in _tensors_in(value)):
            raise ValueError(
                f"the likelihood's {name} wants a gradient, and is no weight of the VAE, so it would not be learnt: "
                "make it an nn.Parameter, and make the VAE with that likelihood; with layers of its own, the "
                "likelihood must be an nn.Module"
            )
    bernoulli = isinstance(vae.likelihood, Bernoulli)
    with torch.no_grad(), forked_random_state(sample.device), evaluating(vae):
        drawn = sample(2)
        x, *condition = drawn if isinstance(drawn, tuple) else (drawn,)
        x = x.clone()  # so that a network that would change it has not changed the data
        if bernoulli:
            require_binary(x)
        with left_alone("the VAE's encoder", x):
            mean, _ = ask("the VAE's encoder", partial(encoded, vae), x, *condition)
        made = made_by("the VAE's decoder", vae.decode, mean, *condition)
        if made.shape != x.shape:
            made, expected = tuple(made.shape[1:]), tuple(x.shape[1:])
            raise ValueError(f"the VAE makes samples of shape {made}, the data have {expected}")
        if bernoulli:
            require_logits(vae.decode, mean, condition, "decoder")
        else:
            require_range(vae.decode, mean, condition, sample, "decoder")
    with torch.no_grad(), forked_random_state(sample.device):
        if trained(vae.encoder.parameters()):
            with left_alone("the VAE's encoder, in training mode,", x):
                require_trainable("the VAE's encoder", vae, vae.encode, x, *condition)
        if trained(vae.decoder.parameters()):
            require_trainable("the VAE's decoder", vae, vae.decode, mean, *condition)
            require_trainable("the VAE's log_likelihood", vae.decoder, vae.log_likelihood, x, mean, *condition)


def _tensors_in(value: object) -> Iterator[Tensor]:
    """The tensors that a setting is made of: one, those of a network, or of a list or dictionary of them."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, nn.Module):
        yield from value.parameters()
    elif isinstance(value, dict | list | tuple):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _tensors_in(part)
