"""Turn 04.1: how many different things a model draws, from the pairs that are alike."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def birthday(x: Tensor, near: float) -> float:
    n = len(x)
    alike = (torch.pdist(x) < near).sum().item()
    return n * (n - 1) / 2 / alike if alike else math.inf


def probe(estimate) -> Observations:
    """Points on five spots, unequally often; points along a line; then such as are all apart, and all the same."""
    spots = 3 * torch.randn(5, 2) + 10 * torch.arange(5)[:, None]
    x = spots[torch.tensor([0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4])[torch.randperm(11)]] + 0.01 * torch.randn(11, 2)
    direction = torch.nn.functional.normalize(torch.randn(3), dim=0)
    line = 1.2 * torch.randperm(6)[:, None] * direction + torch.randn(3)
    apart = 5.0 * torch.arange(4)[:, None] + torch.zeros(4, 3)
    return {
        "for eleven points on five spots, the number": _number(estimate(x.clone(), 0.5)),
        "for six points on a line, with near = 1.3, the number": _number(estimate(line.clone(), 1.3)),
        "for points that are all apart, the number": _number(estimate(apart, 0.1)),
        "for seven points in one place, the number": _number(estimate(torch.ones(7, 2), 0.1)),
    }


def _number(value: object) -> object:
    return float(value) if isinstance(value, int | float) or isinstance(value, Tensor) and value.ndim == 0 else value


PAIRS = "n * (n - 1) / 2 / alike"
ALIKE = "(torch.pdist(x) < near).sum().item()"

EXERCISE = Exercise(
    number="04.1",
    title="The birthday test",
    hints=(
        "How many pairs of different samples are there? How many of them lie nearer than `near`? The quotient is the "
        "estimate. What is it if no pair is alike?",
        "`torch.pdist(x)` holds the distance of each pair once: n(n − 1)/2 numbers. Count those below `near`, and "
        "return math.inf where the count is 0.",
    ),
    parts=(
        Part(
            birthday,
            probe=probe,
            expects="a function of x and near that returns a number",
            why="It needs no list of modes: only a distance below which two samples count as alike.",
            mistakes=(
                Mistake(
                    "all n² places of the table, and each sample its own double",
                    "A table of distances holds each pair twice, and on its diagonal the distance of each sample to "
                    "itself, which is 0 and tells nothing.",
                    edited(birthday, (ALIKE, "(torch.cdist(x, x) < near).sum().item()"), (PAIRS, "n * n / alike")),
                ),
                Mistake(
                    "each sample counted as its own double",
                    "The distance of a sample to itself is 0. Such pairs tell nothing; leave them out.",
                    edited(birthday, (ALIKE, "(torch.cdist(x, x) < near).sum().item()")),
                ),
                Mistake(
                    "each pair counted twice",
                    "A table of distances holds the pair (i, j) and the pair (j, i). Your estimate is half of the "
                    "right one.",
                    edited(birthday, (ALIKE, "2 * (torch.pdist(x) < near).sum().item()")),
                ),
                Mistake(
                    "ordered pairs divided by unordered ones",
                    "Of n samples there are n(n − 1)/2 pairs if the order does not matter, and torch.pdist gives each "
                    "of them once.",
                    edited(birthday, (PAIRS, "n * (n - 1) / alike")),
                ),
                Mistake(
                    "n² / 2 pairs",
                    "There are n(n − 1)/2 pairs of different samples. For few samples that is a visible difference.",
                    edited(birthday, (PAIRS, "n * n / 2 / alike")),
                ),
                Mistake(
                    "the share of pairs that are alike",
                    "With few kinds of samples yours is large. The estimate is the other way up.",
                    edited(birthday, (PAIRS, "alike / (n * (n - 1) / 2)"), ("math.inf", "0.0")),
                ),
                Mistake(
                    "samples with a double, in place of pairs",
                    "Three samples of one kind are three pairs that are alike. You count each sample once.",
                    edited(birthday, (ALIKE, "((torch.cdist(x, x) < near).sum(1) > 1).sum().item()")),
                ),
                Mistake(
                    "the pairs that differ",
                    "You count the pairs that are farther apart than `near`.",
                    edited(birthday, (ALIKE, "(torch.pdist(x) >= near).sum().item()")),
                ),
                Mistake(
                    "no pair alike, and the estimate is 0",
                    "If no two samples are alike, the test has found no limit to the number of kinds.",
                    edited(birthday, ("math.inf", "0.0")),
                ),
                Mistake(
                    "no pair alike, and the estimate is the number of pairs",
                    "If no two samples are alike, the test has found no limit to the number of kinds: math.inf.",
                    edited(birthday, ("math.inf", "n * (n - 1) / 2")),
                ),
            ),
        ),
    ),
)
