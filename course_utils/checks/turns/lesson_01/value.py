"""Turn 01.1: the value of the game, from what D says of real and of generated samples."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def value(real: Tensor, fake: Tensor) -> Tensor:
    return real.log().mean() + (1 - fake).log().mean()


def probe(of) -> Observations:
    """Batches of different size: a mean over all samples together is another number."""
    return outcome(of, gradients=False, real=0.05 + 0.9 * torch.rand(7), fake=0.05 + 0.9 * torch.rand(11))


TURN = Exercise(
    number="01.1",
    title="The value of the game",
    hints=(
        "An expectation becomes a mean over the batch. Each batch has its own mean; then add the two.",
        "`real.log().mean()` is the first term. In the second, the logarithm is taken of the probability that D gives "
        "to “generated”.",
    ),
    parts=(
        Part(
            value,
            probe=probe,
            expects="one number, in nats",
            why="Each kind of sample has its own mean, so that neither counts more if its batch is larger.",
            mistakes=(
                Mistake(
                    "D's loss, the value with its sign changed",
                    "V is a sum of logarithms of probabilities, and so it is negative.",
                    edited(value, ("return real.log().mean() + ", "return -real.log().mean() - ")),
                ),
                Mistake(
                    "log D where log(1 − D) was meant",
                    "For generated samples D is right if it says a *small* number.",
                    edited(value, ("(1 - fake).log()", "fake.log()")),
                ),
                Mistake(
                    "the two kinds exchanged",
                    "This is large for a D that calls generated samples real.",
                    lambda real, fake: value(fake, real),
                ),
                Mistake(
                    "the logarithm of a mean",
                    "First the logarithm of each answer, then the mean.",
                    lambda real, fake: real.mean().log() + (1 - fake).mean().log(),
                ),
                Mistake(
                    "sums where means were meant",
                    "An expectation is a mean. A sum depends on how many samples you have drawn.",
                    edited(
                        value, ("real.log().mean()", "real.log().sum()"), ("fake).log().mean()", "fake).log().sum()")
                    ),
                ),
                Mistake(
                    "half of the value",
                    "The factor ½ was dropped: V is the sum of two means.",
                    edited(
                        value,
                        (
                            "return real.log().mean() + (1 - fake).log().mean()",
                            "return (real.log().mean() + (1 - fake).log().mean()) / 2",
                        ),
                    ),
                ),
                Mistake(
                    "one mean over both kinds together",
                    "Then the kind with more samples counts more. Each expectation is a mean of its own.",
                    lambda real, fake: torch.cat([real.log(), (1 - fake).log()]).mean(),
                ),
                Mistake(
                    "logarithms to base 2",
                    "The unit of this lesson is the nat, the natural logarithm.",
                    lambda real, fake: value(real, fake) / math.log(2),
                ),
                Mistake(
                    "a difference",
                    "Both terms are added: D wants to be right about both kinds.",
                    edited(value, ("mean() + (1", "mean() - (1")),
                ),
            ),
        ),
    ),
)
