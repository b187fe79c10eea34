"""Do the networks, the data and the seeds fit each other? Asked once, so that a wrong shape is explained in words."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from course_utils.models import evaluating, sample_latent
from course_utils.objectives import Objective
from course_utils.training.distributed import processes
from course_utils.training.randomness import forked_random_state
from course_utils.training.unrolled import Unrolled


def require_fit(
    generator: nn.Module, discriminator: nn.Module, sample_real: Callable[[int], Tensor | tuple[Tensor, Tensor]]
) -> tuple[torch.device, bool]:
    """The device of both networks, and whether the data have labels for them.

    Draws two of everything; raises ValueError for what cannot be trained.
    """
    if not isinstance(getattr(generator, "latent_dim", None), int):
        raise ValueError(f"{type(generator).__name__} needs an attribute latent_dim, the length of its input vectors z")
    device, d_device = next(generator.parameters()).device, next(discriminator.parameters()).device
    if device != d_device:
        raise ValueError(f"the generator is on {device}, the discriminator on {d_device}: move both with .to(device)")
    members = getattr(generator, "members", None)
    if members != getattr(discriminator, "members", None):
        raise ValueError("either both networks are stacked, with as many members, or neither is")
    axis = [] if members is None else [members]
    n = 2 * getattr(discriminator, "pack", 1)
    with torch.no_grad(), forked_random_state(device), evaluating(generator, discriminator):
        real = sample_real(n)
        real, labels = (real[0], real[1:]) if isinstance(real, tuple) else (real, ())
        if labels and members is not None:
            raise ValueError("an ensemble trains without labels; train conditional networks one by one")
        fake = generator(sample_latent(n, generator.latent_dim, device).expand(*axis, -1, -1), *labels)
        if real.device != device:
            raise ValueError(f"the data are on {real.device}, the networks on {device}: move one with .to(device)")
        if (*axis, *real.shape) != fake.shape:
            made, expected = fake.shape[1 + len(axis) :], real.shape[1:]
            raise ValueError(
                f"the generator makes samples of shape {tuple(made)}, the data have {tuple(expected)}: "
                "check the generator's strides and its last layer, or build both networks with the data's image_size "
                "and channels"
            )
        logits = discriminator(real.expand(*axis, *real.shape), *labels)
    if isinstance(logits, tuple):
        logits = _require_class_logits(*logits, labels)
    if logits.shape not in ((*axis, 2), (*axis, 2, 1)):
        raise ValueError(
            f"the discriminator must return one logit a sample, shape {(*axis, 2)} for 2 samples, "
            f"but returns {tuple(logits.shape)}"
        )
    require_no_sigmoid(discriminator, logits, "discriminator")
    return device, bool(labels)


def require_no_sigmoid(network: nn.Module, logits: Tensor, name: str) -> None:
    """Raises ValueError for a network that ends in a sigmoid, where the losses take logits."""
    if isinstance(list(network.modules())[-1], nn.Sigmoid) and bool(((logits >= 0) & (logits <= 1)).all()):
        raise ValueError(
            f"the {name} ends in a sigmoid, so it returns probabilities; the losses take logits and have the sigmoid "
            "built in: remove the last layer"
        )


def _require_class_logits(logits: Tensor, class_logits: Tensor, labels: tuple[Tensor, ...]) -> Tensor:
    """The logits of a discriminator that is also a classifier; raises ValueError if the data have no such classes."""
    if not labels:
        raise ValueError("a discriminator that returns class logits needs data with labels, such as batch_with_labels")
    if class_logits.ndim != 2 or len(class_logits) != len(labels[0]):
        raise ValueError(f"class logits must be [n, classes], not {tuple(class_logits.shape)} for n = {len(labels[0])}")
    if bool((class_logits >= 0).all()) and bool((class_logits.sum(1) - 1).abs().max() < 1e-4):
        raise ValueError(
            "class logits that add up to 1 are probabilities: remove the softmax, cross-entropy has its own"
        )
    return logits


def require_unrolling(unroll: Unrolled | None, objective: Objective, conditional: bool) -> None:
    """Raises ValueError where an unrolled discriminator would be ignored, or could not judge."""
    if unroll and (objective.on_features or conditional):
        game = "a conditional game" if conditional else f"the {objective.name} objective, which ignores D's verdict"
        raise ValueError(f"unrolling is not made for {game}; leave unroll out")
    if unroll and processes() > 1:
        raise ValueError("unrolling looks ahead with the whole batch, but each process has a share of it: use one")


def require_seeds(seed: int | Sequence[int], generator: nn.Module) -> list[int] | None:
    """One seed for each member of an ensemble; None for a single run. Raises ValueError where that cannot be."""
    members = getattr(generator, "members", None)
    if members is None:
        if not isinstance(seed, int):
            raise ValueError(f"a single pair of networks trains from one seed, not from {seed!r}: use train_ensemble")
        return None
    seeds = [] if isinstance(seed, int) else list(seed)
    if len(seeds) != members:
        raise ValueError(f"{members} stacked members need {members} seeds, not {seed!r}")
    return seeds
