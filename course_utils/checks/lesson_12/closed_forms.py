"""Exercise 12.1: the Fréchet distance of two round Gaussians, and what finite samples add to its first term."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations


def frechet_round(shift: Tensor, std1: float, std2: float) -> Tensor:
    return shift.square().sum() + len(shift) * (std1 - std2) ** 2


def expected_mean_term(d: int, n: int, m: int) -> float:
    return d / n + d / m


def probe_distance(distance) -> Observations:
    """Spreads on both sides of 1; one pair is equal, so that only the shift is left."""
    shift = torch.randn(5, dtype=torch.double)
    spreads = ((0.5, 2.0), (1.5, 1.2), (0.7, 0.7))
    return {f"for the spreads {one} and {two}, the value": distance(shift.clone(), one, two) for one, two in spreads}


def probe_term(term) -> Observations:
    cases = ((64, 200, 10_000), (8, 50, 50), (300, 100, 1000))
    return {f"for d, n, m = {d}, {n}, {m}, the value": term(d, n, m) for d, n, m in cases}


EXERCISE = Exercise(
    number="12.1",
    title="Two closed forms",
    hints=(
        "What is the square root of (s₁² I)(s₂² I), and what is its trace? For the second part: what is the "
        "variance of one coordinate of a mean of n samples?",
        "The trace term is d (s₁² + s₂² − 2 s₁ s₂), a square. The difference of two independent means has in each "
        "of d coordinates the expectation 0 and a variance that is the sum of two.",
    ),
    parts=(
        Part(
            frechet_round,
            name="the distance",
            probe=probe_distance,
            why="A spread that is wrong in each of d features costs d times as much as in one.",
            mistakes=(
                Mistake(
                    "the number of dimensions forgotten",
                    "A trace adds up over all coordinates. How many are there?",
                    lambda shift, std1, std2: shift.square().sum() + (std1 - std2) ** 2,
                ),
                Mistake(
                    "a difference of variances in place of spreads",
                    "The third term of the trace holds the root of the product of the covariances. What is it here?",
                    lambda shift, std1, std2: shift.square().sum() + len(shift) * (std1**2 - std2**2) ** 2,
                ),
                Mistake(
                    "a cross term without its root",
                    "The matrices are multiplied, and then the root is taken. Check it with two equal Gaussians: "
                    "their distance is 0.",
                    lambda shift, std1, std2: (
                        shift.square().sum() + len(shift) * (std1**2 + std2**2 - 2 * std1**2 * std2**2)
                    ),
                ),
                Mistake(
                    "a cross term without its factor 2",
                    "Check it with two equal Gaussians: their distance is 0.",
                    lambda shift, std1, std2: shift.square().sum() + len(shift) * (std1**2 + std2**2 - std1 * std2),
                ),
                Mistake(
                    "a shift that is not squared",
                    "The first term is a squared length.",
                    lambda shift, std1, std2: shift.norm() + len(shift) * (std1 - std2) ** 2,
                ),
                Mistake(
                    "the root of the whole",
                    "It is the distance in the sense of geometry; the course's formula, and everybody's FID, is its "
                    "square.",
                    lambda shift, std1, std2: frechet_round(shift, std1, std2).sqrt(),
                ),
            ),
        ),
        Part(
            expected_mean_term,
            name="the mean term",
            probe=probe_term,
            why="A larger reference set helps only up to the other set's own error: d/n stays.",
            mistakes=(
                Mistake(
                    "one of the two means taken as known",
                    "Both means are estimates. The second one's error counts, too, if it is small.",
                    lambda d, n, m: d / n,
                ),
                Mistake(
                    "the error of a single coordinate",
                    "A squared length adds up over the coordinates, and each has its own error.",
                    lambda d, n, m: 1 / n + 1 / m,
                ),
                Mistake(
                    "both sets pooled",
                    "More samples in one set do not improve the mean of the other. Which variances are added?",
                    lambda d, n, m: d / (n + m),
                ),
                Mistake(
                    "errors that cancel",
                    "The means are independent: the variance of their difference is the sum of their variances.",
                    lambda d, n, m: abs(d / n - d / m),
                ),
                Mistake(
                    "a length instead of its square",
                    "Asked for is the expectation of the squared length, the term of the distance.",
                    lambda d, n, m: (d / n + d / m) ** 0.5,
                ),
            ),
        ),
    ),
)
