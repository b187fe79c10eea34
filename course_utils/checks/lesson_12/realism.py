"""Exercise 12.2: the realism of a single sample."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def realism(real: Tensor, fake: Tensor, k: int) -> Tensor:
    radius = torch.cdist(real, real).kthvalue(k + 1).values
    small = radius <= radius.median()
    distance = torch.cdist(real[small], fake)
    return (radius[small, None] / distance).amax(0)


def nearest_only(real: Tensor, fake: Tensor, k: int) -> Tensor:
    radius = torch.cdist(real, real).kthvalue(k + 1).values
    small = radius <= radius.median()
    distance, nearest = torch.cdist(real[small], fake).min(0)
    return radius[small][nearest] / distance


def probe(score) -> Observations:
    """An odd number of real points, so that the median is one of them; more real than generated points."""
    real, fake = torch.randn(21, 3, dtype=torch.double), 1.5 * torch.randn(9, 3, dtype=torch.double)
    return {f"for k = {k}, the value": score(real.clone(), fake.clone(), k) for k in (1, 3)}


EXERCISE = Exercise(
    number="12.2",
    title="How real is this one?",
    hints=(
        "Whose radii are needed, and which of the distances in a row of `cdist(real, real)` is a point's distance "
        "to itself? Which balls are left once the larger half is gone?",
        "For each generated point y: the maximum, over the real points xᵢ with rᵢ at most the median radius, of rᵢ "
        "/ |y − xᵢ|.",
    ),
    parts=(
        Part(
            realism,
            probe=probe,
            why="Above 1 exactly if the sample lies in a ball that is left: one outlier no longer makes a blob real.",
            mistakes=(
                Mistake(
                    "a point counted as its own neighbour",
                    "The nearest point in the set is the point itself, at distance 0: every ball is one neighbour "
                    "too small.",
                    edited(realism, ("kthvalue(k + 1)", "kthvalue(k)")),
                ),
                Mistake(
                    "all balls kept",
                    "The largest balls belong to outliers, and hold much where there are no data.",
                    edited(realism, ("radius <= radius.median()", "radius > 0")),
                ),
                Mistake(
                    "the ball of median size left out",
                    "A radius *equal* to the median takes part, too.",
                    edited(realism, ("radius <= radius", "radius < radius")),
                ),
                Mistake(
                    "the wrong half kept",
                    "You kept the large balls and left out the small ones. Which of them can be trusted?",
                    edited(realism, ("radius <= radius", "radius >= radius")),
                ),
                Mistake(
                    "the nearest ball only",
                    "The nearest centre may have a small ball, and a farther one a ball that holds the sample.",
                    nearest_only,
                ),
                Mistake(
                    "the balls of the generated points",
                    "That asks whether real points surround the sample as its own kind does: nearer to recall than "
                    "to realism. Where the data are is told by the real points' balls.",
                    lambda real, fake, k: (
                        torch.cdist(fake, fake).kthvalue(k + 1).values / torch.cdist(real, fake)
                    ).amax(0),
                ),
                Mistake(
                    "a ratio upside down",
                    "Your score grows with the distance from the data: it measures how unreal a sample is.",
                    edited(
                        realism,
                        ("(radius[small, None] / distance).amax(0)", "(distance / radius[small, None]).amin(0)"),
                    ),
                ),
                Mistake(
                    "a minimum over the balls",
                    "One ball that holds the sample is enough. Your score asks all of them to hold it.",
                    edited(realism, (".amax(0)", ".amin(0)")),
                ),
                Mistake(
                    "a score for each real point",
                    "The maximum was taken over the generated points. Asked for is one number for each of them.",
                    edited(realism, (".amax(0)", ".amax(1)")),
                ),
            ),
        ),
    ),
)
