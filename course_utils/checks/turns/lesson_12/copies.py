"""Turn 12.4: how near is a sample to the training images, measured in their own distances?"""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def nearness(samples: Tensor, known: Tensor) -> Tensor:
    apart, at = torch.cdist(samples, known).min(1)
    neighbour = torch.cdist(known[at], known).kthvalue(2).values
    return apart / neighbour


def second_of_the_sample(samples: Tensor, known: Tensor) -> Tensor:
    two = torch.cdist(samples, known).topk(2, dim=1, largest=False).values
    return two[:, 0] / two[:, 1]


def second_of_the_sample_from_the_first(samples: Tensor, known: Tensor) -> Tensor:
    """|s - t| / |t - t2|, where t2 is the known image second nearest to the sample."""
    two = torch.cdist(samples, known).topk(2, dim=1, largest=False)
    first, second = known[two.indices].unbind(1)
    return two.values[:, 0] / (first - second).norm(dim=1)


def by_the_mean(samples: Tensor, known: Tensor) -> Tensor:
    return torch.cdist(samples, known).min(1).values / torch.cdist(known, known).kthvalue(2).values.mean()


def probe(ratio) -> Observations:
    """Points of which some are near to known ones; among 30 known points, other neighbours for each question."""
    known = torch.randn(30, 4, dtype=torch.double)
    samples = torch.cat([known[:5] + 0.1 * torch.randn(5, 4, dtype=torch.double), torch.randn(12, 4).double()])
    value = torch.as_tensor(ratio(samples, known))
    huge = bool((value > 1000).any())  # how large is a matter of rounding
    return {"whether a ratio is over 1,000": huge, "the value": torch.zeros(()) if huge else value}


TURN = Exercise(
    number="12.4",
    title="How near is too near?",
    hints=(
        "`min(1)` gives both the distance to the nearest known image and its number. Then ask the same of that known "
        "image, and do not let it find itself.",
        "apart, at = torch.cdist(samples, known).min(1); the neighbour's distance is the second smallest, "
        "`kthvalue(2)`, in each row of `torch.cdist(known[at], known)`; divide.",
    ),
    parts=(
        Part(
            nearness,
            probe=probe,
            expects="one ratio for each sample",
            why="Both distances are of the same neighbourhood, so that a 1, whose relatives are all near, is not "
            "suspected for being a 1.",
            mistakes=(
                Mistake(
                    "a known image that finds itself",
                    "In a row of `cdist(known[at], known)` the smallest number is the image itself, at distance 0, or "
                    "nearly 0 by rounding, so that `== 0` does not find it. Take the second smallest.",
                    edited(nearness, ("kthvalue(2)", "kthvalue(1)")),
                ),
                Mistake(
                    "the second nearest of the sample",
                    "Both of your distances begin at the sample. The second one is to begin at t, the known image "
                    "nearest to it.",
                    second_of_the_sample,
                ),
                Mistake(
                    "the neighbour chosen by the sample",
                    "Your t' is the known image second nearest to the *sample*. It is to be the known image nearest to "
                    "t.",
                    second_of_the_sample_from_the_first,
                ),
                Mistake(
                    "the neighbours of other images",
                    "You take the neighbours of the first known images, one for each sample. Take those of t, "
                    "`known[at]`.",
                    edited(nearness, ("known[at]", "known[: len(samples)]")),
                ),
                Mistake(
                    "one unit for all",
                    "You divide by the mean distance of neighbours among all known images. The distance is to be that "
                    "at t: digits 1 are near to each other, digits 8 are not.",
                    by_the_mean,
                ),
                Mistake(
                    "a difference",
                    "A ratio is asked for: 0 for a copy, about 1 for a fresh image.",
                    edited(nearness, ("apart / neighbour", "apart - neighbour")),
                ),
                Mistake(
                    "a ratio upside down",
                    "A copy should score 0. Yours has no upper end.",
                    edited(nearness, ("apart / neighbour", "neighbour / apart")),
                ),
                Mistake(
                    "a distance without its unit",
                    "Digits 1 are near to each other, digits 8 are not. How far apart are known images *there*?",
                    edited(nearness, ("apart / neighbour", "apart")),
                ),
                Mistake(
                    "squared distances",
                    "A ratio of squares is the square of the ratio.",
                    edited(nearness, ("apart / neighbour", "(apart / neighbour) ** 2")),
                ),
                Mistake(
                    "neighbours among the samples",
                    "How near the samples are to each other says how varied they are. Copies are near to *known* "
                    "images.",
                    lambda samples, known: (
                        torch.cdist(samples, known).min(1).values / torch.cdist(samples, samples).kthvalue(2).values
                    ),
                ),
                Mistake(
                    "one number for all",
                    "Asked for is one ratio for each sample; a few copies would vanish in a mean.",
                    edited(nearness, ("apart / neighbour", "(apart / neighbour).mean()")),
                ),
            ),
        ),
    ),
)
