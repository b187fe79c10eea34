"""Turn 04.3: a new feature that tells how much a batch varies."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def with_deviation(h: Tensor) -> Tensor:
    variance = h.var(dim=-2, correction=0, keepdim=True)
    deviation = (variance + 1e-8).sqrt().mean(dim=-1, keepdim=True)
    return torch.cat([h, deviation.expand(*h.shape[:-1], 1)], dim=-1)


def probe(layer) -> Observations:
    """One batch; a batch for each of three runs, which vary by different amounts; and a collapsed batch."""
    spread = torch.tensor([0.5, 1, 2])[:, None, None] * (0.2 + torch.rand(5))
    batches = {
        "one batch": torch.randn(6, 4) * (0.2 + torch.rand(4)) + torch.randn(4),
        "three runs": torch.randn(3, 6, 5) * spread + torch.randn(5),
        "a collapsed batch": (torch.randint(-8, 9, (1, 4)) / 8).repeat(8, 1),  # whose mean is exact
    }
    seen: Observations = {}
    for called, h in batches.items():
        seen |= {f"for {called}, {name}": value for name, value in outcome(layer, h=h).items()}
    return seen


VARIANCE = "h.var(dim=-2, correction=0, keepdim=True)"

EXERCISE = Exercise(
    number="04.3",
    title="How much the batch varies, as a feature",
    hints=(
        "First one number for each feature: its deviation over the samples of the batch. Then one number for the "
        "batch: their mean. Then a column with this number in each row. Which axis is which?",
        "`h.var(dim=-2, correction=0, keepdim=True)`, plus 1e-8, root, mean over dim=-1; `expand` it to one column, "
        "and `torch.cat([h, …], dim=-1)`.",
    ),
    parts=(
        Part(
            with_deviation,
            probe=probe,
            why="A clump has a small deviation wherever it is: D need not learn each place anew.",
            mistakes=(
                Mistake(
                    "a deviation over the features of each sample",
                    "It tells how much the numbers in one row differ. Asked for is how much the samples differ.",
                    edited(
                        with_deviation,
                        (VARIANCE, "h.var(dim=-1, correction=0, keepdim=True)"),
                        (".mean(dim=-1, keepdim=True)", ""),
                    ),
                ),
                Mistake(
                    "one deviation for all runs together",
                    "For one run it is right. With several runs side by side, [K, n, d], each has its own batch; "
                    "your number mixes them.",
                    edited(
                        with_deviation,
                        (
                            VARIANCE,
                            "h.flatten(end_dim=-2).var(dim=0, correction=0).view(*[1] * (h.ndim - 1), -1)",
                        ),
                    ),
                ),
                Mistake(
                    "a deviation along the runs",
                    "dim=0 is the batch only where there is no axis for the runs. Count from the end: −2.",
                    edited(with_deviation, (VARIANCE, "h.var(dim=0, correction=0, keepdim=True)")),
                ),
                Mistake(
                    "the unbiased variance",
                    "Asked for is the mean squared distance from the batch's mean: a division by n, not by n − 1.",
                    edited(with_deviation, (", correction=0", "")),
                ),
                Mistake(
                    "a root taken after the mean",
                    "One feature with a large variance then hides the others. First a root for each feature.",
                    edited(
                        with_deviation,
                        (".sqrt().mean(dim=-1, keepdim=True)", ".mean(dim=-1, keepdim=True).sqrt()"),
                    ),
                ),
                Mistake(
                    "the variance, without a root",
                    "Asked for is the standard deviation.",
                    edited(with_deviation, (".sqrt()", "")),
                ),
                Mistake(
                    "a forgotten 1e-8",
                    "In a collapsed batch the variance is 0. What is the slope of the root there?",
                    edited(with_deviation, (" + 1e-8", "")),
                ),
                Mistake(
                    "a detached deviation",
                    "D sees the collapse, but G learns nothing from it: no gradient leads back through the feature.",
                    edited(with_deviation, ("variance = h.var", "variance = h.detach().var")),
                ),
                Mistake(
                    "the deviation in front",
                    "The new feature should be the last one.",
                    edited(
                        with_deviation,
                        (
                            "torch.cat([h, deviation.expand(*h.shape[:-1], 1)]",
                            "torch.cat([deviation.expand(*h.shape[:-1], 1), h]",
                        ),
                    ),
                ),
            ),
        ),
    ),
)
