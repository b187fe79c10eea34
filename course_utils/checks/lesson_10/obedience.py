"""Exercise 10.5: an experiment. Who must be told the label?"""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations


def obedience(read: Tensor, labels: Tensor) -> tuple[float, float, float]:
    n, z = len(labels), 1.96
    share = (read == labels).double().mean().item()
    middle = share + z**2 / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return share, (middle - spread) / (1 + z**2 / n), (middle + spread) / (1 + z**2 / n)


def usual(read: Tensor, labels: Tensor, z: float = 1.96) -> tuple[float, float, float]:
    share, *_ = obedience(read, labels)
    half_width = z * math.sqrt(share * (1 - share) / len(labels))
    return share, share - half_width, share + half_width


def cut(read: Tensor, labels: Tensor) -> tuple[float, float, float]:
    share, low, high = usual(read, labels)
    return share, max(low, 0.0), min(high, 1.0)


def probe(measure) -> Observations:
    """30 samples of which 27 to 29 obey, and 12 that all do."""
    labels = torch.arange(30) % 5
    hits = int(torch.randint(27, 30, ()))
    read = torch.where(torch.arange(30) < hits, labels, (labels + 2) % 5)
    order = torch.randperm(30)
    names = "the share", "the low end", "the high end"
    some = zip(names, measure(read[order], labels[order]), strict=True)
    all_right = zip(names, measure(labels[:12], labels[:12]), strict=True)
    seen: Observations = {f"{name} for {hits} of 30": value for name, value in some}
    return seen | {f"{name} for 12 of 12": value for name, value in all_right}


EXERCISE = Exercise(
    number="10.5",
    title="Who must be told?",
    hints=(
        "Square the condition: it is a quadratic equation in p. And for the conclusion: which of the runs share a "
        "generator, which a discriminator, and what could D find fault with in each?",
        "The ends are (p̂ + z²/2n ± z √(p̂(1 − p̂)/n + z²/4n²)) / (1 + z²/n) with z = 1.96. For the conclusion, "
        "compare what the real and the generated pairs (x, y) have in common in the last two runs, and what G could "
        "do about the rest.",
    ),
    parts=(
        Part(
            obedience,
            name="the measure",
            probe=probe,
            why=(
                "Wilson's interval keeps a width at 100 %: twelve of twelve may well come from a model that obeys 8 "
                "times in 10."
            ),
            mistakes=(
                Mistake(
                    "the usual interval around the share",
                    "It takes p̂ for p under the root. For 12 of 12 its width is 0: absolute certainty from twelve "
                    "samples.",
                    usual,
                ),
                Mistake(
                    "the usual interval, cut at 0 and 1",
                    "Cutting hides that it leaves the range, but for 12 of 12 its width is still 0.",
                    cut,
                ),
                Mistake(
                    "one standard error where 1.96 belong",
                    "That covers two thirds of the cases, not 95 %.",
                    edited(obedience, ("1.96", "1.0")),
                ),
                Mistake(
                    "a division that was forgotten",
                    "Look at the coefficient of p² in your quadratic equation: it is not 1.",
                    edited(
                        obedience,
                        ("(middle - spread) / (1 + z**2 / n)", "middle - spread"),
                        ("(middle + spread) / (1 + z**2 / n)", "middle + spread"),
                    ),
                ),
                Mistake(
                    "the share of those that disobey",
                    "You counted the samples that are read as something else.",
                    edited(obedience, ("read == labels", "read != labels")),
                ),
            ),
        ),
        choice(
            "C",
            {
                "A": (
                    "a D that is too strong once it knows the label",
                    "In the first run D knows the label, too, is of the same size, and ends undecided.",
                ),
                "B": (
                    "a training that was too short",
                    "Then twice as long would help. Compare the two runs in which G alone is told.",
                ),
                "D": (
                    "labels that drown in the noise z",
                    "The generator of the first run gets the same noise and the same labels, and obeys.",
                ),
            },
            why="The game compares pairs for a D that is told, and points alone for one that is not.",
            name="the conclusion",
        ),
    ),
    predictions="ABCDE",
)
