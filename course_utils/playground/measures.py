"""How good are the samples of a game in the plane? Each measure with its floor, and the pull of each loss."""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor, nn

from course_utils import data, models, training
from course_utils.evaluation import jensen_shannon, mode_coverage, mode_floor, samples_as_mixture
from course_utils.objectives import Objective
from course_utils.playground.settings import LOSSES, Settings
from course_utils.plots.arrays import number

SAMPLES = 2_000
BLUR = 0.1  # standard deviation of the noise under which densities are compared
FLOOR_SETS = 5  # fresh real sets whose mean divergence is the floor


def measured(samples: Tensor, settings: Settings) -> dict[str, float]:
    """{"JSD": nats, …} of generated `samples` [n, 2]; where the toy has modes, how many, and the share in them."""
    if not samples.isfinite().all():
        return {}
    found = {"JSD": jensen_shannon(settings.toy, samples, BLUR)}
    if has_modes(settings):
        coverage = mode_coverage(samples, settings.toy)
        found |= {"modes": float(coverage.captured_20), "in place": coverage.high_quality}
    return found


def floors(settings: Settings) -> dict[str, float]:
    """What as many samples of the toy itself score."""
    return _floors(settings.data, settings.points)


@lru_cache(maxsize=64)
def _floors(name: str, points: tuple) -> dict[str, float]:
    settings = Settings(data=name, points=points)
    with training.forked_random_state(torch.device("cpu"), 0):
        sets = [settings.toy.sample(SAMPLES) for _ in range(FLOOR_SETS)]
    found = {"JSD": sum(jensen_shannon(settings.toy, fresh, BLUR) for fresh in sets) / FLOOR_SETS}
    if has_modes(settings):
        perfect = mode_floor(settings.toy, SAMPLES)
        found |= {"modes": perfect.captured_20, "in place": perfect.high_quality}
    return found


def in_words(measured: dict[str, float], floors: dict[str, float]) -> str:
    """Measures beside those of real data: "JSD 0.335 (real data 0.000359), …"."""
    return ", ".join(f"{name} {number(value)} (real data {number(floors[name])})" for name, value in measured.items())


def has_modes(settings: Settings) -> bool:
    """Whether its modes lie so far apart that they can be counted."""
    return settings.data in ("ring", "grid")


def pull(discriminator: nn.Module, generated: Tensor, real: Tensor, objective: Objective) -> Tensor:
    """−n ∂L_G/∂x for each of n generated points x [n, 2]: where, and how strongly, G's loss wants to move it.

    L_G is a mean over the batch, so that n times its gradient is a sample's own. D is asked without its noise.
    """
    x = generated.detach().clone().requires_grad_(True)
    with models.evaluating(discriminator), torch.enable_grad():
        logits = discriminator(x)
        loss = objective.generator_loss(*([discriminator(real).detach()] if objective.relativistic else []), logits)
    return -len(x) * torch.autograd.grad(loss, x)[0]


def pulls(discriminator: nn.Module, generated: Tensor, real: Tensor) -> dict[str, float]:
    """The median length of `pull` for each loss, in nats (or units of the loss) per unit of the plane."""
    return {
        name: pull(discriminator, generated, real, objective).norm(dim=1).median().item()
        for name, objective in LOSSES.items()
    }


def optimal_discriminator(toy: data.Mixture, samples: Tensor, xs: Tensor, ys: Tensor, blur: float) -> Tensor:
    """D*(x) = p / (p + q) on a lattice, [len(ys), len(xs)]: p the toy's density and q the samples', both blurred."""
    p = toy.blurred(blur).density_on(xs, ys)
    q = samples_as_mixture(samples, blur).density_on(xs, ys)
    return torch.where(p + q > 1e-12, p / (p + q), torch.full_like(p, 0.5))  # ½ where neither has been
