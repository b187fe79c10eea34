"""Exercise 4.3: minibatch discrimination, each sample's closeness to the others of its batch."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def with_closeness(h: Tensor) -> Tensor:
    distances = (h[:, None] - h[None, :]).abs().sum(dim=2)
    closeness = (-distances).exp().sum(dim=1) - 1
    return torch.cat([h, closeness[:, None]], dim=1)


def probe(layer) -> Observations:
    """A small batch whose samples lie near each other, one with two clumps and a loner, and one of doubles only."""
    clumps = torch.tensor([0, 0, 0, 1, 1, 2])[:, None] * 4 + 0.2 * torch.randn(6, 3)
    batches = {
        "a small batch": 0.6 * torch.randn(5, 4),
        "two clumps": clumps,
        "doubles": torch.randn(1, 3).repeat(4, 1),
    }
    seen: Observations = {}
    for called, h in batches.items():
        seen |= {f"for {called}, {name}": value for name, value in outcome(layer, h=h).items()}
    return seen


DISTANCES = "(h[:, None] - h[None, :]).abs().sum(dim=2)"
CLOSENESS = "(-distances).exp().sum(dim=1) - 1"

EXERCISE = Exercise(
    number="4.3",
    title="Who has a double?",
    hints=(
        "A table [n, n] with the distance of each sample to each other one; then one number for each row. What does a "
        "sample's distance to itself add to its sum?",
        "`(h[:, None] - h[None, :]).abs().sum(dim=2)` is the table. exp(−0) = 1: subtract it from each sum, and append "
        "the n numbers as a column.",
    ),
    parts=(
        Part(
            with_closeness,
            probe=probe,
            why="One clump in a varied batch is told to D where it is, while one deviation for the batch may hide it.",
            mistakes=(
                Mistake(
                    "each sample counted as its own neighbour",
                    "Each of your numbers is larger by exp(−0) = 1.",
                    edited(with_closeness, (CLOSENESS, "(-distances).exp().sum(dim=1)")),
                ),
                Mistake(
                    "the plain (Euclidean) distance",
                    "Asked for is the sum of the absolute differences.",
                    edited(
                        with_closeness, (DISTANCES, "((h[:, None] - h[None, :]).square().sum(dim=2) + 1e-12).sqrt()")
                    ),
                ),
                Mistake(
                    "squared distances",
                    "Asked for is the sum of the absolute differences.",
                    edited(with_closeness, (DISTANCES, "(h[:, None] - h[None, :]).square().sum(dim=2)")),
                ),
                Mistake(
                    "a mean over the features",
                    "The distance is the sum over the features, not their mean.",
                    edited(with_closeness, (".abs().sum(dim=2)", ".abs().mean(dim=2)")),
                ),
                Mistake(
                    "a mean over the batch",
                    "Asked for is the sum over the other samples.",
                    edited(with_closeness, (CLOSENESS, "((-distances).exp().sum(dim=1) - 1) / (len(h) - 1)")),
                ),
                Mistake(
                    "distances in place of closeness",
                    "A sample with many near neighbours should get a large number: what is missing is exp(−distance).",
                    edited(with_closeness, (CLOSENESS, "distances.sum(dim=1)")),
                ),
                Mistake(
                    "a missing minus sign",
                    "Yours grows with the distance. Near samples should count most.",
                    edited(with_closeness, (CLOSENESS, "distances.exp().sum(dim=1) - 1")),
                ),
                Mistake(
                    "one number for the whole batch",
                    "That is the deviation of the lesson in another dress. Here each sample has its own number.",
                    edited(with_closeness, ("closeness[:, None]", "closeness.mean().expand(len(h), 1)")),
                ),
                Mistake(
                    "a detached closeness",
                    "D sees the doubles, but G learns nothing from it: no gradient leads back through the new feature.",
                    edited(with_closeness, ("distances = (h[:, None]", "h_ = h.detach()\n    distances = (h_[:, None]"),
                           (" - h[None, :])", " - h_[None, :])")),
                ),
            ),
        ),
    ),
)  # fmt: skip
