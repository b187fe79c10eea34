"""Exercise 13.1: the Gaussians that the two directions of KL choose for a density of two bumps."""

import math

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.lesson_13.two_numbers import two_numbers
from course_utils.checks.observe import Observations, Roughly, outcome


def covering(weight: float, centre: float, std: float) -> tuple[float, float]:
    mean = (1 - 2 * weight) * centre
    variance = std**2 + 4 * weight * (1 - weight) * centre**2
    return mean, math.sqrt(variance)


def seeking_price(weight: float) -> float:
    return -math.log(weight)


def covering_probe(answer) -> Observations:
    weight, centre, std = (torch.rand(3) * torch.tensor([0.3, 2.0, 0.5]) + torch.tensor([0.1, 1.5, 0.2])).tolist()
    seen = outcome(answer, gradients=False, weight=weight, centre=centre, std=std)["the value"]
    return two_numbers(seen, "the mean", "the standard deviation", within=1e-4)


def price_probe(answer) -> Observations:
    price = outcome(answer, gradients=False, weight=0.1 + 0.25 * torch.rand(()).item())["the value"]
    return {"the divergence": Roughly(price, 1e-4)}


def _equal_weights(weight: float, centre: float, std: float) -> tuple[float, float]:
    return covering(0.5, centre, std)


def _swapped_weights(weight: float, centre: float, std: float) -> tuple[float, float]:
    return covering(1 - weight, centre, std)


COVERING = Part(
    covering,
    name="the Gaussian of KL(p‖q)",
    probe=covering_probe,
    why="The forward direction wants q to be large wherever p is, even at the price of the empty middle: it covers.",
    mistakes=(
        Mistake(
            "the Gaussian that seeks one bump",
            "A q that sits on one bump gives the other bump almost no probability, and KL(p‖q) averages −log q over p. "
            "What does that bump cost then?",
            lambda weight, centre, std: (centre if weight < 0.5 else -centre, std),
        ),
        Mistake(
            "the spread within a bump only",
            "The mean is right. But the two bumps also lie apart, and this spread counts as well.",
            lambda weight, centre, std: ((1 - 2 * weight) * centre, std),
        ),
        Mistake(
            "bumps that lie m apart",
            "The mean is right. But how far is it from −m to m?",
            lambda weight, centre, std: (
                (1 - 2 * weight) * centre,
                math.sqrt(std**2 + weight * (1 - weight) * centre**2),
            ),
        ),
        Mistake(
            "a variance where the standard deviation was asked",
            "The two moments match. Which of mean, variance and standard deviation does the docstring want?",
            lambda weight, centre, std: (covering(weight, centre, std)[0], covering(weight, centre, std)[1] ** 2),
        ),
        Mistake(
            "E[x²] taken for the variance",
            "The mean of p is not 0, so its square has to be taken off.",
            lambda weight, centre, std: ((1 - 2 * weight) * centre, math.hypot(std, centre)),
        ),
        Mistake(
            "two bumps of equal weight",
            "Here the weights differ, so the mean of p lies nearer to the heavier bump.",
            _equal_weights,
        ),
        Mistake(
            "the two weights exchanged",
            "The bump of weight w sits at −m. Which sign does the mean have when w is small?",
            _swapped_weights,
        ),
    ),
)

PRICE = Part(
    seeking_price,
    name="the price of seeking",
    probe=price_probe,
    why="It is finite however far the bumps lie apart, while the price of forgetting a bump in KL(p‖q) has no limit.",
    mistakes=(
        Mistake(
            "a flipped sign",
            "A KL divergence is never negative.",
            lambda weight: math.log(weight),
        ),
        Mistake(
            "the weight of the other bump",
            "q sits on the bump of weight w, and KL(q‖p) looks only at places where q lies.",
            lambda weight: -math.log(1 - weight),
        ),
        Mistake(
            "an average over p",
            "KL(q‖p) averages over q, and all of q lies on the one bump. No factor w is left.",
            lambda weight: -weight * math.log(weight),
        ),
        Mistake(
            "no price at all",
            "q has the shape of the bump, but not its height: under the bump, p is w times q.",
            lambda weight: 0.0,
        ),
        Mistake(
            "bits where nats were asked",
            "Nats have the natural logarithm.",
            lambda weight: -math.log2(weight),
        ),
    ),
)

EXERCISE = Exercise(
    number="13.1",
    title="Cover or seek",
    hints=(
        "Write log q of a Gaussian into KL(p‖q) and drop what does not depend on q: only two moments of p are left. "
        "For KL(q‖p): what is p(x) / q(x) at a point under the bump?",
        "q takes over mean and variance of p. The variance of a mixture is the mean of the variances plus the variance "
        "of the means. And under the bump p = w q, so the logarithm of q/p is the same number everywhere.",
    ),
    parts=(COVERING, PRICE),
)
