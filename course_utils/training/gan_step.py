"""One update of both players of a GAN, as a pure tensor program."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.models import sample_latent
from course_utils.objectives import Objective, Penalty
from course_utils.training.averaging import AveragedModel
from course_utils.training.batches import Batches
from course_utils.training.distributed import share_of_batch
from course_utils.training.games import Game, as_game, recorded_and_minimised, require_graph
from course_utils.training.judge import Judge, precision
from course_utils.training.randomness import Streams
from course_utils.training.step import Players, Step, clear_gradients, trained

Drawn = tuple[Tensor, Tensor, Tensor | None]  # real, generated, labels
HISTORY_COLUMNS = ("d_loss", "g_loss", "real_logit", "fake_logit", "real_prob", "fake_prob")


class GANStep(Step):
    """Called once per generator update; returns the numbers of `HISTORY_COLUMNS` as one tensor on the device.

    `penalty_weight` times the penalty is added to D's loss before it is minimised, not to the loss that is recorded.
    For an ensemble (stacked networks and `streams`), batches and logits carry a member axis in front, and so does each
    recorded number: [6, K]. Where `sample_real` returns (x, labels), both networks are given the labels, and the
    generated samples carry those of the real batch.
    """

    columns = HISTORY_COLUMNS

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        sample_real: Callable[[int], Tensor | tuple[Tensor, Tensor]],
        game: Game | Objective,
        g_optimizer: Optimizer,
        d_optimizer: Optimizer,
        batch_size: int,
        d_steps: int = 1,
        ema: AveragedModel | None = None,
        autocast: bool = False,
        penalty: Penalty | None = None,
        penalty_every: int = 1,
        streams: Streams | None = None,
    ):
        self.networks = {"generator": generator, "discriminator": discriminator}
        self.optimizers = {"g_optimizer": g_optimizer, "d_optimizer": d_optimizer}
        self.generator, self.latent_dim = generator, int(generator.latent_dim)
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.note_trained()
        self.samples = {"sample_real": Batches.of(sample_real, generator, "sample_real")}
        self.batch_size, self.d_steps, self.streams = share_of_batch(batch_size), d_steps, streams
        self.averaged, self.autocast = ema, autocast
        self.penalty, self.penalty_every = penalty, penalty_every
        self.judge = Judge(discriminator, autocast, streams.members if streams else None)
        self.game = as_game(game).for_members() if streams else as_game(game)

    def players(self) -> Players:
        generator, discriminator = self.networks.values()
        return {
            "g_optimizer": ("generator", [generator], self.g_optimizer),
            "d_optimizer": ("discriminator", [discriminator], self.d_optimizer),
        }

    def note_trained(self) -> None:
        super().note_trained()
        self.g_parameters, self.d_parameters = (trained(network.parameters()) for network in self.networks.values())

    def compile(self) -> None:
        self.generator = torch.compile(self.networks["generator"])
        self.judge.compile()

    def _draw(self, sample: Callable[[int], Tensor]) -> Tensor:
        return self.streams.draw(sample, self.batch_size) if self.streams else sample(self.batch_size)

    def _draw_real(self) -> tuple[Tensor, Tensor | None]:
        """A real batch, and its labels if it has any."""
        drawn = self._draw(self.samples["sample_real"])
        return drawn if isinstance(drawn, tuple) else (drawn, None)

    def _generate(self, labels: Tensor | None) -> Tensor:
        z = self._draw(lambda n: sample_latent(n, self.latent_dim, self.device))
        z = z.to(self.g_parameters[0].dtype)
        with precision(self.device, self.autocast):
            fake = self.generator(z) if labels is None else self.generator(z, labels)
        return fake.float() if self.autocast else fake  # as the real samples are

    def draw(self, with_graph: bool) -> Drawn:
        """Real and generated samples, and the labels of both, or None; `with_graph` leads the way back to G."""
        real, labels = self._draw_real()
        with torch.set_grad_enabled(with_graph):
            return real, self._generate(labels), labels

    def move_discriminator(
        self, real: Tensor, fake: Tensor, labels: Tensor | None, penalty_weight: float
    ) -> tuple[Tensor, Tensor]:
        """D's update; the loss before it, and the logits of real and generated samples that it was made of."""
        D, shown = self.judge, fake.detach()
        D.forget()
        d_loss, minimised = recorded_and_minimised(self.game.discriminator_loss(D, real, shown, labels), D)
        if penalty_weight:
            minimised = minimised + penalty_weight * D.charge(self.penalty, real, shown, labels)
        logits = torch.stack([D.logits(real, labels), D.logits(shown, labels)])
        clear_gradients(self.d_parameters)
        require_graph(minimised, "discriminator").backward()
        self.d_optimizer.step()
        return d_loss, logits

    def move_generator(self, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor:
        """G's update, and that of its average; the loss before it."""
        g_loss, minimised = recorded_and_minimised(self.game.generator_loss(self.judge, real, fake, labels), self.judge)
        self.judge.forget()
        clear_gradients(self.g_parameters)
        # D's weights are not G's to change: no gradient for them.
        require_graph(minimised, "generator").backward(inputs=self.g_parameters)
        self.g_optimizer.step()
        if self.averaged is not None:
            self.averaged.update()
        return g_loss

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        for remaining in reversed(range(self.d_steps)):
            # The last fakes also serve the generator's update below, so only they need its graph.
            drawn = self.draw(with_graph=remaining == 0)
            d_loss, logits = self.move_discriminator(*drawn, penalty_weight)
        g_loss = self.move_generator(*drawn)

        logits = logits.flatten(2) if self.streams else logits.flatten(1)  # [2, K, n] or [2, n]
        means = torch.cat([logits.mean(-1), logits.sigmoid().mean(-1)])
        return torch.cat([torch.stack([d_loss, g_loss]), means])
