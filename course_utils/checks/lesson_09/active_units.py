"""Exercise 9.3: an experiment. Which latent dimensions die, and why?"""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice
from course_utils.checks.observe import Observations


def active(means: Tensor) -> int:
    return int((means.var(0) > 0.01).sum())


def probe(count) -> Observations:
    """80 codes of ten dimensions: three vary, one varies a little, three stay near a value, three near 0."""
    stds = torch.tensor([1.0, 0.5, 0.3, 0.05, 0.003, 0.003, 0.003, 0.001, 0.001, 0.001])
    centres = torch.tensor([0.0, 2.0, -1.0, 0.0, 3.0, -2.0, 0.5, 0.0, 0.0, 0.0])
    order = torch.randperm(10)
    means = (centres + stds * torch.randn(80, 10))[:, order]
    return {"the count for 80 codes of 10 dimensions, 3 of them active": count(means)}


EXERCISE = Exercise(
    number="9.3",
    title="Which dimensions die?",
    hints=(
        "A dimension is active if its posterior mean differs from image to image. And what do the runs have in common "
        "in which two dimensions died, that the other run has not?",
        "Take the variance over the images, one for each dimension, and compare with 0.01. For the conclusion compare "
        "the five variances of the data with s² in each run; the end of section 2 says what the optimum does.",
    ),
    parts=(
        Part(
            active,
            name="the count",
            probe=probe,
            why="A dimension whose posterior mean is constant tells nothing, wherever it lies.",
            mistakes=(
                Mistake(
                    "the standard deviation compared with 0.01",
                    "The threshold is one for the variance. A dimension that moves by 0.05 counts as dead.",
                    lambda means: int((means.std(0) > 0.01).sum()),
                ),
                Mistake(
                    "a mean square where the variance was meant",
                    "A posterior mean that sits at 3 for every image has a large square and tells nothing.",
                    lambda means: int((means.square().mean(0) > 0.01).sum()),
                ),
                Mistake(
                    "a count of images",
                    "The variance was taken over the dimensions, one for each image. Rows are images, columns "
                    "dimensions.",
                    lambda means: int((means.var(1) > 0.01).sum()),
                ),
                Mistake(
                    "a share instead of a count",
                    "It should be a whole number: how many, not which part of them.",
                    lambda means: (means.var(0) > 0.01).float().mean().item(),
                ),
                Mistake(
                    "a count of the dead dimensions",
                    "Those that vary are alive. You counted the others.",
                    lambda means: int((means.var(0) <= 0.01).sum()),
                ),
            ),
        ),
        choice(
            "C",
            {
                "A": (
                    "an accident of the first steps",
                    "Then warm-up would have prevented it: in that run codes are free at first, and the decoder "
                    "learns to listen.",
                ),
                "B": (
                    "a training that was too short",
                    "Then twice as many updates would have brought a dimension back. Compare the two runs.",
                ),
                "D": (
                    "an encoder that is too weak",
                    "The same linear encoder uses all five dimensions in one of the runs.",
                ),
                "E": (
                    "a decoder that is strong enough without a code",
                    "This decoder is linear, and without z it knows one average. And it was the same in all runs.",
                ),
            },
            why=(
                "The loss says that pixels have a noise of s. What varies less than that is not worth the price of a "
                "code."
            ),
            name="the conclusion",
        ),
    ),
    predictions="ABCDE",
)
