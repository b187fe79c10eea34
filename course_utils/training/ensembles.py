"""Many seeds at once: K runs of a small experiment as one batched program."""

from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.inputs import require_function, shown
from course_utils.models import stack
from course_utils.training.gan import train_gan
from course_utils.training.randomness import forked_random_state, require_seed
from course_utils.training.run import GANRun
from course_utils.training.schedules import adam
from course_utils.training.step import trained


def train_ensemble(
    make_networks: Callable[[], tuple[nn.Module, nn.Module]],
    sample_real: Callable[[int], Tensor],
    *,
    seeds: Sequence[int],
    g_optimizer: Callable[[nn.Module], Optimizer] = adam,
    d_optimizer: Callable[[nn.Module], Optimizer] = adam,
    **options: object,
) -> GANRun:
    """`train_gan` for each seed, all at once: member k is the run that seed `seeds[k]` would give on its own.

    `make_networks()` → (generator, discriminator) on their device, built of the layers that `models.stack` knows; it is
    called after torch.manual_seed(seed). Optimisers are functions of a network, as there is none to hold yet:
    `g_optimizer=partial(training.adam, lr=1e-3)`. Further options are those of `train_gan`.

    Results carry the seed axis: history columns are [steps, K], `run.sample(n)` is [K, n, …], and
    `models.unstack(run.generator, k)` is one member. Each member draws its data and latent vectors from its own stream,
    as in a single run; only what a network or penalty draws (dropout, instance noise, the ε of WGAN-GP) comes from one
    stream for all, so there members equal single runs in distribution, not in each number. Optimisers must treat each
    weight by itself, as SGD and Adam do.
    """
    seeds = _require_seeds(seeds)
    require_function("make_networks", make_networks, "a function that returns (generator, discriminator)", takes=0)
    for name, make in {"g_optimizer": g_optimizer, "d_optimizer": d_optimizer}.items():
        require_function(name, make, "a function of a network, as there is no network yet", takes=1)
    pairs = [_require_two(_seeded(make_networks, seed)) for seed in seeds]
    _require_anew(pairs)
    generator, discriminator = map(stack, zip(*pairs, strict=True))
    return train_gan(
        generator, discriminator, sample_real, seed=seeds,
        g_optimizer=g_optimizer(generator), d_optimizer=d_optimizer(discriminator), **options,
    )  # fmt: skip


def _require_seeds(seeds: Sequence[int]) -> list[int]:
    if not isinstance(seeds, Iterable) or isinstance(seeds, str) or not (seeds := list(seeds)):
        raise ValueError(f"an ensemble needs at least one seed, such as seeds=range(16), not {shown(seeds)}")
    return [require_seed(seed, "each seed") for seed in seeds]


def _require_two(pair: tuple[nn.Module, nn.Module]) -> tuple[nn.Module, nn.Module]:
    if not isinstance(pair, tuple | list) or len(pair) != 2 or not all(isinstance(part, nn.Module) for part in pair):
        raise ValueError(f"make_networks must return two networks, (generator, discriminator), not {shown(pair)}")
    return pair


def _require_anew(pairs: list[tuple[nn.Module, nn.Module]]) -> None:
    """Raises ValueError for members with the same weights. What is frozen, such as features, they may share."""
    seen: set[int] = set()
    for pair in pairs:
        mine = {id(weight) for network in pair for weight in trained(network.parameters())}
        if mine & seen:
            raise ValueError(
                "make_networks returned the same network twice, so that all members would start with the same weights: "
                "build both networks inside it"
            )
        seen |= mine


def _seeded(make_networks: Callable[[], tuple[nn.Module, nn.Module]], seed: int) -> tuple[nn.Module, nn.Module]:
    with forked_random_state(torch.device("cpu"), seed):
        return make_networks()
