"""Games: how each player's loss is made from D, real and generated samples, and labels. What differs between GANs.

A game of your own is a class with these two methods, and `train_gan(…, objective=MyGame())` plays it:

    class Hinge(Game):
        def discriminator_loss(self, D, real, fake, labels):
            return (1 - D(real)).relu().mean() + (1 + D(fake)).relu().mean()

        def generator_loss(self, D, real, fake, labels):
            return -D(fake).mean()
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.func import vmap
from torch.nn.functional import cross_entropy

from course_utils.inputs import require_kind, require_number, shown
from course_utils.objectives import Objective, adversarial, least_squares_discriminator_loss
from course_utils.tensor_inputs import readable, require_label_range
from course_utils.training.judge import Judge

Loss = Tensor | tuple[Tensor, Tensor]


class Game:
    """Each loss is a mean over the batch, a scalar, which its player minimises. It leaves its samples as they are.

    `D` is a `Judge`; `real` and `fake` are batches [n, …], and `labels` int64 [n] are those of both, or None. In D's
    loss `fake` has no graph back to G. A loss may also be a pair (loss, extra): the sum is minimised, and `loss` alone
    stands in the history.
    """

    def discriminator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        raise NotImplementedError(f"{type(self).__name__} needs a method discriminator_loss(D, real, fake, labels)")

    def generator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        raise NotImplementedError(f"{type(self).__name__} needs a method generator_loss(D, real, fake, labels)")

    def for_members(self) -> "Game":
        """The same game for K members at once: batches and logits [K, n, …], and losses [K], one for each member."""
        raise ValueError(
            f"{type(self).__name__} does not say how it is played by an ensemble: give it a method for_members, or "
            "train its seeds one after the other"
        )


@dataclass(frozen=True)
class Plain(Game):
    """D minimises L_D(D(x), D(G(z))) and G minimises L_G(D(G(z))), the losses of an `Objective`."""

    objective: Objective

    def __post_init__(self):
        require_kind("objective", self.objective, Objective)

    def discriminator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        return self.objective.discriminator_loss(*D.both(real, fake, labels))

    def generator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        return self.objective.generator_loss(D(fake, labels))

    def for_members(self) -> "Plain":
        of_d, of_g = vmap(self.objective.discriminator_loss), vmap(self.objective.generator_loss)
        return replace(self, objective=replace(self.objective, discriminator_loss=of_d, generator_loss=of_g))


class Relativistic(Plain):
    """Both players look at pairs: L_G(D(x), D(G(z))). Source: Jolicoeur-Martineau 2019."""

    def generator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        fake_logits = D(fake, labels)
        with torch.set_grad_enabled(D.depends_on_generator):
            real_logits = D(real, labels)
        return self.objective.generator_loss(real_logits, fake_logits)


class FeatureMatching(Plain):
    """G aims at the data's features h, a layer of D: L_G(h(x), h(G(z))). Source: Salimans et al. 2016, sec. 3.1."""

    def generator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        with torch.no_grad():
            real_features = D.features(real)
        return self.objective.generator_loss(real_features, D.features(fake))


@dataclass(frozen=True)
class AuxiliaryClassifier(Plain):
    """D returns (logits, class logits [n, classes]), and both players also minimise `weight` times the cross-entropy
    of the class logits, D on real and generated samples. Source: AC-GAN (Odena et al. 2017).
    """

    weight: float = 1.0

    def __post_init__(self):
        super().__post_init__()
        require_number("the class loss's weight", self.weight, least=0)

    def discriminator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        (real_logits, real_classes), (fake_logits, fake_classes) = D.both(real, fake, labels)
        if readable(labels) and not labels.is_floating_point():
            require_label_range(labels, real_classes.shape[1])
        class_loss = cross_entropy(real_classes, labels) + cross_entropy(fake_classes, labels)
        return self.objective.discriminator_loss(real_logits, fake_logits), self.weight * class_loss

    def generator_loss(self, D: Judge, real: Tensor, fake: Tensor, labels: Tensor | None) -> Loss:
        logits, classes = D(fake, labels)
        return self.objective.generator_loss(logits), self.weight * cross_entropy(classes, labels)


def as_game(objective: Objective | Game, classifies: bool = False) -> Game:
    """The game in which both players have the losses of `objective`; a `Game` is returned as it is.

    `classifies`: D returns class logits too. Raises ValueError for what is neither.
    """
    if isinstance(objective, Game):
        return objective
    if not isinstance(objective, Objective):
        raise ValueError(
            f"objective must be an Objective, such as objectives.NON_SATURATING, or a training.Game, not {objective!r}"
        )
    if objective.on_features:
        return FeatureMatching(objective)
    if objective.relativistic:
        return Relativistic(objective)
    return AuxiliaryClassifier(objective) if classifies else Plain(objective)


def takes_any_numbers(objective: Objective | Game) -> bool:
    """Whether D's outputs need not be logits: least squares have targets 0 and 1, and of other losses nothing is known.

    The course's others would not reach their ends with outputs that are cut.
    """
    loss = getattr(getattr(objective, "objective", objective), "discriminator_loss", None)
    loss = getattr(loss, "func", loss)
    return loss is least_squares_discriminator_loss or getattr(loss, "__module__", None) != adversarial.__name__


def recorded_and_minimised(loss: Loss, D: Judge) -> tuple[Tensor, Tensor]:
    """What goes into the history, [] or [K], and the scalar whose gradient is taken: the sum of all members' losses,
    so each member's gradient is the one of a single run.

    Raises ValueError for what is no such loss: that of a first look may have been.
    """
    given = loss
    loss, extra = loss if isinstance(loss, tuple) and len(loss) == 2 else (loss, None)
    if isinstance(loss, Tensor) and loss.ndim <= D.batch_axis:
        minimised = loss.sum() if extra is None else loss.sum() + extra
        if minimised.ndim == 0:
            return loss.detach(), minimised
    raise ValueError(f"a game's loss must be one number a batch in every step, or (loss, extra), not {shown(given)}")


def require_graph(minimised: Tensor, whose: str) -> Tensor:
    """Raises ValueError for a loss without a graph, which has no gradient."""
    if not minimised.requires_grad:
        raise ValueError(
            f"the game's loss for the {whose} has no graph back to its weights in this step, so nothing would be "
            "trained: was something detached, or made under no_grad?"
        )
    return minimised
