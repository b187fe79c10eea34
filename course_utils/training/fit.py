"""Do networks, data, game and seeds fit each other? Asked once, so that what is wrong is said in words."""

import warnings
from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_function, shown
from course_utils.models import evaluating, sample_latent
from course_utils.objectives import Objective, Penalty, penalties, require_per_sample
from course_utils.training.batches import Batches, left_alone, takes_labels
from course_utils.training.distributed import processes, share_of_batch
from course_utils.training.games import AuxiliaryClassifier, Game, as_game, takes_any_numbers
from course_utils.training.judge import Judge, mixes_batch, sees_others
from course_utils.training.look import (
    ask,
    require_logits_shape,
    require_made,
    require_same_in_training,
    require_trainable,
)
from course_utils.training.modes import awake
from course_utils.training.ownership import require_gradient
from course_utils.training.randomness import forked_random_state, require_seed
from course_utils.training.reach import require_logits, require_range
from course_utils.training.step import trained
from course_utils.training.unrolled import Unrolled


def require_pair(generator: nn.Module, discriminator: nn.Module) -> torch.device:
    """The device of both networks. Raises ValueError for what is no pair of networks."""
    require_network("generator", generator)
    require_network("discriminator", discriminator)
    if (latent_dim := getattr(generator, "latent_dim", None)) is None:
        raise ValueError(f"{type(generator).__name__} needs an attribute latent_dim, the length of its input vectors z")
    require_count("the generator's latent_dim", latent_dim, hint="it is the length of its input vectors z")
    device, d_device = next(generator.parameters()).device, next(discriminator.parameters()).device
    if device != d_device:
        raise ValueError(f"the generator is on {device}, the discriminator on {d_device}: move both with .to(device)")
    if getattr(generator, "members", None) != getattr(discriminator, "members", None):
        raise ValueError("either both networks are stacked, with as many members, or neither is")
    return device


def require_fit(
    generator: nn.Module,
    discriminator: nn.Module,
    sample_real: Batches,
    objective: Objective | Game,
    batch_size: int,
    penalty: Penalty | None = None,
) -> tuple[Game, bool, bool]:
    """The game to play, whether the data have labels for it, and whether D must judge real and fake apart.

    Draws two of everything, or twice as many as make a pack; raises ValueError for what cannot be trained.
    """
    pack = getattr(discriminator, "pack", 1)
    if batch_size % pack:
        raise ValueError(f"batch_size {batch_size} must be a multiple of {pack}, as this discriminator judges packs")
    members = getattr(generator, "members", None)
    axis = [] if members is None else [members]
    device = sample_real.device
    with torch.no_grad(), forked_random_state(device), evaluating(generator, discriminator):
        drawn = sample_real(2 * pack)
        real, *labels = drawn if isinstance(drawn, tuple) else (drawn,)
        real = real.clone()  # so that a network that would change it has not changed the data
        _require_labels(labels, generator, discriminator, members)
        z = sample_latent(len(real), generator.latent_dim, device).to(real.dtype).expand(*axis, -1, -1)
        fake = require_made("the generator", ask("the generator", generator, z, *labels))
        if (*axis, *real.shape) != fake.shape:
            made, expected = fake.shape[1 + len(axis) :], real.shape[1:]
            raise ValueError(
                f"the generator makes samples of shape {tuple(made)}, the data have {tuple(expected)}: "
                "check the generator's strides and its last layer, or build both networks with the data's image_size "
                "and channels"
            )
        real = real.expand(*axis, *real.shape)
        with left_alone("the discriminator", real):
            verdict = ask("the discriminator", discriminator, real, *labels)
        if classifies := isinstance(verdict, tuple):
            _require_class_logits(verdict, labels)
        require_logits_shape(verdict, members)
        require_logits(discriminator, real, labels, "discriminator", may_clamp=takes_any_numbers(objective))
        require_range(generator, z, labels, sample_real, "generator")
        game = as_game(objective, classifies)
        if isinstance(game, AuxiliaryClassifier) and not classifies:
            raise ValueError("an auxiliary classifier game needs a discriminator that returns (logits, class_logits)")
        if isinstance(game, AuxiliaryClassifier):
            _require_named(sample_real(share_of_batch(batch_size))[1], verdict[1].shape[1])
        require_losses(game, discriminator, real, fake, labels, members)
    with torch.no_grad(), forked_random_state(device):
        require_trainable("the generator", generator, generator, z, *labels)
        apart = judges_apart(discriminator, real, fake, labels, members, classifies, penalty)
    return game, bool(labels), apart


