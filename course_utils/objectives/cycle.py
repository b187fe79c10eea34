"""Going there and back: the losses of cycle-consistent translation, and of a cycle-consistent VAE."""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from course_utils.inputs import require_flag, require_methods, require_number
from course_utils.objectives.variational import gaussian_kl, reparameterise
from course_utils.tensor_inputs import require_same_shape

# --- translation between two domains -------------------------------------------------------------------------


def cycle_consistency_loss(x: Tensor, returned: Tensor) -> Tensor:
    """mean |F(G(x)) − x| over pixels and batch, in grey-level units of the data: `returned` is F(G(x)).

    Raises ValueError for different shapes, which broadcasting would hide. Source: Zhu et al. 2017, eq. 2 (the L1 norm;
    as in the authors' code, a mean over pixels and not a sum).
    """
    return _mean_distance(x=x, returned=returned)


def identity_loss(x: Tensor, translated: Tensor) -> Tensor:
    """mean |G(b) − b|: what already lies in the target domain should be left alone. `translated` is G(b), `x` is b.

    Raises ValueError for different shapes. Source: Zhu et al. 2017, sec. 5.2, after Taigman et al. 2017.
    """
    return _mean_distance(x=x, translated=translated)


def _mean_distance(**images: Tensor) -> Tensor:
    require_same_shape("they are compared pixel by pixel", **images)
    x, y = images.values()
    return (x - y).abs().mean()


# --- a VAE with two codes ------------------------------------------------------------------------------------


class TwoCodeModel(Protocol):
    """What `CycleELBO` asks of a model: `course_utils.models.CycleVAE` has it."""

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and log variance of the unspecified code, each [n, d], and the specified code [n, k]."""

    def log_likelihood(self, x: Tensor, z: Tensor, specified: Tensor) -> Tensor:
        """log p(x|z, s) of each image, [n], in nats."""

    def probabilities(self, z: Tensor, specified: Tensor) -> Tensor:
        """The mean of p(x|z, s), shaped like the images and in their units."""


@dataclass(frozen=True)
class CycleELBO:
    """The loss of a VAE that is to put the class into one code (specified, s) and the rest into the other (z).

    Called with a model and two images of one class, x and its `partner`: {"loss", "log_likelihood", "kl", "cycle"},
    batch means in nats, of which `loss` = −log_likelihood + `beta`·kl + `cycle_weight`·cycle is minimised.

    - Forward, x → (z, s) → x: x is rebuilt from its own z ~ q(z|x) and, if `swap`, from the *partner's* s. So s may
      hold what the two have in common only. Without `swap` it is a plain VAE with one part of the code not random.
    - Backward, z → x′ → z: one z ~ N(0, I) is decoded with two different specified codes, and the two images are
      encoded again. `cycle` is the distance Σ|mean′ − mean″| of the two codes, in units of the prior's deviation:
      z must not tell with which s it was decoded. Computed only if `cycle_weight` is above 0.

    Source: Jha et al. 2018, sec. 3.
    """

    beta: float = 1.0
    cycle_weight: float = 0.0
    swap: bool = True

    def __post_init__(self):
        require_number("beta", self.beta, least=0)
        require_number("cycle_weight", self.cycle_weight, least=0)
        require_flag("swap", self.swap)

    def __call__(self, model: TwoCodeModel, x: Tensor, partner: Tensor) -> dict[str, Tensor]:
        require_methods("model", model, "encode", "log_likelihood", "probabilities")
        require_same_shape("a partner is an image of the same class", x=x, partner=partner)
        mean, log_var, specified = model.encode(x)
        if self.swap:
            specified = model.encode(partner)[2]
        log_likelihood = model.log_likelihood(x, reparameterise(mean, log_var), specified).mean()
        kl = gaussian_kl(mean, log_var).sum(-1).mean()
        cycle = self._backward_cycle(model, mean, specified) if self.cycle_weight else torch.zeros_like(kl)
        loss = -log_likelihood + self.beta * kl + self.cycle_weight * cycle
        return {"loss": loss, "log_likelihood": log_likelihood, "kl": kl, "cycle": cycle}

    def _backward_cycle(self, model: TwoCodeModel, like: Tensor, specified: Tensor) -> Tensor:
        z = torch.randn_like(like)
        first, second = (model.encode(model.probabilities(z, s))[0] for s in (specified, specified.roll(1, 0)))
        return (first - second).abs().sum(-1).mean()
