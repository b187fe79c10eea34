"""Turn 01.3: the best answer of D, from the two densities."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations, outcome


def best_discriminator(p: Tensor, q: Tensor) -> Tensor:
    return p / (p + q)


def probe(best) -> Observations:
    """Eight places; in one of them only real samples fall, in another only generated ones."""
    p, q = 0.1 + torch.rand(2, 8, dtype=torch.float64)
    p[2], q[5] = 0.0, 0.0
    return outcome(best, gradients=False, p=p, q=q)


TURN = Exercise(
    number="01.3",
    title="The best answer",
    hints=(
        "Differentiate a log y + b log(1 − y) with respect to y, set the derivative to zero, and solve for y. Here a "
        "and b are two numbers.",
        "a / y = b / (1 − y). Multiply by y (1 − y), and collect what has a y.",
    ),
    parts=(
        Part(
            best_discriminator,
            probe=probe,
            expects="one probability for each place",
            why="It is the share of the real ones among all samples that fall there: what counting gave for the coin.",
            mistakes=(
                Mistake(
                    "the odds",
                    "a/b is y/(1 − y), the odds. It grows above 1. What is y?",
                    lambda p, q: p / q,
                ),
                Mistake(
                    "the two densities exchanged",
                    "This D is sure of what G draws. Which term of V wants D(x) large?",
                    lambda p, q: q / (p + q),
                ),
                Mistake(
                    "the density of the data",
                    "D does not say how frequent a real sample is. It compares the two kinds.",
                    lambda p, q: p,
                ),
                Mistake(
                    "a hard decision",
                    "Where both kinds fall, a D that is sure pays without end when it is wrong.",
                    lambda p, q: (p > q).to(p),
                ),
                Mistake(
                    "the logit",
                    "log(p/q) is the logit. Asked for is the probability.",
                    lambda p, q: (p / q).log(),
                ),
                Mistake(
                    "a sigmoid of the ratio",
                    "σ takes a logit. The logit is the logarithm of the ratio.",
                    lambda p, q: torch.sigmoid(p / q),
                ),
                Mistake(
                    "a sigmoid of the difference",
                    "The logit is log p − log q, a difference of logarithms.",
                    lambda p, q: torch.sigmoid(p - q),
                ),
            ),
        ),
    ),
)
