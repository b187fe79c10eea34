"""Exercise 3.5, a bug hunt: images standardised by mean and deviation, against a generator that ends in tanh."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, outcome


def prepare(pixels: Tensor) -> Tensor:
    return pixels.float() / 127.5 - 1


def probe(answer) -> Observations:
    """Grey levels that reach neither 0 nor 255 in one batch, and both ends in the other."""
    some = torch.randint(20, 200, (3, 1, 4, 5), dtype=torch.uint8)
    ends = torch.tensor([[[[0, 255, 100]]]], dtype=torch.uint8)
    return outcome(answer, pixels=some) | {
        f"for 0, 255 and 100, {k}": v for k, v in outcome(answer, pixels=ends).items()
    }


def _standardised(pixels):
    return (pixels.float() / 255 - 0.1307) / 0.3081


def _stretched(pixels):
    pixels = pixels.float()
    return 2 * (pixels - pixels.min()) / (pixels.max() - pixels.min()) - 1


EXERCISE = Exercise(
    number="3.5",
    title="Bug hunt: the discriminator always wins",
    hints=(
        "One of the curves stops at a round number within the first steps, and never moves again. What sets that "
        "number?",
        "The largest value of tanh is 1, the brightest real pixel is at 2.8. Find a straight line that takes 0 to "
        "−1 and 255 to 1.",
    ),
    parts=(
        choice(
            "D",
            {
                "A": (
                    "a discriminator that learns too fast",
                    "A slower one would need longer to win. But look at the brightest pixel: would it then rise "
                    "beyond its ceiling?",
                ),
                "B": (
                    "mode collapse",
                    "The pictures are poor, but not alike: the caption's variety is far from 0 %. And a collapse "
                    "would not explain the second figure.",
                ),
                "C": (
                    "a vanishing gradient",
                    "With this loss the gradient is largest where D is sure (lesson 02). And which of the curves "
                    "stood still already when D was in doubt?",
                ),
                "E": (
                    "a generator whose rate is too high",
                    "Then its curves would jump. The brightest pixel is as steady as can be.",
                ),
            },
            "Where a number alone tells real from fake, D has no reason to look at the digits.",
        ),
        Part(
            prepare,
            name="the repair",
            probe=probe,
            expects="a function of uint8 grey levels that returns floats of the same shape",
            why="Standardising is right for a classifier. A generator must be able to reach what it is compared with.",
            mistakes=(
                Mistake(
                    "the scaling as it was",
                    "What is the brightest value that it can give, and what is the largest value of tanh?",
                    _standardised,
                ),
                Mistake(
                    "grey levels in [0, 1]",
                    "Nothing is out of reach any more, but half of tanh's range never occurs in the data: D only "
                    "needs to look for a negative pixel.",
                    edited(prepare, ("pixels.float() / 127.5 - 1", "pixels.float() / 255")),
                ),
                Mistake(
                    "grey levels in [−½, ½]",
                    "The middle is right. The ends of tanh's range are −1 and 1.",
                    edited(prepare, ("127.5 - 1", "255 - 0.5")),
                ),
                Mistake(
                    "grey levels in [0, 2]",
                    "The width is right. Where does black end up?",
                    edited(prepare, ("127.5 - 1", "127.5")),
                ),
                Mistake(
                    "standardised values that are cut off at ±1",
                    "Everything is within reach now, but many grey levels have become the same white, and black is "
                    "not at −1.",
                    lambda pixels: _standardised(pixels).clamp(-1, 1),
                ),
                Mistake(
                    "whole numbers that overflow",
                    "A uint8 ends at 255, and 2 · 200 wraps round to 144. Make floats first.",
                    lambda pixels: 2 * pixels / 255 - 1,
                ),
                Mistake(
                    "a scale of its own for each batch",
                    "The darkest and brightest pixel of this batch became −1 and 1. The same grey level would mean "
                    "another thing in the next batch.",
                    _stretched,
                ),
            ),
        ),
    ),
)
