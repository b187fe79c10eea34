"""One update of both players, as a pure tensor program.

No `.item()`, no Python randomness, no loader: everything happens on the device, so the same function can be run
eagerly, through `torch.compile`, or as a captured CUDA graph (`engine.py`).
"""

from collections.abc import Callable, Iterable
from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.func import vmap
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from course_utils.models import sample_latent
from course_utils.objectives import Objective, Penalty
from course_utils.training.averaging import AveragedModel
from course_utils.training.randomness import MemberStreams
from course_utils.training.unrolled import Unrolled

HISTORY_COLUMNS = ("d_loss", "g_loss", "real_logit", "fake_logit", "real_prob", "fake_prob")


class GANStep:
    """Called once per generator update; returns the numbers of `HISTORY_COLUMNS` as one tensor on the device.

    `penalty_weight` times the penalty is added to D's loss before it is minimised, not to the loss that is recorded.
    For an ensemble (stacked networks and `streams`), batches and logits carry a member axis in front, and so does each
    recorded number: [6, K]. The members' losses are summed, so each member's gradient is the one of a single run.
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
        unroll: Unrolled | None = None,
        streams: MemberStreams | None = None,
    ):
        self.generator, self.discriminator = generator, discriminator
        self.sample_real, self.objective = sample_real, objective
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.batch_size, self.d_steps, self.ema, self.autocast = batch_size, d_steps, ema, autocast
        self.penalty, self.unroll, self.streams = penalty, unroll, streams
        self.differentiable = discriminator  # torch.compile has no second derivatives
        self.g_parameters, self.d_parameters = list(generator.parameters()), list(discriminator.parameters())
        self.device = self.g_parameters[0].device
        # Without its cache of cast weights, autocast is the same in a captured graph as outside.
        half = torch.autocast(self.device.type, torch.bfloat16, cache_enabled=False)
        self.precision = half if autocast else nullcontext()
        self.latent_dim = generator.latent_dim
        self.mixes_batch = any(
            isinstance(layer, _BatchNorm) or getattr(layer, "mixes_batch", False) for layer in discriminator.modules()
        )

    def _draw(self, sample: Callable[[], Tensor]) -> Tensor:
        return self.streams.draw(sample) if self.streams else sample()

    def _generate(self) -> Tensor:
        z = self._draw(lambda: sample_latent(self.batch_size, self.latent_dim, self.device))
        with self.precision:
            return self.generator(z)

    def _judge(self, x: Tensor, judge: Callable[[Tensor], Tensor] | None = None) -> Tensor:
        with self.precision:
            logits = (judge or self.discriminator)(x)
        return logits.float() if self.autocast else logits  # losses are always computed in 32 bits

    def _judge_both(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """In one pass, which is faster; but apart if D looks at whole batches (BatchNorm), which would mix the two."""
        if self.mixes_batch:
            return self._judge(real), self._judge(fake)
        batch_axis = 1 if self.streams else 0
        real_logits, fake_logits = self._judge(torch.cat([real, fake], batch_axis)).chunk(2, batch_axis)
        return real_logits, fake_logits

    def _loss(self, loss: Callable[..., Tensor], *batches: Tensor) -> Tensor:
        """`loss` of these batches: a scalar, or one for each member, [K]."""
        return vmap(loss)(*batches) if self.streams else loss(*batches)

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        """A mean over samples, so that of all members' samples, times K, is the sum of the members' penalties."""
        if not self.streams:
            return self.penalty(self.differentiable, real, fake)
        members = len(real)

        def judge_flat(x: Tensor) -> Tensor:
            return self.differentiable(x.unflatten(0, (members, -1))).flatten(0, 1)

        return members * self.penalty(judge_flat, real.flatten(0, 1), fake.flatten(0, 1))

    def _generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        loss = self.objective.generator_loss
        if self.objective.on_features:
            with torch.no_grad():
                real_features = self._judge(real, self.discriminator.features)
            return self._loss(loss, real_features, self._judge(fake, self.discriminator.features))
        judge = None
        if self.unroll:
            d_loss = self.objective.discriminator_loss
            judge = self.unroll(self.differentiable, lambda r, f: self._loss(d_loss, r, f).sum(), real, fake)
        fake_logits = self._judge(fake, judge)
        if not self.objective.relativistic:
            return self._loss(loss, fake_logits)
        with torch.set_grad_enabled(self.unroll is not None):  # an unrolled D depends on G even where it judges real
            real_logits = self._judge(real, judge)
        return self._loss(loss, real_logits, fake_logits)

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        for remaining in reversed(range(self.d_steps)):
            real = self._draw(lambda: self.sample_real(self.batch_size))
            # The last fakes also serve the generator's update below, so only they need its graph.
            with torch.set_grad_enabled(remaining == 0):
                fake = self._generate()
            real_logits, fake_logits = self._judge_both(real, fake.detach())
            d_loss = self._loss(self.objective.discriminator_loss, real_logits, fake_logits)
            _clear_gradients(self.d_parameters)
            if penalty_weight:
                (d_loss.sum() + penalty_weight * self._penalty(real, fake.detach())).backward()
            else:
                d_loss.sum().backward()
            self.d_optimizer.step()

        g_loss = self._generator_loss(real, fake)
        _clear_gradients(self.g_parameters)
        g_loss.sum().backward(inputs=self.g_parameters)  # D's weights are not G's to change: no gradient for them
        self.g_optimizer.step()
        if self.ema is not None:
            self.ema.update()

        logits = torch.stack([real_logits.detach(), fake_logits.detach()])
        logits = logits.flatten(2) if self.streams else logits.flatten(1)  # [2, K, n] or [2, n]
        means = torch.cat([logits.mean(-1), logits.sigmoid().mean(-1)])
        return torch.cat([torch.stack([d_loss.detach(), g_loss.detach()]), means])


def _clear_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """What `optimizer.zero_grad()` does, without its profiling hooks, which cost small networks 2 % of a step."""
    for parameter in parameters:
        parameter.grad = None
