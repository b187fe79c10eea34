"""Exercise 4.4: a generator that has collapsed trains on, and its opponent changes; is the collapse a trap?"""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, outcome


def spread(samples: Tensor) -> Tensor:
    centre = samples.mean(dim=1, keepdim=True)
    return (samples - centre).square().sum(dim=2).mean(dim=1).sqrt()


def probe(answer) -> Observations:
    """Clumps and clouds, each somewhere else."""
    samples = torch.rand(4, 1, 2) * torch.randn(4, 7, 2) + 2 * torch.randn(4, 1, 2)
    return outcome(answer, gradients=False, samples=samples)


WHY_NOT = {
    "A": (
        "ruined weights",
        "In the third continuation the very same weights trained on. What became of their points?",
    ),
    "B": (
        "a valley of the loss",
        "No continuation changed the loss, and one of them walked out with small steps.",
    ),
    "C": (
        "the memory of the discriminator",
        "Look at the run that was given a new one, without any memory.",
    ),
    "E": (
        "too few steps",
        "The first continuation had twice as many steps in all, at the old rates. How far did it get?",
    ),
}

EXERCISE = Exercise(
    number="4.4",
    title="Is a collapse a trap?",
    hints=(
        "A clump can sit far from the origin: from where are its distances to be measured? For the cause, write down "
        "what each continuation keeps and what it changes.",
        "Subtract each run's own mean; sum the squares over the two coordinates; mean over the points; root. The cause "
        "is what changed in the one continuation that came out, and in no other.",
    ),
    parts=(
        Part(
            spread,
            name="the spread",
            probe=probe,
            mistakes=(
                Mistake(
                    "distances from the origin",
                    "A tight clump on the ring has a distance of 1.41 from the origin, just as the data do.",
                    edited(spread, ("samples - centre", "samples")),
                ),
                Mistake(
                    "one centre for all runs",
                    "Six clumps in six places then look like six wide clouds. Each run has its own centre.",
                    edited(spread, ("mean(dim=1, keepdim=True)", "mean(dim=(0, 1), keepdim=True)")),
                ),
                Mistake(
                    "a mean over the coordinates in place of the sum",
                    "That is the deviation of one coordinate, smaller by √2 than the distance in the plane.",
                    edited(spread, (".sum(dim=2)", ".mean(dim=2)")),
                ),
                Mistake(
                    "no root",
                    "The squares are in squared units; the ring's radius is not.",
                    edited(spread, (".sqrt()", "")),
                ),
                Mistake(
                    "a mean distance",
                    "Asked for is the root of the mean square, in which far points count for more.",
                    edited(
                        spread, (".square().sum(dim=2).mean(dim=1).sqrt()", ".square().sum(dim=2).sqrt().mean(dim=1)")
                    ),
                ),
                Mistake(
                    "one number for all runs together",
                    "The runs should be told apart: one spread for each.",
                    edited(spread, (".mean(dim=1).sqrt()", ".mean().sqrt()")),
                ),
            ),
        ),
        choice(
            "D",
            WHY_NOT,
            "A clump is no place to be stuck in; it is what this pair of rates keeps doing, and it ends with them.",
            "the cause",
        ),
    ),
    predictions="ABC",
)
