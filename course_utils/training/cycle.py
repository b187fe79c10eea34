"""Unpaired translation between two domains: the CycleGAN step and its loop."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.inputs import require_count, require_counts, require_kind, require_number
from course_utils.models import CyclePair
from course_utils.objectives import NON_SATURATING, Objective, Penalty, cycle_consistency_loss, identity_loss
from course_utils.training.batches import Batches
from course_utils.training.cycle_fit import pools_of, require_domains
from course_utils.training.distributed import share_of_batch
from course_utils.training.fit import require_network
from course_utils.training.games import Game, as_game, recorded_and_minimised, require_graph
from course_utils.training.image_pool import ImagePool
from course_utils.training.judge import Judge, precision
from course_utils.training.loop import Loop
from course_utils.training.modes import wake
from course_utils.training.ownership import require_ownership
from course_utils.training.randomness import require_seed
from course_utils.training.run import Run, every
from course_utils.training.schedules import Schedule, adam, constant
from course_utils.training.step import Players, Step, clear_gradients, trained

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
        weights = [require_number(f.name, getattr(self, f.name), least=0) for f in fields(self)]
        if not any(weights):
            raise ValueError("one of the weights must be above 0, or there is nothing to minimise")


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
        game: Game | Objective,
        g_optimizer: Optimizer,
        d_optimizer: Optimizer,
        batch_size: int,
        autocast: bool = False,
        penalty: Penalty | None = None,
        penalty_every: int = 1,
        pools: Sequence[ImagePool] = (),
    ):
        self.pools = dict(zip(("pool_a", "pool_b"), pools, strict=False))  # what each discriminator has been shown
        self.networks = {"pair": pair, **self.pools}
        self.optimizers = {"g_optimizer": g_optimizer, "d_optimizer": d_optimizer}
        self.g_optimizer, self.d_optimizer = g_optimizer, d_optimizer
        self.pair, self.to_b, self.to_a = pair, pair.to_b, pair.to_a
        self.note_trained()
        self.judges = Judge(pair.discriminator_a, autocast), Judge(pair.discriminator_b, autocast)
        samples = {"sample_a": sample_a, "sample_b": sample_b}
        self.samples = {name: Batches.of(sample, pair, name) for name, sample in samples.items()}
        self.batch_size = share_of_batch(batch_size)
        self.weights, self.game, self.autocast = weights, as_game(game), autocast
        self.penalty, self.penalty_every = penalty if weights.adversarial else None, penalty_every

    def players(self) -> Players:
        pair = self.pair
        return {
            "g_optimizer": ("translators", [pair.to_b, pair.to_a], self.g_optimizer),
            "d_optimizer": ("discriminators", [pair.discriminator_a, pair.discriminator_b], self.d_optimizer),
        }

    def note_trained(self) -> None:
        super().note_trained()
        self.g_parameters, self.d_parameters = trained(self.pair.translators()), trained(self.pair.discriminators())

    def compile(self) -> None:
        self.to_b, self.to_a = torch.compile(self.pair.to_b), torch.compile(self.pair.to_a)
        for judge in self.judges:
            judge.compile()

    def _translate(self, network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        with precision(self.device, self.autocast):
            made = network(x)
        return made.float() if self.autocast else made  # as the data are

    def __call__(self, penalty_weight: float = 0.0) -> Tensor:
        a, b = (sample(self.batch_size) for sample in self.samples.values())
        b_made, a_made = self._translate(self.to_b, a), self._translate(self.to_a, b)
        zero = a.new_zeros(())
        d_loss = (
            self._update_discriminators((a, b), self._shown(a_made, b_made), penalty_weight)
            if self.weights.adversarial
            else zero
        )

        adversarial = cycle = identity = zero
        if self.weights.adversarial:
            sides = zip(self.judges, (a, b), (a_made, b_made), strict=True)
            losses = [recorded_and_minimised(self.game.generator_loss(D, x, y, None), D)[1] for D, x, y in sides]
            adversarial = sum(losses)
        if self.weights.cycle:
            back_a, back_b = self._translate(self.to_a, b_made), self._translate(self.to_b, a_made)
            cycle = cycle_consistency_loss(a, back_a) + cycle_consistency_loss(b, back_b)
        if self.weights.identity:
            identity = identity_loss(b, self._translate(self.to_b, b)) + identity_loss(a, self._translate(self.to_a, a))
        weights = self.weights
        g_loss = weights.adversarial * adversarial + weights.cycle * cycle + weights.identity * identity
        clear_gradients(self.g_parameters)
        # The discriminators' weights are not the translators' to change.
        require_graph(g_loss, "translators").backward(inputs=self.g_parameters)
        self.g_optimizer.step()
        for judge in self.judges:
            judge.forget()
        return torch.stack([value.detach() for value in (d_loss, g_loss, adversarial, cycle, identity)])

    def _shown(self, *made: Tensor) -> list[Tensor]:
        """What the discriminators judge in the place of what was made: themselves, or what the pools return."""
        if not self.pools:
            return [x.detach() for x in made]
        return [pool(x) for pool, x in zip(self.pools.values(), made, strict=True)]

    def _update_discriminators(self, real: tuple[Tensor, Tensor], made: list[Tensor], penalty_weight: float) -> Tensor:
        d_loss = total = real[0].new_zeros(())
        for D, x, y in zip(self.judges, real, made, strict=True):
            recorded, minimised = recorded_and_minimised(self.game.discriminator_loss(D, x, y, None), D)
            d_loss, total = d_loss + recorded, total + minimised
            if penalty_weight:
                total = total + penalty_weight * D.charge(self.penalty, x, y, None)
        clear_gradients(self.d_parameters)
        require_graph(total, "discriminators").backward()
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
    objective: Objective | Game = NON_SATURATING,
    penalty: Penalty | None = None,
    penalty_every: int = 1,
    pool_size: int = 0,
    g_optimizer: Optimizer | None = None,
    d_optimizer: Optimizer | None = None,
    schedule: Schedule = constant,
    seed: int = 0,
    autocast: bool = False,
    engine: str = "eager",
    callbacks: Sequence[every] = (),
    checkpoint: str | os.PathLike | bool | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> CycleRun:
    """Train two translators from batches without pairs, for `steps` updates; `pair` is trained in place.

    `sample_a(n)` and `sample_b(n)` return n images of their domain, [n, …], on the pair's device. A discriminator
    returns logits [n], or a map of them, [n, h, w] (`PatchDiscriminator`).
    `weights`: what counts how much (`CycleWeights`). `objective`: both players' losses in each domain, or any `Game`
    without labels. Both optimisers are by default Adam with rate 1e-3, β (0.5, 0.99) for `pair.translators()` and
    (0, 0.99) for `pair.discriminators()`; the paper's are 2e-4 and (0.5, 0.999). `pool_size`: the discriminators judge
    a history of so many generated images (`ImagePool`; the paper's has 50); 0 for none. Other options and errors as in
    `train_gan`. Source: Zhu et al. 2017.
    """
    steps, batch_size, penalty_every = require_counts(steps=steps, batch_size=batch_size, penalty_every=penalty_every)
    seed = require_seed(seed)
    weights = require_kind("weights", weights or CycleWeights(), CycleWeights)
    require_network("pair", require_kind("pair", pair, CyclePair))
    game, translators = as_game(objective), [pair.to_b, pair.to_a]
    judges = [pair.discriminator_a, pair.discriminator_b]
    if g_optimizer is None:
        g_optimizer = adam(nn.ModuleList(translators), 1e-3, (0.5, 0.99))
    if d_optimizer is None:
        d_optimizer = adam(nn.ModuleList(judges), 1e-3, (0.0, 0.99))
    wake(pair)
    pool_size = require_count("pool_size", pool_size, least=0, hint="0 for no pool")
    step = CycleStep(
        pair, sample_a, sample_b, weights, game, g_optimizer, d_optimizer, batch_size=batch_size, autocast=autocast,
        penalty=penalty, penalty_every=penalty_every, pools=pools_of(pool_size, batch_size, pair, sample_a, sample_b),
    )  # fmt: skip
    require_ownership(step.players(), game)
    require_domains(pair, list(step.samples.values()), step.judges, game, penalty)
    run = CycleRun(pair=pair, columns=step.columns, rows=step.empty_rows(steps))
    identity = {
        "batch_size": batch_size,
        "weights": weights,
        "game": game,
        "penalty": penalty,
        "penalty_every": penalty_every,
        "seed": seed,
        "autocast": autocast,
        **({"pool_size": pool_size} if pool_size else {}),
    }
    Loop(
        step=step, run=run, identity=identity, seed=seed, schedule=schedule, engine=engine, callbacks=callbacks,
        checkpoint=checkpoint, checkpoint_every=checkpoint_every, progress=progress,
    ).repeat()  # fmt: skip
    return run
