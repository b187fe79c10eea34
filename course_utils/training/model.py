"""Training one model by one loss, on the same engine as the GAN loop."""

import os
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.inputs import require_counts, require_function, shown
from course_utils.models import evaluating
from course_utils.training.averaging import AveragedModel
from course_utils.training.batches import Batch, Batches
from course_utils.training.distributed import share_of_batch
from course_utils.training.fit import require_network
from course_utils.training.judge import precision
from course_utils.training.look import ask
from course_utils.training.loop import Loop
from course_utils.training.modes import wake
from course_utils.training.ownership import require_gradient, require_ownership
from course_utils.training.randomness import forked_random_state, require_seed
from course_utils.training.run import ModelRun, every
from course_utils.training.schedules import Schedule, adam, constant
from course_utils.training.step import Players, Step, clear_gradients, trained

Losses = Tensor | dict[str, Tensor]


class ModelStep(Step):
    """One update of a model on one batch; returns the losses by their names, of which the first is minimised."""

    def __init__(
        self,
        model: nn.Module,
        sample: Callable[[int], Batch],
        loss: Callable[..., Losses],
        optimizer: Optimizer,
        batch_size: int,
        ema: AveragedModel | None = None,
        autocast: bool = False,
    ):
        self.networks, self.optimizers = {"model": model}, {"optimizer": optimizer}
        self.samples = {"sample": Batches.of(sample, model, "sample", any_type=True, labelled=True)}
        self.model, self.loss, self.optimizer = model, loss, optimizer
        self.batch_size, self.averaged = share_of_batch(batch_size), ema
        self.autocast = autocast
        require_ownership(self.players(), loss)
        self.note_trained()
        self.columns = tuple(self._first_look())

    def players(self) -> Players:
        return {"optimizer": ("model", [self.networks["model"]], self.optimizer)}

    def note_trained(self) -> None:
        super().note_trained()
        self.parameters = trained(self.networks["model"].parameters())

    def compile(self) -> None:
        # The compiler's own random numbers would make a loss that draws another run than the eager one.
        self.loss = torch.compile(self.loss, options={"fallback_random": True})

    def _draw(self, n: int) -> tuple[Tensor, ...]:
        drawn = self.samples["sample"](n)
        return drawn if isinstance(drawn, tuple) else (drawn,)

    def _losses(self, *batch: Tensor) -> dict[str, Tensor]:
        with precision(self.device, self.autocast):
            losses = self.loss(self.model, *batch)
        return losses if isinstance(losses, dict) else {"loss": losses}

    def _first_look(self) -> dict[str, Tensor]:
        """The losses of two samples. Raises ValueError for what cannot be minimised."""
        with forked_random_state(self.device), evaluating(self.model):
            batch = self._draw(2)
            versions = [part._version for part in batch]
            losses = ask("the loss", self._losses, *batch)
            if versions != [part._version for part in batch]:
                self._require_own_memory(batch)
        if not losses:
            raise ValueError("the loss returns an empty dict; the first of its entries is minimised")
        for name, value in losses.items():
            if not isinstance(value, Tensor) or value.shape != () or not value.is_floating_point():
                raise ValueError(f"{name} must be one number a batch, a float tensor of shape (), not {shown(value)}")
        first = next(iter(losses))
        require_gradient(f"{first}, which is minimised,", losses[first], "the model's weights", self.parameters)
        return losses

    def _require_own_memory(self, batch: tuple[Tensor, ...]) -> None:
        """A loss may write into its batch, unless that is a view of the data, as the next batch then is, too."""
        if _memory(batch) & _memory(self._draw(2)):
            raise ValueError(
                "the loss changes its batch in place, as x += … does, and sample returns views of the data, which "
                "change with it: make a new tensor, as x + … does"
            )

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        losses = self._losses(*self._draw(self.batch_size))
        clear_gradients(self.parameters)
        losses[self.columns[0]].backward()
        self.optimizer.step()
        if self.averaged is not None:
            self.averaged.update()
        return torch.stack([value.detach().float() for value in losses.values()])


def _memory(batch: tuple[Tensor, ...]) -> set[int]:
    return {part.untyped_storage().data_ptr() for part in batch}


def train_model(
    model: nn.Module,
    sample: Callable[[int], Batch],
    loss: Callable[..., Losses],
    *,
    steps: int,
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
) -> ModelRun:
    """Minimise `loss(model, *sample(batch_size))` for `steps` updates, and return the run.

    `sample(n)` → a tensor [n, …], or a tuple of tensors, on the model's device. `loss` → a scalar; or a dict of scalars
    by name, of which the first is minimised and all are recorded in `run.history`. `optimizer`: by default Adam with
    rate 1e-3 and β (0.9, 0.999). With `autocast` the loss runs under torch's bfloat16 autocast. The other options, the
    interrupt, the checkpoint and the errors are those of `train_gan`.
    """
    steps, batch_size = require_counts(steps=steps, batch_size=batch_size)
    require_function("loss", loss, "a function (model, *batch) that returns the loss")
    optimizer, averaged = prepare_model(model, optimizer, channels_last, ema_decay)
    step = ModelStep(model, sample, loss, optimizer, batch_size, averaged, autocast)
    run = ModelRun(model=model, averaged=averaged, columns=step.columns, rows=step.empty_rows(steps))
    seed = require_seed(seed)
    identity = {
        "batch_size": batch_size,
        "loss": loss,
        "ema_decay": ema_decay,
        "seed": seed,
        "autocast": autocast,
    }
    Loop(
        step=step, run=run, identity=identity, seed=seed, schedule=schedule, engine=engine, callbacks=callbacks,
        checkpoint=checkpoint, checkpoint_every=checkpoint_every, progress=progress,
    ).repeat()  # fmt: skip
    return run


def prepare_model(
    model: nn.Module, optimizer: Optimizer | None, channels_last: bool, ema_decay: float | None
) -> tuple[Optimizer, AveragedModel | None]:
    """Put the model into training mode and the faster memory layout; its optimiser, and its average if asked for.

    The default is Adam as Kingma & Ba (2015) set it: a model alone has no opponent for whom it would have to forget
    quickly. Raises ValueError for what cannot be trained.
    """
    require_network("model", model)
    if channels_last and next(model.parameters()).device.type != "mps":
        model.to(memory_format=torch.channels_last)
    optimizer = adam(model, lr=1e-3, betas=(0.9, 0.999)) if optimizer is None else optimizer
    wake(model)
    return optimizer, AveragedModel(model, ema_decay) if ema_decay is not None else None
