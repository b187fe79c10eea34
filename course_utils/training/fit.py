"""Do the networks, the data and the seeds fit each other? Asked once, so that a wrong shape is explained in words."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from course_utils.models import sample_latent
from course_utils.training.randomness import forked_random_state


def require_fit(generator: nn.Module, discriminator: nn.Module, sample_real: Callable[[int], Tensor]) -> torch.device:
    """The device of both networks. Draws two of everything; raises ValueError for what cannot be trained."""
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
    modes = generator.training, discriminator.training
    generator.eval(), discriminator.eval()
    with torch.no_grad(), forked_random_state(device):
        real = sample_real(n)
        fake = generator(sample_latent(n, generator.latent_dim, device).expand(*axis, -1, -1))
        if real.device != device:
            raise ValueError(f"the data are on {real.device}, the networks on {device}: move one with .to(device)")
        if (*axis, *real.shape) != fake.shape:
            made, expected = fake.shape[1 + len(axis) :], real.shape[1:]
            raise ValueError(
                f"the generator makes samples of shape {tuple(made)}, the data have {tuple(expected)}: "
                "check the generator's strides and its last layer"
            )
        logits = discriminator(real.expand(*axis, *real.shape))
    generator.train(modes[0]), discriminator.train(modes[1])
    if logits.shape not in ((*axis, 2), (*axis, 2, 1)):
        raise ValueError(
            f"the discriminator must return one logit a sample, shape {(*axis, 2)} for 2 samples, "
            f"but returns {tuple(logits.shape)}"
        )
    return device


def require_seeds(seed: int | Sequence[int], generator: nn.Module, engine: str) -> list[int] | None:
    """One seed for each member of an ensemble; None for a single run. Raises ValueError where that cannot be."""
    members = getattr(generator, "members", None)
    if members is None:
        if not isinstance(seed, int):
            raise ValueError(f"a single pair of networks trains from one seed, not from {seed!r}: use train_ensemble")
        return None
    seeds = [] if isinstance(seed, int) else list(seed)
    if len(seeds) != members:
        raise ValueError(f"{members} stacked members need {members} seeds, not {seed!r}")
    if engine == "cuda_graph":
        raise ValueError("an ensemble draws each member's numbers on the host, which no CUDA graph can: use eager")
    return seeds
