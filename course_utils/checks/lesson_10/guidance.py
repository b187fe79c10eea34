"""Exercise 10.4: guidance without a classifier."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations, outcome


def guided_score(conditional: Tensor, unconditional: Tensor, strength: float) -> Tensor:
    return (1 + strength) * conditional - strength * unconditional


def probe(score) -> Observations:
    """A moderate strength, and none at all."""
    inputs = {"conditional": torch.randn(6, 2) + 1, "unconditional": torch.randn(6, 2)}
    without = outcome(score, **inputs, strength=0.0)
    return outcome(score, **inputs, strength=1.7) | {f"with strength 0, {name}": v for name, v in without.items()}


EXERCISE = Exercise(
    number="10.4",
    title="Guidance without a classifier",
    hints=(
        "Replace p(y|x) by Bayes' rule. Which factor does not depend on x, and vanishes in the gradient? For the "
        "number: what is the logarithm of a product of powers of Gaussians, as a function of x?",
        "∇ log p(y|x) = ∇ log p(x|y) − ∇ log p(x); take it w times, beside ∇ log p(x|y). In the logarithm the factors "
        "of −x²/2 add up: 1 + w times that of p(x|y), minus w times that of p(x); the standard deviation is 1/√ of "
        "their sum.",
    ),
    parts=(
        Part(
            guided_score,
            name="the score",
            probe=probe,
            why="It goes beyond the conditional score, away from the unconditional one: an extrapolation.",
            mistakes=(
                Mistake(
                    "a strength that counts from 1",
                    "Much code does so: there strength 1 means no guidance, and 0 means no label. Here 0 must give "
                    "back p(x|y).",
                    lambda c, u, w: u + w * (c - u),
                ),
                Mistake(
                    "a push away from the label",
                    "For w = 1 this is the score of p(x): guidance of that kind makes the model forget the label.",
                    lambda c, u, w: (1 - w) * c + w * u,
                ),
                Mistake(
                    "an unconditional score that is left out",
                    "(1 + w) times the conditional score belongs to p(x|y) to a power. That sharpens, whether or not "
                    "it tells y.",
                    lambda c, u, w: (1 + w) * c,
                ),
                Mistake(
                    "an unconditional score that is added",
                    "By Bayes' rule p(x) stands below the line. What is likely for every label is no sign of this one.",
                    lambda c, u, w: (1 + w) * c + w * u,
                ),
                Mistake(
                    "a conditional score that is counted once",
                    "p(x|y) appears twice: by itself, and inside p(y|x) to the power w.",
                    lambda c, u, w: c - w * u,
                ),
            ),
        ),
        number(
            1 / math.sqrt(3 - 2 / 4),
            within=0.003,
            name="the standard deviation",
            why="The class itself has 1: guidance buys obedience with variety, here more than a third of it.",
            wrong={
                "the variance": (1 / 2.5, "Asked for is the standard deviation, its root."),
                "precisions that were added": (
                    1 / math.sqrt(3 + 2 / 4),
                    "p(x) stands below the line, so its precision is taken away.",
                ),
                "the density of the class to a power": (
                    1 / math.sqrt(3),
                    "p(x) is left out. To divide by it does not only shift the result, it also widens it.",
                ),
                "a standard deviation that was not squared": (
                    1 / math.sqrt(3 - 2 / 2),
                    "The precision is one over the variance, and p(x) has the variance 4.",
                ),
                "the result for strength 1": (
                    1 / math.sqrt(2 - 1 / 4),
                    "With w = 2 the class counts three times and p(x) twice.",
                ),
            },
        ),
    ),
)