def judges_apart(
    discriminator: nn.Module,
    real: Tensor,
    fake: Tensor,
    labels: list[Tensor],
    members: int | None,
    classifies: bool,
    penalty: Penalty | None,
) -> bool:
    """Whether D must judge real and fake apart. Raises ValueError for a D or a penalty that cannot be trained with."""
    require_same_in_training(discriminator, real, labels, members, classifies)
    apart = mixes_batch(discriminator) or sees_others(discriminator, real, fake, labels, 0 if members is None else 1)
    if penalty is not None:
        with awake(discriminator):
            require_penalty(penalty, discriminator, apart)
    return apart


def require_network(name: str, network: nn.Module) -> None:
    """Raises ValueError unless it is a network that can be trained, with finite weights."""
    if not isinstance(network, nn.Module):
        raise ValueError(f"the {name} must be a network, an nn.Module, not {shown(network)}")
    if not torch.is_grad_enabled():
        raise ValueError(f"the {name} cannot be trained without gradients: leave torch.no_grad() or inference_mode()")
    device = next((p.device.type for p in network.parameters()), "cpu")
    if torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device):
        raise ValueError(f"the {name} is trained inside torch.autocast: leave it, and pass autocast=True instead")
    if any(isinstance(p, nn.parameter.UninitializedParameter) for p in network.parameters()):
        raise ValueError(f"the {name} has lazy layers without weights yet: call it once on a batch before training")
    if not any(p.requires_grad for p in network.parameters()):
        raise ValueError(f"the {name} has nothing to train: no weights, or all are frozen (requires_grad_(False))")
    for parameter, value in network.named_parameters():
        if not value.is_meta and not bool(value.isfinite().all()):
            raise ValueError(
                f"the {name}'s weight {parameter} holds NaN or infinite values before the first step: make it anew"
            )


def require_penalty(penalty: Penalty, discriminator: nn.Module, apart: bool) -> None:
    """Raises ValueError for what is no penalty, and for one of the course's that finds no gradient of each sample.

    The discriminator must be in the mode in which it trains. `apart`: it has been seen to mix the samples of a batch.
    Unless one of its layers says so itself (`mixes_batch = True`), a warning tells what the penalty then is.
    """
    require_function("penalty", penalty, "a function (discriminator, real, fake) → scalar", takes=3)
    function = penalty.func if isinstance(penalty, partial) else penalty
    if getattr(function, "__module__", None) != penalties.__name__:
        return
    require_per_sample(discriminator)
    if apart and not mixes_batch(discriminator):
        warnings.warn(
            f"{type(discriminator).__name__} compares the samples of a batch, so the slope that the penalty charges at "
            "a sample is that of all verdicts together: leave one of them out, or give the layer that compares them "
            "the attribute mixes_batch = True if this is meant",
            stacklevel=5,
        )


def _require_labels(labels: list[Tensor], generator: nn.Module, discriminator: nn.Module, members: int | None) -> None:
    if labels and members is not None:
        raise ValueError("an ensemble trains without labels; train conditional networks one by one")
    if len(labels) > 1:
        raise ValueError(f"sample_real returns {1 + len(labels)} tensors; it must return x, or (x, labels)")
    for name, network in (("generator", generator), ("discriminator", discriminator)):
        if labels and not takes_labels(network.forward):
            raise ValueError(
                f"the data come with labels, and the {name} ({type(network).__name__}) takes none: leave them out, "
                "such as ImageData.batch for batch_with_labels, or take conditional networks"
            )


