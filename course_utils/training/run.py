"""What training leaves behind, and the callbacks that look at it while it grows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_function, shown
from course_utils.models import evaluating, sample_latent
from course_utils.tensor_inputs import require_finite
from course_utils.training.averaging import AveragedModel
from course_utils.training.randomness import forked_random_state, require_seed

CHUNK = 1000  # samples made at once


@dataclass(kw_only=True)
class Run:
    """The history of a training run; also what is left of a run that was interrupted."""

    rows: Tensor = field(repr=False)  # [steps, len(columns)], for ensembles [steps, …, K], on the device
    columns: tuple[str, ...] = field(repr=False)
    averaged: AveragedModel | None = field(default=None, repr=False)
    steps_done: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    engine: str = "eager"  # how the steps were run
    loop: Any = field(default=None, repr=False, compare=False)  # what `go_on` takes up again

    @property
    def device(self) -> torch.device:
        return self.rows.device

    @property
    def ema(self) -> nn.Module | None:
        """The network with averaged weights, or None if no EMA was asked for."""
        return self.averaged.model if self.averaged else None

    @property
    def history(self) -> dict[str, Tensor]:
        """One CPU tensor a quantity: step [steps], and each of `columns`, [steps] or [steps, K]."""
        values = self.rows[: self.steps_done].cpu().unbind(1)
        return {"step": torch.arange(1, self.steps_done + 1), **dict(zip(self.columns, values, strict=True))}

    @torch.no_grad()
    def _draw(
        self,
        network: nn.Module,
        make: Callable[..., Tensor],
        n: int,
        seed: int | None,
        labels: Tensor | None,
        sample_axis: int = 0,
    ) -> Tensor:
        """`make(z)` or `make(z, labels)` for n latent vectors of this seed, with `network` in evaluation mode.

        Raises ValueError for samples that are NaN or infinite.
        """
        n = require_count("n", n)
        if labels is not None and (not isinstance(labels, Tensor) or labels.shape != (n,)):
            raise ValueError(f"{n} samples need one label each, an int64 tensor [{n}], not {shown(labels)}")
        seed = None if seed is None else require_seed(seed)
        with forked_random_state(self.device, seed):
            z = sample_latent(n, network.latent_dim, self.device).to(next(network.parameters()).dtype)
        conditions = [] if labels is None else [labels.to(self.device)]
        with evaluating(network):
            samples = [make(*chunk) for chunk in zip(*(t.split(CHUNK) for t in (z, *conditions)), strict=True)]
        return require_finite("the samples", torch.cat(samples, sample_axis), "the network has diverged")


@dataclass(kw_only=True)
class GANRun(Run):
    """A trained pair with its history."""

    generator: nn.Module
    discriminator: nn.Module
    conditional: bool = False

    @property
    def best(self) -> nn.Module:
        """The generator to sample from: the averaged one where there is one."""
        return self.ema or self.generator

    def sample(
        self, n: int, seed: int | None = None, generator: nn.Module | None = None, labels: Tensor | None = None
    ) -> Tensor:
        """`n` samples [n, …] from `generator` (default: `best`) in evaluation mode, on the device.

        The run's own random stream is left as it was; the same `seed` gives the same latent vectors. The members of an
        ensemble all get the same ones: [K, n, …]. A conditional generator needs `labels`, int64 [n], and only it takes
        them; else ValueError, as for samples that are NaN or infinite.
        """
        if (labels is not None) != self.conditional:
            needs = "needs labels=…, one for each sample" if self.conditional else "was trained without labels"
            raise ValueError(f"this generator {needs}")
        generator = self.best if generator is None else generator
        if getattr(generator, "latent_dim", None) is None:
            raise ValueError(f"samples come from a generator with a latent_dim, not from {shown(generator)}")
        members = getattr(generator, "members", None)
        if members is None:
            return self._draw(generator, generator, n, seed, labels)
        return self._draw(generator, lambda z: generator(z.expand(members, -1, -1)), n, seed, labels, sample_axis=1)


@dataclass(kw_only=True)
class ModelRun(Run):
    """A trained model with its history."""

    model: nn.Module

    @property
    def best(self) -> nn.Module:
        """The model to use: the one with averaged weights where there is one."""
        return self.ema or self.model


@dataclass(kw_only=True)
class VAERun(ModelRun):
    """A trained variational autoencoder with its history, in nats per image."""

    def sample(self, n: int, seed: int | None = None, labels: Tensor | None = None) -> Tensor:
        """`n` images in [−1, 1]: the mean of p(x|z) at `n` draws of z from N(0, I), by `best` in evaluation mode.

        The mean, and not a draw from p(x|z), whose pixels would be noise of the likelihood. A conditional VAE needs
        `labels`, int64 [n]. The run's own random stream is left as it was.
        """
        return self._draw(self.best, self.best.images, n, seed, labels)


class every:  # a word, because it is read as one: callbacks=[every(500, draw)]
    """A callback: `function(run)` before the first step, after each `interval` steps, and at the end.

    What it returns is kept in `.values`, and the step numbers in `.steps`. It draws from a forked random stream, so
    that looking at a run never changes it.
    """

    collects = True  # whether something would be missing if it saw only the end of a run

    def __init__(self, interval: int, function: Callable[[Run], object]):
        self.interval = require_count("a callback's interval in steps", interval)
        self.function = require_function("a callback", function, "a function of the run", takes=1)
        self.steps: list[int] = []
        self.values: list[object] = []

    def __call__(self, run: Run, at_end: bool) -> bool:
        """Whether it was due."""
        due = run.steps_done % self.interval == 0 or at_end
        if due:
            with forked_random_state(run.device):
                self.values.append(self.function(run))
            self.steps.append(run.steps_done)
        return due


def require_callbacks(callbacks: Sequence[every]) -> None:
    """Raises ValueError for a callback that does not say when it is due."""
    if not isinstance(callbacks, list | tuple) or not all(isinstance(callback, every) for callback in callbacks):
        raise ValueError("callbacks must say when they are due: callbacks=[every(100, function)]")
