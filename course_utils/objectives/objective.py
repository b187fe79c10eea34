"""A pair of losses under one name, as the training loop takes it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from torch import Tensor
from torch.nn.functional import relu, softplus

from course_utils.inputs import require_flag, require_function, require_number, require_text
from course_utils.objectives.adversarial import (
    cross_entropy_discriminator_loss,
    feature_matching_loss,
    hinge_discriminator_loss,
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    non_saturating_generator_loss,
    relativistic_discriminator_loss,
    relativistic_generator_loss,
    saturating_generator_loss,
    wasserstein_critic_loss,
    wasserstein_generator_loss,
)


@dataclass(frozen=True)
class Objective:
    """Both players' losses under one name.

    `discriminator_loss(real_logits, fake_logits)`; `generator_loss(fake_logits)`, or
    `generator_loss(real_logits, fake_logits)` when `relativistic`, or `generator_loss(real_features, fake_features)`
    with what `discriminator.features(x)` returns when `on_features`. Any functions with these arguments will do, a
    student's own included: `Objective("mine", my_discriminator_loss, my_generator_loss)`.

    `critic_form` is the φ of a game in which D minimises E[φ(−r)] + E[φ(f)], if there is one; it is all that
    `relativistic_form` needs.
    """

    name: str
    discriminator_loss: Callable[[Tensor, Tensor], Tensor]
    generator_loss: Callable[..., Tensor]
    relativistic: bool = False
    critic_form: Callable[[Tensor], Tensor] | None = None
    on_features: bool = False

    def __post_init__(self):
        require_text("an objective's name", self.name)
        for loss in ("discriminator_loss", "generator_loss"):
            require_function(loss, getattr(self, loss), "a function of logits that returns a scalar")
        if self.critic_form is not None:
            require_function("critic_form", self.critic_form, "a function φ of logits, or None")
        if require_flag("relativistic", self.relativistic) and require_flag("on_features", self.on_features):
            raise ValueError(f"{self.name} must not be both relativistic and on_features: G's loss takes one of them")

    def relativistic_form(self) -> "Objective":
        """The paired game: D minimises E[φ(f − r)], G minimises E[φ(r − f)], with φ = `critic_form`.

        A relativistic objective is its own. Raises ValueError for an objective without a critic form: minimax,
        smoothed labels, feature matching. Sources: Jolicoeur-Martineau 2019 (RpGAN); Sun et al. 2020.
        """
        if self.relativistic:
            return self
        if self.critic_form is None:
            raise ValueError(
                f"the {self.name} objective has no critic form φ to pair logits with; use the relativistic form of "
                "non-saturating, least squares, hinge or Wasserstein, or give yours a critic_form"
            )
        losses = (partial(loss, critic_form=self.critic_form) for loss in _RELATIVISTIC_LOSSES)
        return Objective(f"relativistic {self.name}", *losses, relativistic=True, critic_form=self.critic_form)

    def label_smoothed(self, smoothing: float) -> "Objective":
        """The same objective with real targets 1 − `smoothing`. Raises ValueError outside [0, 1) or without targets."""
        require_number("label smoothing", smoothing, least=0, below=1)
        unsmoothed = getattr(self.discriminator_loss, "func", self.discriminator_loss)
        if unsmoothed not in (cross_entropy_discriminator_loss, least_squares_discriminator_loss):
            raise ValueError(
                f"the {self.name} loss has no target labels to smooth; use minimax, non-saturating or least squares"
            )
        smoothed = partial(unsmoothed, label_smoothing=smoothing)
        name = f"{self.name}, real label {1 - smoothing:g}"
        return replace(self, name=name, discriminator_loss=smoothed, critic_form=None)


# With names, since a checkpoint tells functions apart by them.
def _squared_form(t: Tensor) -> Tensor:
    return 0.5 * (1.0 + t).square()


def _hinge_form(t: Tensor) -> Tensor:
    return relu(1.0 + t)


def _linear_form(t: Tensor) -> Tensor:
    return t


_RELATIVISTIC_LOSSES = (relativistic_discriminator_loss, relativistic_generator_loss)
MINIMAX = Objective("minimax", cross_entropy_discriminator_loss, saturating_generator_loss)
NON_SATURATING = Objective(
    "non-saturating", cross_entropy_discriminator_loss, non_saturating_generator_loss, critic_form=softplus
)
LEAST_SQUARES = Objective(  # φ is that of the targets ±1; with Mao et al.'s 0 and 1 the two halves have none in common
    "least squares",
    least_squares_discriminator_loss,
    least_squares_generator_loss,
    critic_form=_squared_form,
)
HINGE = Objective("hinge", hinge_discriminator_loss, wasserstein_generator_loss, critic_form=_hinge_form)
WASSERSTEIN = Objective("Wasserstein", wasserstein_critic_loss, wasserstein_generator_loss, critic_form=_linear_form)
RELATIVISTIC = Objective("relativistic pairing", *_RELATIVISTIC_LOSSES, relativistic=True, critic_form=softplus)
OBJECTIVES = (MINIMAX, NON_SATURATING, LEAST_SQUARES, HINGE, WASSERSTEIN, RELATIVISTIC)

# Not one of the above, which ask nothing of a discriminator but its logits.
FEATURE_MATCHING = Objective(
    "feature matching", cross_entropy_discriminator_loss, feature_matching_loss, on_features=True
)
