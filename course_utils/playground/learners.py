"""What can learn a toy in the plane: a GAN, a VAE, a flow. Each is a run of the course's own training loops.

All three answer to the same few calls: `run`, which `training.go_on` continues; `networks()`, whose weights are its
moments; `take_over(settings)`, which changes what a running game can change; and `generate(networks, n, settings)`.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils import data, models, objectives, training
from course_utils.playground.settings import Settings
from course_utils.training.games import as_game

VISIBLE_SEED = 1  # of the latent vectors that are shown: the same in each frame, so that what moves is the network


class Source:
    """Where real samples come from; its toy may be exchanged while a training draws from it."""

    def __init__(self, toy: data.Mixture):
        self.toy = toy

    def sample(self, n: int) -> Tensor:
        return self.toy.sample(n)


class _NotYet(Exception):
    """Ends a training before its first step."""


def _before_the_first_step(train: Callable[..., training.Run]) -> training.Run:
    """The run that `train` would make, with no step done: whatever ends a training carries the run so far."""

    def stop(run: training.Run) -> None:
        raise _NotYet

    try:
        return train(steps=1, progress=False, callbacks=[training.every(1, stop)])
    except _NotYet as ended:
        ended.run.loop.callbacks = ()
        return ended.run


class GANLearner:
    """Two players, each a network with two hidden layers."""

    def __init__(self, settings: Settings, source: Source):
        G = models.PointGenerator(latent_dim=2, hidden=(settings.width, settings.width))
        # Always wrapped, so that noise can be turned on while it runs: noise of 0 changes no sample.
        D = models.InstanceNoise(models.PointDiscriminator(hidden=(settings.width, settings.width)), settings.noise)
        self.run = _before_the_first_step(
            lambda **options: training.train_gan(
                G, D, source.sample,
                objective=settings.objective, penalty=settings.penalty_function,
                g_optimizer=training.adam(G, settings.g_lr), d_optimizer=training.adam(D, settings.d_lr),
                d_steps=settings.d_steps, batch_size=settings.batch_size, seed=settings.seed, **options,
            )
        )  # fmt: skip

    def networks(self) -> list[nn.Module]:
        return [self.run.generator, self.run.discriminator]

    def take_over(self, settings: Settings) -> None:
        step: training.GANStep = self.run.loop.step
        step.game = as_game(settings.objective)
        step.penalty, step.d_steps, step.batch_size = settings.penalty_function, settings.d_steps, settings.batch_size
        self.run.discriminator.std.fill_(settings.noise)
        _set_rate(step.g_optimizer, settings.g_lr)
        _set_rate(step.d_optimizer, settings.d_lr)

    @staticmethod
    @torch.no_grad()
    def generate(networks: list[nn.Module], n: int, settings: Settings) -> Tensor:
        with models.evaluating(networks[0]):
            return networks[0](visible_latent(n))


class _OneNetwork:
    """What a VAE and a flow have in common."""

    run: training.ModelRun

    def networks(self) -> list[nn.Module]:
        return [self.run.model]

    def take_over(self, settings: Settings) -> None:
        self.run.loop.step.batch_size = settings.batch_size
        _set_rate(self.run.loop.step.optimizer, settings.g_lr)


class VAELearner(_OneNetwork):
    """An encoder and a decoder like the players of a GAN, and a Gaussian likelihood whose width is learnt, too."""

    def __init__(self, settings: Settings, source: Source):
        width = settings.width
        likelihood = objectives.Gaussian(nn.Parameter(torch.tensor(1.0)))
        vae = models.VAE(models.mlp([2, width, width, 4]), models.mlp([2, width, width, 2]), 2, likelihood)
        self.run = _before_the_first_step(
            lambda **options: training.train_vae(
                vae, source.sample, optimizer=training.adam(vae, settings.g_lr),
                batch_size=settings.batch_size, seed=settings.seed, **options,
            )
        )  # fmt: skip

    @staticmethod
    @torch.no_grad()
    def generate(networks: list[nn.Module], n: int, settings: Settings) -> Tensor:
        """Draws from p(x|z), not its means: the noise of the likelihood is part of the model."""
        (vae,) = networks
        with training.forked_random_state(torch.device("cpu"), VISIBLE_SEED):
            mean = vae.decode(models.sample_latent(n, 2))
            return mean + vae.likelihood.std * torch.randn_like(mean)


class FlowLearner(_OneNetwork):
    """A velocity field, learnt by flow matching."""

    def __init__(self, settings: Settings, source: Source):
        velocity = models.PointVelocity(hidden=(settings.width, settings.width))
        self.run = _before_the_first_step(
            lambda **options: training.train_model(
                velocity, source.sample, objectives.FlowMatching(),
                optimizer=training.adam(velocity, settings.g_lr),
                batch_size=settings.batch_size, seed=settings.seed, **options,
            )
        )  # fmt: skip

    @staticmethod
    def generate(networks: list[nn.Module], n: int, settings: Settings) -> Tensor:
        return ways(networks[0], n, settings)[-1]


LEARNERS = {"GAN": GANLearner, "VAE": VAELearner, "flow": FlowLearner}


def ways(velocity: nn.Module, n: int, settings: Settings) -> Tensor:
    """The places of n samples at the times 0, 1/passes, …, 1, by the settings' sampler: [passes + 1, n, 2]."""
    if settings.sampler != "with noise":
        return models.ode_path(velocity, visible_latent(n), settings.passes, settings.sampler.lower())
    with training.forked_random_state(torch.device("cpu"), VISIBLE_SEED + 1):
        return models.ancestral_path(velocity, visible_latent(n), settings.passes)


def visible_latent(n: int) -> Tensor:
    """z [n, 2], the same at every call."""
    with training.forked_random_state(torch.device("cpu"), VISIBLE_SEED):
        return models.sample_latent(n, 2)


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
