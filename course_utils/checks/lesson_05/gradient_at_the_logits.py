"""Exercise 5.1: the gradients of both generator losses with respect to the logits, derived by hand."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations, outcome


def saturating_gradient(fake_logits: Tensor) -> Tensor:
    return -torch.sigmoid(fake_logits) / fake_logits.numel()


def non_saturating_gradient(fake_logits: Tensor) -> Tensor:
    return -torch.sigmoid(-fake_logits) / fake_logits.numel()


def probe(gradient) -> Observations:
    """A flat batch, and a column in which the discriminator is sure."""
    seen = outcome(gradient, gradients=False, fake_logits=2 * torch.randn(7))
    sure = outcome(gradient, gradients=False, fake_logits=torch.tensor([[-12.0], [-5.0], [0.5], [9.0]]))
    return {"the gradient": seen["the value"], "the gradient for logits of -12, -5, 0.5 and 9": sure["the value"]}


SUMMED = "Both losses are means over the batch, so each logit has only its share in them. What is that share?"

EXERCISE = Exercise(
    number="5.1",
    title="What a logit hears",
    hints=(
        "Chain rule: the derivative of the logarithm times that of what stands inside. What is the derivative of σ(f), "
        "written with σ(f) itself?",
        "σ' = σ(1 − σ). So (log(1 − σ))' = −σ(1 − σ)/(1 − σ), and (−log σ)' = −σ(1 − σ)/σ: cancel. Then the mean. "
        "For the last question, write (1 − σ(f))/σ(f) as one exponential.",
    ),
    parts=(
        Part(
            saturating_gradient,
            probe=probe,
            name="the saturating gradient",
            why="Where D is sure, σ(f) is nearly 0, and so is this gradient.",
            mistakes=(
                Mistake(
                    "the gradient of the non-saturating loss",
                    "This one is largest where D is sure of a fake. The loss log(1 − σ(f)) is flat there: draw it.",
                    lambda f: -torch.sigmoid(-f) / f.numel(),
                ),
                Mistake(
                    "a flipped sign in the saturating gradient",
                    "The loss falls when the logit rises, so its slope is negative.",
                    lambda f: torch.sigmoid(f) / f.numel(),
                ),
                Mistake("a saturating gradient without its 1/n", SUMMED, lambda f: -torch.sigmoid(f)),
                Mistake(
                    "the derivative of 1 − σ without that of the logarithm",
                    "You have the inner derivative. The logarithm around it has one, too.",
                    lambda f: -torch.sigmoid(f) * torch.sigmoid(-f) / f.numel(),
                ),
                Mistake(
                    "the derivative of log(1 − σ) without that of the sigmoid",
                    "What you have is the slope with respect to the probability σ. How fast does σ move with f?",
                    lambda f: -1 / torch.sigmoid(-f) / f.numel(),
                ),
            ),
        ),
        Part(
            non_saturating_gradient,
            probe=probe,
            name="the non-saturating gradient",
            why="Where D is sure, 1 − σ(f) is nearly 1: each such sample pulls with its full 1/n.",
            mistakes=(
                Mistake(
                    "the gradient of the saturating loss",
                    "This one dies where D is sure of a fake. The loss −log σ(f) is a straight line there: draw it.",
                    lambda f: -torch.sigmoid(f) / f.numel(),
                ),
                Mistake(
                    "a flipped sign in the non-saturating gradient",
                    "The loss falls when the logit rises, so its slope is negative.",
                    lambda f: torch.sigmoid(-f) / f.numel(),
                ),
                Mistake("a non-saturating gradient without its 1/n", SUMMED, lambda f: -torch.sigmoid(-f)),
                Mistake(
                    "the derivative of −σ without that of the logarithm",
                    "You have the inner derivative. The logarithm around it has one, too.",
                    lambda f: -torch.sigmoid(f) * torch.sigmoid(-f) / f.numel(),
                ),
                Mistake(
                    "the derivative of −log σ without that of the sigmoid",
                    "What you have is the slope with respect to the probability σ. How fast does σ move with f?",
                    lambda f: -1 / torch.sigmoid(f) / f.numel(),
                ),
            ),
        ),
        number(
            -math.log(1000),
            0.02,
            name="the logit",
            why="The ratio of the two is exp(−f): every step of 2.3 in the logit is one more decade.",
            wrong={
                "a flipped sign of the logit": (
                    math.log(1000),
                    "There D takes the sample for real, and the saturating gradient is the longer one.",
                ),
                "the logarithm to base 10": (-3.0, "The sigmoid is made of powers of e, not of 10."),
                "the probability in place of the logit": (
                    1 / 1001,
                    "That is σ(f), how real D finds the sample. Which f belongs to it?",
                ),
                "the square of the ratio": (
                    -math.log(1000) * 2,
                    "There the ratio is a million. Only one of the two gradients vanishes.",
                ),
            },
        ),
    ),
)
