"""One update of both players, as a pure tensor program.

No `.item()`, no Python randomness, no loader: everything happens on the device, so the same function can be run
eagerly, through `torch.compile`, or as a captured CUDA graph (`engine.py`).
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from course_utils.models import sample_latent
from course_utils.objectives import Objective, Penalty
from course_utils.training.averaging import AveragedModel

HISTORY_COLUMNS = ("d_loss", "g_loss", "real_logit", "fake_logit", "real_prob", "fake_prob")


class GANStep:
    """Called once per generator update; returns the numbers of `HISTORY_COLUMNS` as one tensor on the device.

    `penalty_weight` times the penalty is added to D's loss before it is minimised, not to the loss that is recorded.
    """

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        sample_real: Callable[[int], Tensor],
        objective: Objective,
        g_optimizer: Optimizer,
        d_optimizer: Optimizer,
        batch_size: int,
        d_steps: int = 1,
        ema: AveragedModel | None = None,
        autocast: bool = False,
        penalty: Penalty | None = None,
    ):
        self.generator, self.discriminator = generator, discriminator
        self.sample_real, self.objective = sample_real, objective
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.batch_size, self.d_steps, self.ema, self.autocast = batch_size, d_steps, ema, autocast
        self.penalty, self.penalised = penalty, discriminator  # torch.compile has no second derivatives
        self.g_parameters, self.d_parameters = list(generator.parameters()), list(discriminator.parameters())
        self.device = self.g_parameters[0].device
        # Without its cache of cast weights, autocast is the same in a captured graph as outside.
        half = torch.autocast(self.device.type, torch.bfloat16, cache_enabled=False)
        self.precision = half if autocast else nullcontext()
        self.latent_dim = generator.latent_dim
        self.has_batch_norm = any(isinstance(layer, _BatchNorm) for layer in discriminator.modules())

    def _generate(self) -> Tensor:
        with self.precision:
            return self.generator(sample_latent(self.batch_size, self.latent_dim, self.device))

    def _judge(self, x: Tensor) -> Tensor:
        with self.precision:
            logits = self.discriminator(x)
        return logits.float() if self.autocast else logits  # losses are always computed in 32 bits

    def _judge_both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """In one pass, which is faster; but apart if D has BatchNorm, which would mix the two."""
        if self.has_batch_norm:
            return self._judge(real), self._judge(fake)
        real_logits, fake_logits = self._judge(torch.cat([real, fake])).chunk(2)
        return real_logits, fake_logits

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        for remaining in reversed(range(self.d_steps)):
            real = self.sample_real(self.batch_size)
            # The last fakes also serve the generator's update below, so only they need its graph.
            with torch.set_grad_enabled(remaining == 0):
                fake = self._generate()
            real_logits, fake_logits = self._judge_both(real, fake.detach())
            d_loss = self.objective.discriminator_loss(real_logits, fake_logits)
            _clear_gradients(self.d_parameters)
            if penalty_weight:
                (d_loss + penalty_weight * self.penalty(self.penalised, real, fake.detach())).backward()
            else:
                d_loss.backward()
            self.d_optimizer.step()

        judged = self._judge(fake)
        if self.objective.relativistic:
            with torch.no_grad():
                real_again = self._judge(real)
            g_loss = self.objective.generator_loss(real_again, judged)
        else:
            g_loss = self.objective.generator_loss(judged)
        _clear_gradients(self.g_parameters)
        g_loss.backward(inputs=self.g_parameters)  # D's weights are not G's to change: no gradient for them at all
        self.g_optimizer.step()
        if self.ema is not None:
            self.ema.update()

        real_logits, fake_logits = real_logits.detach(), fake_logits.detach()
        means = [
            real_logits.mean(),
            fake_logits.mean(),
            real_logits.sigmoid().mean(),
            fake_logits.sigmoid().mean(),
        ]
        return torch.stack([d_loss.detach(), g_loss.detach(), *means])


def _clear_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """What `optimizer.zero_grad()` does, without its profiling hooks, which cost small networks 2 % of a step."""
    for parameter in parameters:
        parameter.grad = None
