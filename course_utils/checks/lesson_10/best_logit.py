"""Exercise 10.1: what the best discriminator says that is told the label."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def best_logit(x: Tensor, labels: Tensor, real_means: Tensor, fake_means: Tensor, std: float) -> Tensor:
    from_real = (x - real_means[labels]).square().sum(1)
    from_fake = (x - fake_means[labels]).square().sum(1)
    return (from_fake - from_real) / (2 * std**2)


def without_label(x: Tensor, labels: Tensor, real_means: Tensor, fake_means: Tensor, std: float) -> Tensor:
    real, fake = (-torch.cdist(x, means).square() / (2 * std**2) for means in (real_means, fake_means))
    return real.logsumexp(1) - fake.logsumexp(1)


def direction_alone(x: Tensor, labels: Tensor, real_means: Tensor, fake_means: Tensor, std: float) -> Tensor:
    return (x * (real_means - fake_means)[labels]).sum(1) / std**2


def probe(logit) -> Observations:
    """Seven points, four classes, a standard deviation that is not 1."""
    inputs = {"x": torch.randn(7, 2), "labels": torch.randint(4, (7,))}
    means = {"real_means": torch.randn(4, 2) + 1, "fake_means": torch.randn(4, 2)}
    return outcome(logit, **inputs, **means, std=0.7)


EXERCISE = Exercise(
    number="10.1",
    title="The best discriminator, told the label",
    hints=(
        "Which two densities does the best D compare, once it knows the label? And what is the logit of p/(p + q)?",
        "The logit of D* is log p(x|y) − log q(x|y). Both are Gaussians with the same constant in front, so only the "
        "squared distances to the two means of class y remain.",
    ),
    parts=(
        Part(
            best_logit,
            probe=probe,
            why="Multiply out: it is linear in x, with the direction (m − g)/s² for each class, as in the projection.",
            mistakes=(
                Mistake(
                    "the logit with the wrong sign",
                    "It is large near the mean of the generated points. Real is what should get a large logit.",
                    lambda x, y, m, g, s: best_logit(x, y, g, m, s),
                ),
                Mistake(
                    "a discriminator that does not use the label",
                    "This compares the two mixtures of all classes. A perfect point of class 3, handed in as class 1, "
                    "would pass.",
                    without_label,
                ),
                Mistake(
                    "a probability instead of a logit",
                    "D* is p/(p + q), between 0 and 1. Asked for is its logit, log D*/(1 − D*).",
                    lambda x, y, m, g, s: best_logit(x, y, m, g, s).sigmoid(),
                ),
                Mistake(
                    "a part that was dropped although it depends on the class",
                    "The direction is right. What does not depend on x may still depend on y, and then the label must "
                    "choose it.",
                    direction_alone,
                ),
                Mistake(
                    "the density of the real points alone",
                    "Being near the real mean is not enough: where the generated points are just as dense, D cannot "
                    "tell.",
                    edited(best_logit, ("(from_fake - from_real)", "-from_real")),
                ),
                Mistake(
                    "a factor of two that got lost",
                    "The exponent of a Gaussian is the squared distance over 2s².",
                    edited(best_logit, ("(2 * std**2)", "std**2")),
                ),
                Mistake(
                    "the standard deviation where the variance belongs",
                    "The exponent of a Gaussian has s² below, or it would depend on the unit of x.",
                    edited(best_logit, ("std**2", "std")),
                ),
            ),
        ),
    ),
)
