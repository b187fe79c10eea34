"""Do the translators, the domains and the pools of a CycleGAN fit each other? Asked once, before the first step."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.models import CyclePair, evaluating
from course_utils.objectives import Penalty
from course_utils.training.batches import Batches, left_alone
from course_utils.training.distributed import share_of_batch
from course_utils.training.fit import judges_apart, require_losses, require_penalty
from course_utils.training.games import Game, takes_any_numbers
from course_utils.training.image_pool import ImagePool
from course_utils.training.judge import Judge
from course_utils.training.look import made_by, require_trainable
from course_utils.training.modes import awake
from course_utils.training.randomness import forked_random_state
from course_utils.training.reach import require_logits, require_range


def pools_of(size: int, batch_size: int, pair: CyclePair, *samples: Callable[[int], Tensor]) -> list[ImagePool]:
    """A pool for what is made in each domain; none for size 0."""
    if not size:
        return []
    if size < share_of_batch(batch_size):
        raise ValueError(f"pool_size must be 0, or at least the batch size, {share_of_batch(batch_size)}, not {size}")
    device = next(pair.parameters()).device
    with forked_random_state(device):
        return [ImagePool(size, tuple(sample(1).shape[1:])).to(device) for sample in samples]


class OneLogit(nn.Module):
    """A discriminator whose map of logits, if it returns one, is averaged: what is asked of others is asked of it."""

    def __init__(self, discriminator: nn.Module):
        super().__init__()
        self.discriminator = discriminator

    def forward(self, x: Tensor) -> Tensor:
        logits = self.discriminator(x)
        return logits.mean((1, 2)) if isinstance(logits, Tensor) and logits.ndim == 3 else logits


def require_domains(
    pair: CyclePair, samples: list[Batches], judges: tuple[Judge, Judge], game: Game, penalty: Penalty | None
) -> None:
    """Draws two of everything; raises ValueError for what cannot be trained. The judges learn how they must judge."""
    sample_a, sample_b = samples
    with torch.no_grad(), forked_random_state(sample_a.device), evaluating(pair):
        a, b = sample_a(2), sample_b(2)
        for name, x in (("sample_a", a), ("sample_b", b)):
            if isinstance(x, tuple):
                raise ValueError(f"{name} returns {len(x)} tensors; translation takes images alone, without labels")
        a, b = a.clone(), b.clone()  # so that a network that would change them has not changed the data
        translated = []
        for name, translate, x, target in (("to_b", pair.to_b, a, b), ("to_a", pair.to_a, b, a)):
            translated.append(made := made_by(name, translate, x))
            if made.shape != target.shape:
                found, expected = tuple(made.shape[1:]), tuple(target.shape[1:])
                raise ValueError(f"{name} makes images {found}, its domain has {expected}")
            require_range(
                translate, x, [], lambda n: torch.cat([sample_a(n).flatten(1), sample_b(n).flatten(1)], 1), name
            )
        for name, judge, x in (("a", pair.discriminator_a, a), ("b", pair.discriminator_b, b)):
            name = f"discriminator_{name}"
            if (logits := made_by(name, judge, x)).shape[:1] != (2,) or logits.ndim not in (1, 3):
                wanted = "logits (2,) or a map of them (2, h, w) for 2 images"
                raise ValueError(f"{name} must return {wanted}, not {tuple(logits.shape)}")
            require_logits(judge, x, [], name, may_clamp=takes_any_numbers(game))
            require_losses(game, judge, x, x.clone(), [], None)
    with torch.no_grad(), forked_random_state(sample_a.device):
        for name, translate, x in (("to_b", pair.to_b, a), ("to_a", pair.to_a, b)):
            with left_alone(f"{name}, in training mode,", x):
                require_trainable(name, translate, translate, x)
        for judge, x, y in zip(judges, (a, b), reversed(translated), strict=True):
            judge.apart = judges_apart(OneLogit(judge.network), x, y, [], None, False, None)
            if penalty is not None:
                with awake(judge.network):
                    require_penalty(penalty, judge.network, judge.apart)
