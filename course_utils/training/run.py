"""What training leaves behind, and the callbacks that look at it while it grows."""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from course_utils.models import sample_latent
from course_utils.training.averaging import AveragedModel
from course_utils.training.randomness import forked_random_state
from course_utils.training.step import HISTORY_COLUMNS


@dataclass
class GANRun:
    """A trained pair with its history; also what is left of a run that was interrupted."""

    generator: nn.Module
    discriminator: nn.Module
    averaged: AveragedModel | None
    rows: Tensor = field(repr=False)  # [steps, len(HISTORY_COLUMNS)], for ensembles [steps, …, K], on the device
    steps_done: int = 0
    seconds: float = 0.0
    interrupted: bool = False

    @property
    def device(self) -> torch.device:
        return self.rows.device

    @property
    def ema(self) -> nn.Module | None:
        """The generator with averaged weights, or None if no EMA was asked for."""
        return self.averaged.model if self.averaged else None

    @property
    def best(self) -> nn.Module:
        """The generator to sample from: the averaged one where there is one."""
        return self.ema or self.generator

    @property
    def history(self) -> dict[str, Tensor]:
        """One CPU tensor a quantity: step [steps], and the columns of `HISTORY_COLUMNS`, [steps] or [steps, K]."""
        columns = self.rows[: self.steps_done].cpu().unbind(1)
        return {
            "step": torch.arange(1, self.steps_done + 1),
            **dict(zip(HISTORY_COLUMNS, columns, strict=True)),
        }

    @torch.no_grad()
    def sample(self, n: int, seed: int | None = None, generator: nn.Module | None = None) -> Tensor:
        """`n` samples [n, …] from `generator` (default: `best`) in evaluation mode, on the device.

        The run's own random stream is left as it was; the same `seed` gives the same latent vectors. The members of an
        ensemble all get the same ones: [K, n, …].
        """
        generator = generator or self.best
        was_training, members = generator.training, getattr(generator, "members", None)
        with forked_random_state(self.device, seed):
            z = sample_latent(n, generator.latent_dim, self.device)
        generator.eval()
        if members is None:
            samples = torch.cat([generator(chunk) for chunk in z.split(1000)])
        else:
            samples = generator(z.expand(members, -1, -1))
        generator.train(was_training)
        return samples


class every:  # a word, because it is read as one: callbacks=[every(500, draw)]
    """A callback: `function(run)` before the first step, after each `interval` steps, and at the end.

    What it returns is kept in `.values`, and the step numbers in `.steps`. It draws from a forked random stream, so
    that looking at a run never changes it.
    """

    def __init__(self, interval: int, function: Callable[[GANRun], object]):
        if interval < 1:
            raise ValueError(f"a callback needs an interval of at least 1 step, not {interval}")
        self.interval, self.function = interval, function
        self.steps: list[int] = []
        self.values: list[object] = []

    def __call__(self, run: GANRun, at_end: bool) -> None:
        if run.steps_done % self.interval == 0 or at_end:
            with forked_random_state(run.device):
                self.values.append(self.function(run))
            self.steps.append(run.steps_done)
