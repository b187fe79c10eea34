"""Unpaired translation between two domains: the CycleGAN step and its loop."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.models import CyclePair
from course_utils.objectives import NON_SATURATING, Objective, Penalty, cycle_consistency_loss, identity_loss
from course_utils.training.distributed import share_of, share_of_batch
from course_utils.training.loop import Step, name_of, require_counts, run_steps
from course_utils.training.randomness import forked_random_state
from course_utils.training.run import Run, every
from course_utils.training.schedules import Schedule, adam, constant
from course_utils.training.step import clear_gradients, precision

CYCLE_COLUMNS = ("d_loss", "g_loss", "adversarial_loss", "cycle_loss", "identity_loss")


@dataclass(frozen=True)
class CycleWeights:
    """What the translators pay for: weights of the adversarial, cycle-consistency and identity losses.

    The defaults 1 and 10 are those of Zhu et al. 2017 (who add an identity loss of weight 5 for paintings only). A
    loss of weight 0 is not computed, and with `adversarial` 0 no discriminator is trained.
    """

    adversarial: float = 1.0
    cycle: float = 10.0
    identity: float = 0.0

    def __post_init__(self):
        weights = self.adversarial, self.cycle, self.identity
        if min(weights) < 0 or not any(weights):
            raise ValueError(f"weights must be at least 0, and one of them above it, not {weights}")


@dataclass(kw_only=True)
class CycleRun(Run):
    """Trained translators with their history: the columns of `CYCLE_COLUMNS`, each summed over both directions."""

    pair: CyclePair


class CycleStep(Step):
    """One update of both discriminators, then one of both translators; returns the numbers of `CYCLE_COLUMNS`.

    `penalty_weight` times the penalty is added to the discriminators' loss before it is minimised, not to the loss that
    is recorded. `g_loss` is the weighted sum that the translators minimise.
    """

    columns = CYCLE_COLUMNS

    def __init__(
        self,
        pair: CyclePair,
        sample_a: Callable[[int], Tensor],
        sample_b: Callable[[int], Tensor],
        weights: CycleWeights,
        objective: Objective,
        g_optimizer: Optimizer,
        d_optimizer: Optimizer,
        batch_size: int,
        autocast: bool = False,
        penalty: Penalty | None = None,
        penalty_every: int = 1,
    ):
        self.networks = {"pair": pair}
        self.optimizers = {"g_optimizer": g_optimizer, "d_optimizer": d_optimizer}
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.g_parameters, self.d_parameters = pair.translators(), pair.discriminators()
        self.to_b, self.to_a = pair.to_b, pair.to_a
        self.judges = pair.discriminator_a, pair.discriminator_b
        self.differentiable = self.judges  # torch.compile has no second derivatives
        self.samples = share_of(sample_a), share_of(sample_b)
        self.batch_size = share_of_batch(batch_size)
        self.weights, self.objective = weights, objective
        self.penalty, self.penalty_every = penalty if weights.adversarial else None, penalty_every
        self.precision = precision(self.device, autocast)

    def compile(self) -> None:
        self.to_b, self.to_a = torch.compile(self.to_b), torch.compile(self.to_a)
        self.judges = tuple(torch.compile(judge) for judge in self.judges)

    def _run(self, network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        with self.precision:
            result = network(x)
        return result.float()  # losses are always computed in 32 bits

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        a, b = (sample(self.batch_size) for sample in self.samples)
        b_made, a_made = self._run(self.to_b, a), self._run(self.to_a, b)
        zero = a.new_zeros(())
        d_loss = (
            self._update_discriminators((a, b), (a_made, b_made), penalty_weight) if self.weights.adversarial else zero
        )

        adversarial = cycle = identity = zero
        if self.weights.adversarial:
            verdicts = [self._run(judge, x) for judge, x in zip(self.judges, (a_made, b_made), strict=True)]
            adversarial = sum(self.objective.generator_loss(logits) for logits in verdicts)
        if self.weights.cycle:
            back_a, back_b = self._run(self.to_a, b_made), self._run(self.to_b, a_made)
            cycle = cycle_consistency_loss(a, back_a) + cycle_consistency_loss(b, back_b)
        if self.weights.identity:
            identity = identity_loss(b, self._run(self.to_b, b)) + identity_loss(a, self._run(self.to_a, a))
        weights = self.weights
        g_loss = weights.adversarial * adversarial + weights.cycle * cycle + weights.identity * identity
        clear_gradients(self.g_parameters)
        g_loss.backward(inputs=self.g_parameters)  # the discriminators' weights are not the translators' to change
        self.g_optimizer.step()
        return torch.stack([value.detach() for value in (d_loss, g_loss, adversarial, cycle, identity)])

    def _update_discriminators(
        self, real: tuple[Tensor, Tensor], made: tuple[Tensor, Tensor], penalty_weight: float
    ) -> Tensor:
        d_loss = charged = real[0].new_zeros(())
        for judge, differentiable, x, y in zip(self.judges, self.differentiable, real, made, strict=True):
            real_logits, made_logits = self._run(judge, torch.cat([x, y.detach()])).chunk(2)
            d_loss = d_loss + self.objective.discriminator_loss(real_logits, made_logits)
            if penalty_weight:
                charged = charged + penalty_weight * self.penalty(differentiable, x, y.detach())
        clear_gradients(self.d_parameters)
        (d_loss + charged).backward()
        self.d_optimizer.step()
        return d_loss


def train_cycle(
    pair: CyclePair,
    sample_a: Callable[[int], Tensor],
    sample_b: Callable[[int], Tensor],
    *,
    steps: int,
    batch_size: int = 32,
    weights: CycleWeights | None = None,
    objective: Objective = NON_SATURATING,
    penalty: Penalty | None = None,
    penalty_every: int = 1,
    g_optimizer: Optimizer | None = None,
    d_optimizer: Optimizer | None = None,
    schedule: Schedule = constant,
    seed: int = 0,
    autocast: bool = False,
    engine: str = "eager",
    callbacks: Sequence[every] = (),
    checkpoint: str | os.PathLike | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> CycleRun:
    """Train two translators from batches without pairs, for `steps` updates; `pair` is trained in place.

    `sample_a(n)` and `sample_b(n)` return n images of their domain, [n, …] of equal shape, on the pair's device.
    `weights`: what counts how much (`CycleWeights`). `objective`: any that is neither relativistic nor on features.
    Both optimisers are by default Adam with rate 1e-3, β (0.5, 0.99) for `pair.translators()` and (0, 0.99) for
    `pair.discriminators()`; the paper's are 2e-4 and (0.5, 0.999). The paper also judges a history of 50 generated
    images, which is left out here. Other options and errors are those of `train_gan`. Source: Zhu et al. 2017.
    """
    require_counts(steps=steps, batch_size=batch_size, penalty_every=penalty_every)
    if objective.relativistic or objective.on_features:
        raise ValueError(f"the {objective.name} objective is not made for translation; take NON_SATURATING")
    weights = weights or CycleWeights()
    _require_domains(pair, sample_a, sample_b)
    pair.train()
    step = CycleStep(
        pair, sample_a, sample_b, weights, objective,
        g_optimizer or adam(nn.ModuleList([pair.to_b, pair.to_a]), 1e-3, (0.5, 0.99)),
        d_optimizer or adam(nn.ModuleList([pair.discriminator_a, pair.discriminator_b]), 1e-3, (0.0, 0.99)),
        batch_size=batch_size, autocast=autocast, penalty=penalty, penalty_every=penalty_every,
    )  # fmt: skip
    run = CycleRun(pair=pair, columns=step.columns, rows=step.empty_rows(steps))
    config = {
        "batch_size": batch_size,
        "weights": [weights.adversarial, weights.cycle, weights.identity],
        "objective": objective.name,
        "penalty": [name_of(penalty), penalty_every],
        "seed": seed,
        "autocast": autocast,
    }
    run_steps(
        step, run, config, seed=seed, schedule=schedule, engine=engine, callbacks=callbacks, checkpoint=checkpoint,
        checkpoint_every=checkpoint_every, progress=progress,
    )  # fmt: skip
    return run


@torch.no_grad()
def _require_domains(pair: CyclePair, sample_a: Callable[[int], Tensor], sample_b: Callable[[int], Tensor]) -> None:
    """Draws two of everything; raises ValueError for what cannot be trained."""
    device = next(pair.parameters()).device
    with forked_random_state(device):
        a, b = sample_a(2), sample_b(2)
        if a.device != device or b.device != device:
            raise ValueError(f"the domains are on {a.device} and {b.device}, the networks on {device}: move one")
        for name, x, made in (("to_b", b, pair.to_b(a)), ("to_a", a, pair.to_a(b))):
            if made.shape != x.shape:
                raise ValueError(f"{name} makes images {tuple(made.shape[1:])}, its domain has {tuple(x.shape[1:])}")
        for name, judge, x in (("a", pair.discriminator_a, a), ("b", pair.discriminator_b, b)):
            if (logits := judge(x)).shape != (2,):
                raise ValueError(
                    f"discriminator_{name} must return logits (2,) for 2 images, not {tuple(logits.shape)}"
                )
