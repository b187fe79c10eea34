"""Turn 05.1: the derivatives of both generator losses with respect to the logit."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations, outcome


def saturating_slope(f: Tensor) -> Tensor:
    return -torch.sigmoid(f)


def non_saturating_slope(f: Tensor) -> Tensor:
    return -torch.sigmoid(-f)


def probe(slope) -> Observations:
    """Logits of all kinds, and some of which D is sure, either way."""
    seen = outcome(slope, gradients=False, f=2 * torch.randn(7, dtype=torch.double))
    sure = outcome(slope, gradients=False, f=torch.tensor([-12.0, -5.0, 0.5, 9.0], dtype=torch.double))
    return {"the slope": seen["the value"], "the slope for logits of -12, -5, 0.5 and 9": sure["the value"]}


SHARE = "This is the derivative of a mean over the batch. Asked is that of one sample's loss, for each sample."
SIGN = "When the logit rises, D finds the sample more real, and G's loss falls. Which sign has the slope?"
INNER = "You have the derivative of what stands in the logarithm. The logarithm has one, too: 1 over what stands in it."
OUTER = "This is the derivative with respect to the probability σ(f). How fast does σ(f) move with f?"

EXERCISE = Exercise(
    number="05.1",
    title="The slopes of the two losses",
    hints=(
        "Chain rule: the derivative of the logarithm, times that of what stands in it. What is the derivative of σ(f), "
        "written with σ(f) itself?",
        "σ' = σ(1 − σ). So (log(1 − σ))' = −σ(1 − σ) / (1 − σ), and (−log σ)' = −σ(1 − σ) / σ: cancel. "
        "And 1 − σ(f) = σ(−f).",
    ),
    parts=(
        Part(
            saturating_slope,
            probe=probe,
            name="the saturating slope",
            expects="a function that takes a tensor f and returns one of the same shape",
            mistakes=(
                Mistake(
                    "the slope of the non-saturating loss",
                    "This one is largest where D is sure that the sample is generated. Draw log(1 − σ(f)) for very "
                    "negative f: is it steep there?",
                    lambda f: -torch.sigmoid(-f),
                ),
                Mistake("a flipped sign", SIGN, torch.sigmoid),
                Mistake("a slope divided by n", SHARE, lambda f: -torch.sigmoid(f) / f.numel()),
                Mistake(
                    "the derivative of 1 − σ without that of the logarithm",
                    INNER,
                    lambda f: -torch.sigmoid(f) * torch.sigmoid(-f),
                ),
                Mistake(
                    "the derivative of log(1 − σ) without that of the sigmoid", OUTER, lambda f: -1 / torch.sigmoid(-f)
                ),
                Mistake(
                    "the loss in the place of its slope",
                    "This is log(1 − σ(f)) itself. Asked is its derivative with respect to f.",
                    lambda f: torch.nn.functional.logsigmoid(-f),
                ),
            ),
        ),
        Part(
            non_saturating_slope,
            probe=probe,
            name="the non-saturating slope",
            expects="a function that takes a tensor f and returns one of the same shape",
            why="The two add up to −1: what the one loses, the other gains.",
            mistakes=(
                Mistake(
                    "the slope of the saturating loss",
                    "This one is smallest where D is sure that the sample is generated. Draw −log σ(f) for very "
                    "negative f: is it flat there?",
                    lambda f: -torch.sigmoid(f),
                ),
                Mistake("a flipped sign in the non-saturating slope", SIGN, lambda f: torch.sigmoid(-f)),
                Mistake("a non-saturating slope divided by n", SHARE, lambda f: -torch.sigmoid(-f) / f.numel()),
                Mistake(
                    "the derivative of −σ without that of the logarithm",
                    INNER,
                    lambda f: -torch.sigmoid(f) * torch.sigmoid(-f),
                ),
                Mistake("the derivative of −log σ without that of the sigmoid", OUTER, lambda f: -1 / torch.sigmoid(f)),
                Mistake(
                    "the non-saturating loss in the place of its slope",
                    "This is −log σ(f) itself. Asked is its derivative with respect to f.",
                    lambda f: -torch.nn.functional.logsigmoid(f),
                ),
            ),
        ),
    ),
)