def _require_class_logits(verdict: tuple[Tensor, ...], labels: list[Tensor]) -> None:
    """Of a discriminator that is also a classifier; raises ValueError if the data have no such classes."""
    if len(verdict) != 2:
        raise ValueError(f"the discriminator must return logits, or (logits, class_logits), not {len(verdict)} tensors")
    class_logits = require_made("the discriminator as class logits", verdict[1])
    if not labels:
        raise ValueError("a discriminator that returns class logits needs data with labels, such as batch_with_labels")
    if class_logits.ndim != 2 or len(class_logits) != len(labels[0]):
        raise ValueError(f"class logits must be [n, classes], not {tuple(class_logits.shape)} for n = {len(labels[0])}")
    if bool((class_logits >= 0).all()) and bool((class_logits.sum(1) - 1).abs().max() < 1e-4):
        raise ValueError(
            "class logits that add up to 1 are probabilities: remove the softmax, cross-entropy has its own"
        )
    if not labels[0].is_floating_point():
        _require_named(labels[0], class_logits.shape[1])


def _require_named(labels: Tensor, classes: int) -> None:
    """Raises ValueError for labels that the discriminator has no class logits for. It waits for the device."""
    low, high = (int(bound) for bound in labels.aminmax())
    if low < 0 or high >= classes:
        raise ValueError(
            f"the labels range from {low} to {high}, and the discriminator names {classes} classes, 0 … {classes - 1}: "
            "build it with as many classes as the data have"
        )


def require_losses(
    game: Game, discriminator: nn.Module, real: Tensor, fake: Tensor, labels: list[Tensor], members: int | None
) -> None:
    """Each player's loss on two samples must be one number, for an ensemble one for each member."""
    if isinstance(game, Unrolled) and processes() > 1:
        raise ValueError("unrolling looks ahead with the whole batch, but each process has a share of it: use one")
    played = game.for_members() if members is not None else game
    shape = () if members is None else (members,)
    judge = Judge(discriminator, members=members)
    source = fake.detach().clone().requires_grad_()  # what stands for G's weights
    with torch.enable_grad():
        made = source.clone()
    moved = {
        "discriminator_loss": (fake, "the discriminator's weights", trained(discriminator.parameters())),
        "generator_loss": (made, "the generated samples", [source]),
    }
    for name, (shown_fake, whose, weights) in moved.items():
        try:
            with torch.enable_grad(), left_alone(f"{type(game).__name__}.{name}", real, shown_fake):
                loss = getattr(played, name)(judge, real, shown_fake, labels[0] if labels else None)
        except (TypeError, AttributeError, RuntimeError, IndexError) as error:
            if isinstance(error, NotImplementedError):
                raise
            raise ValueError(f"{type(game).__name__}.{name} fails on two samples: {error}") from error
        parts = loss if isinstance(loss, tuple) else (loss,)
        if len(parts) > 2:
            raise ValueError(f"{type(game).__name__}.{name} must return a loss, or (loss, extra), not {shown(loss)}")
        for part in parts:
            if not isinstance(part, Tensor) or part.shape not in (shape, ()) or not part.is_floating_point():
                raise ValueError(
                    f"{type(game).__name__}.{name} must return one number a batch, a tensor of shape {shape}, not "
                    f"{shown(part)}: take the mean"
                )
        with torch.enable_grad():
            minimised = sum(part.sum() for part in parts)
        if weights:  # a cycle of weight 0 for the discriminators may have frozen ones
            require_gradient(f"{type(game).__name__}.{name}", minimised, whose, weights)


def require_seeds(seed: int | Sequence[int], generator: nn.Module) -> list[int] | int:
    """One seed for each member of an ensemble, all different; for a single run its seed. Else ValueError."""
    members = getattr(generator, "members", None)
    single = not isinstance(seed, Sequence | range) and getattr(seed, "shape", ()) == ()
    if members is None:
        if not single:
            raise ValueError(f"a single pair of networks trains from one seed, not from {seed!r}: use train_ensemble")
        return require_seed(seed)
    seeds = [] if single else [require_seed(one, "each seed") for one in seed]
    if len(seeds) != members:
        raise ValueError(f"{members} stacked members need {members} seeds, not {seed!r}")
    if len(set(seeds)) < members:
        again = next(one for one in seeds if seeds.count(one) > 1)
        raise ValueError(f"the seeds of an ensemble must differ, and {again} is there {seeds.count(again)} times")
    return seeds
