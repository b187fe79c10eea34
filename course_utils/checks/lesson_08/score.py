"""Exercise 8.3: an experiment. The score-function estimate, and what a constant does to it."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, outcome


def score_estimate(f: Tensor, z: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    return f[:, None] * (z - mean) / std**2


def probe(estimate) -> Observations:
    """Five draws in three dimensions, whose standard deviations are neither 1 nor equal."""
    mean, std = torch.randn(3, dtype=torch.float64), torch.tensor([0.5, 1.5, 2.0], dtype=torch.float64)
    z = mean + std * torch.randn(5, 3, dtype=torch.float64)
    return outcome(estimate, gradients=False, f=3 + torch.randn(5, dtype=torch.float64), z=z, mean=mean, std=std)


EXERCISE = Exercise(
    number="8.3",
    title="A constant that costs",
    hints=(
        "log q(z) is a sum of logarithms of normal densities. What is its derivative with respect to one μ? And what "
        "is the mean of that derivative over q?",
        "∂ log q / ∂μ = (z − μ)/σ², for each draw and dimension, times f of the draw. It averages to 0: so adding a "
        "constant to f leaves the mean of the estimate, and adds that constant times (z − μ)/σ² to each draw.",
    ),
    parts=(
        Part(
            score_estimate,
            probe=probe,
            name="the estimate",
            why="It asks f for its value only: f may be a step, a simulator, a person.",
            mistakes=(
                Mistake(
                    "a division by σ in the place of σ²",
                    "The derivative of (z − μ)²/(2σ²) has the variance below. With σ = 1 nobody would notice.",
                    edited(score_estimate, ("std**2", "std")),
                ),
                Mistake(
                    "a flipped sign",
                    "Where z lies above μ, raising μ makes it more probable: the derivative is positive there.",
                    edited(score_estimate, ("(z - mean)", "(mean - z)")),
                ),
                Mistake(
                    "f left out",
                    "This is the derivative of log q alone. It averages to 0, whatever f is.",
                    edited(score_estimate, ("f[:, None] * ", "")),
                ),
                Mistake(
                    "the derivative with respect to σ",
                    "Asked is the one with respect to μ.",
                    lambda f, z, mean, std: f[:, None] * ((z - mean) ** 2 / std**3 - 1 / std),
                ),
                Mistake(
                    "an average over the draws",
                    "Right on average, but asked is the estimate of each single draw: its scatter is what we measure.",
                    lambda f, z, mean, std: (f[:, None] * (z - mean) / std**2).mean(0),
                ),
                Mistake(
                    "a sum over the dimensions",
                    "μ has as many components as z, and each has its own derivative.",
                    lambda f, z, mean, std: f * ((z - mean) / std**2).sum(1),
                ),
            ),
        ),
        choice(
            "A",
            {
                "B": (
                    "f multiplied by a small number",
                    "That scales the gradient as well: mean and standard deviation shrink alike, and as many draws "
                    "are needed as before.",
                ),
                "C": (
                    "a fixed noise for all draws",
                    "Then every draw makes the same mistake, and an average over them does not get better.",
                ),
                "D": (
                    "a remedy by draws alone",
                    "More draws always help. But the experiment showed a number that can be changed for nothing.",
                ),
            },
            why=(
                "A constant that is subtracted is called a baseline. It costs nothing, and the mean of f is a good one."
            ),
            name="the conclusion",
        ),
    ),
    predictions="ABCD",
)
