"""One update of both players of a GAN, as a pure tensor program."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.func import vmap
from torch.nn.functional import cross_entropy
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer

from course_utils.models import sample_latent
from course_utils.objectives import Objective, Penalty
from course_utils.training.averaging import AveragedModel
from course_utils.training.distributed import share_of, share_of_batch
from course_utils.training.loop import Step
from course_utils.training.randomness import Streams
from course_utils.training.unrolled import Unrolled

HISTORY_COLUMNS = ("d_loss", "g_loss", "real_logit", "fake_logit", "real_prob", "fake_prob")


class GANStep(Step):
    """Called once per generator update; returns the numbers of `HISTORY_COLUMNS` as one tensor on the device.

    `penalty_weight` times the penalty is added to D's loss before it is minimised, not to the loss that is recorded.
    For an ensemble (stacked networks and `streams`), batches and logits carry a member axis in front, and so does each
    recorded number: [6, K]. The members' losses are summed, so each member's gradient is the one of a single run.

    Where `sample_real` returns (x, labels), both networks are given the labels, and the generated samples carry those
    of the real batch. A discriminator that returns (logits, class_logits) makes both players minimise `class_weight`
    times the cross-entropy of the class logits too; it is not part of the recorded losses either.
    """

    columns = HISTORY_COLUMNS

    def __init__(
        self,
        generator: nn.Module,
        discriminator: nn.Module,
        sample_real: Callable[[int], Tensor | tuple[Tensor, Tensor]],
        objective: Objective,
        g_optimizer: Optimizer,
        d_optimizer: Optimizer,
        batch_size: int,
        d_steps: int = 1,
        ema: AveragedModel | None = None,
        autocast: bool = False,
        penalty: Penalty | None = None,
        penalty_every: int = 1,
        unroll: Unrolled | None = None,
        class_weight: float = 1.0,
        streams: Streams | None = None,
    ):
        self.networks = {"generator": generator, "discriminator": discriminator}
        self.optimizers = {"g_optimizer": g_optimizer, "d_optimizer": d_optimizer}
        self.generator, self.discriminator = generator, discriminator
        self.sample_real, self.objective = share_of(sample_real), objective
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.batch_size, self.d_steps = share_of_batch(batch_size), d_steps
        self.averaged, self.autocast = ema, autocast
        self.penalty, self.penalty_every, self.unroll, self.streams = penalty, penalty_every, unroll, streams
        self.class_weight = class_weight
        self.differentiable = discriminator  # torch.compile has no second derivatives
        self.g_parameters, self.d_parameters = list(generator.parameters()), list(discriminator.parameters())
        self.precision = precision(self.device, autocast)
        self.latent_dim = generator.latent_dim
        self.mixes_batch = any(
            isinstance(layer, _BatchNorm) or getattr(layer, "mixes_batch", False) for layer in discriminator.modules()
        )

    def compile(self) -> None:
        self.generator, self.discriminator = torch.compile(self.generator), torch.compile(self.discriminator)

    def _draw(self, sample: Callable[[int], Tensor]) -> Tensor:
        return self.streams.draw(sample, self.batch_size) if self.streams else sample(self.batch_size)

    def _draw_real(self) -> tuple[Tensor, tuple[Tensor, ...]]:
        """A real batch, and its labels if it has any."""
        drawn = self._draw(self.sample_real)
        return (drawn[0], drawn[1:]) if isinstance(drawn, tuple) else (drawn, ())

    def _generate(self, labels: tuple[Tensor, ...]) -> Tensor:
        z = self._draw(lambda n: sample_latent(n, self.latent_dim, self.device))
        with self.precision:
            return self.generator(z, *labels)

    def _judge(
        self, x: Tensor, labels: tuple[Tensor, ...] = (), judge: Callable[..., Tensor] | None = None
    ) -> tuple[Tensor, ...]:
        """(logits,), or (logits, class logits)."""
        with self.precision:
            verdict = (judge or self.discriminator)(x, *labels)
        verdict = verdict if isinstance(verdict, tuple) else (verdict,)
        # Losses are always computed in 32 bits.
        return tuple(logits.float() for logits in verdict) if self.autocast else verdict

    def _judge_both(
        self, real: Tensor, fake: Tensor, labels: tuple[Tensor, ...]
    ) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
        """In one pass, which is faster; but apart if D looks at whole batches (BatchNorm), which would mix the two."""
        if self.mixes_batch:
            return self._judge(real, labels), self._judge(fake, labels)
        batch_axis = 1 if self.streams else 0
        verdict = self._judge(torch.cat([real, fake], batch_axis), tuple(torch.cat([t, t]) for t in labels))
        reals, fakes = zip(*(logits.chunk(2, batch_axis) for logits in verdict), strict=True)
        return reals, fakes

    def _loss(self, loss: Callable[..., Tensor], *batches: Tensor) -> Tensor:
        """`loss` of these batches: a scalar, or one for each member, [K]."""
        return vmap(loss)(*batches) if self.streams else loss(*batches)

    def _class_loss(self, class_logits: Iterable[Tensor], labels: tuple[Tensor, ...]) -> Tensor:
        """What the auxiliary classifier has to pay."""
        return self.class_weight * sum(cross_entropy(logits, *labels) for logits in class_logits)

    def _penalty(self, real: Tensor, fake: Tensor, labels: tuple[Tensor, ...]) -> Tensor:
        """A mean over samples, so that of all members' samples, times K, is the sum of the members' penalties."""
        if labels or not self.streams:

            def judge_labelled(x: Tensor) -> Tensor:
                parts = len(x) // len(real)  # a penalty may judge real and generated samples in one pass
                return self._judge_differentiable(x, *(t.repeat(parts) for t in labels))

            return self.penalty(judge_labelled if labels else self.differentiable, real, fake)
        members = len(real)

        def judge_flat(x: Tensor) -> Tensor:
            return self.differentiable(x.unflatten(0, (members, -1))).flatten(0, 1)

        return members * self.penalty(judge_flat, real.flatten(0, 1), fake.flatten(0, 1))

    def _judge_differentiable(self, x: Tensor, *labels: Tensor) -> Tensor:
        verdict = self.differentiable(x, *labels)
        return verdict[0] if isinstance(verdict, tuple) else verdict

    def _generator_loss(self, real: Tensor, fake: Tensor, labels: tuple[Tensor, ...]) -> tuple[Tensor, list[Tensor]]:
        """The adversarial loss, and the class logits of the generated samples if D gives them."""
        loss = self.objective.generator_loss
        if self.objective.on_features:
            with torch.no_grad():
                (real_features,) = self._judge(real, judge=self.discriminator.features)
            (fake_features,) = self._judge(fake, judge=self.discriminator.features)
            return self._loss(loss, real_features, fake_features), []
        judge = None
        if self.unroll:
            d_loss = self.objective.discriminator_loss
            judge = self.unroll(self.differentiable, lambda r, f: self._loss(d_loss, r, f).sum(), real, fake)
        fake_logits, *class_logits = self._judge(fake, labels, judge)
        if not self.objective.relativistic:
            return self._loss(loss, fake_logits), class_logits
        with torch.set_grad_enabled(self.unroll is not None):  # an unrolled D depends on G even where it judges real
            real_logits = self._judge(real, labels, judge)[0]
        return self._loss(loss, real_logits, fake_logits), class_logits

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        for remaining in reversed(range(self.d_steps)):
            real, labels = self._draw_real()
            # The last fakes also serve the generator's update below, so only they need its graph.
            with torch.set_grad_enabled(remaining == 0):
                fake = self._generate(labels)
            (real_logits, *real_classes), (fake_logits, *fake_classes) = self._judge_both(real, fake.detach(), labels)
            d_loss = self._loss(self.objective.discriminator_loss, real_logits, fake_logits)
            total = d_loss.sum()
            if real_classes:
                total = total + self._class_loss((*real_classes, *fake_classes), labels)
            if penalty_weight:
                total = total + penalty_weight * self._penalty(real, fake.detach(), labels)
            clear_gradients(self.d_parameters)
            total.backward()
            self.d_optimizer.step()

        g_loss, class_logits = self._generator_loss(real, fake, labels)
        total = g_loss.sum() + self._class_loss(class_logits, labels) if class_logits else g_loss.sum()
        clear_gradients(self.g_parameters)
        total.backward(inputs=self.g_parameters)  # D's weights are not G's to change: no gradient for them
        self.g_optimizer.step()
        if self.averaged is not None:
            self.averaged.update()

        logits = torch.stack([real_logits.detach(), fake_logits.detach()])
        logits = logits.flatten(2) if self.streams else logits.flatten(1)  # [2, K, n] or [2, n]
        means = torch.cat([logits.mean(-1), logits.sigmoid().mean(-1)])
        return torch.cat([torch.stack([d_loss.detach(), g_loss.detach()]), means])


def precision(device: torch.device, autocast: bool) -> AbstractContextManager:
    """With `autocast`, bfloat16 where torch allows it; without its cache, which a captured graph would not refill."""
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False) if autocast else nullcontext()


def clear_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """What `optimizer.zero_grad()` does, without its profiling hooks, which cost small networks 2 % of a step."""
    for parameter in parameters:
        parameter.grad = None
