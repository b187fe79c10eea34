"""Exercise 5.1: the gradient of the least-squares loss with respect to the logits, with and without a sigmoid."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations, outcome


def least_squares_gradient(fake_logits: Tensor) -> Tensor:
    return (fake_logits - 1) / fake_logits.numel()


def squashed_gradient(fake_logits: Tensor) -> Tensor:
    s = torch.sigmoid(fake_logits)
    return (s - 1) * s * (1 - s) / fake_logits.numel()


def probe(gradient) -> Observations:
    """A flat batch, and a column in which the discriminator is sure."""
    seen = outcome(gradient, gradients=False, fake_logits=2 * torch.randn(7))
    sure = outcome(gradient, gradients=False, fake_logits=torch.tensor([[-12.0], [-5.0], [0.5], [9.0]]))
    return {"the gradient": seen["the value"], "the gradient for logits of -12, -5, 0.5 and 9": sure["the value"]}


SUMMED = "Both losses are means over the batch, so each logit has only its share in them. What is that share?"
HALF = "The ½ before the square takes away the 2 that its derivative brings."

EXERCISE = Exercise(
    number="5.1",
    title="Least squares, with and without a sigmoid",
    hints=(
        "Chain rule: the derivative of the square, times that of what stands in it. In the second loss there is one "
        "link more: what is the derivative of σ(f), written with σ(f) itself?",
        "σ' = σ(1 − σ), and (½ (u − 1)²)' = (u − 1) u'. In the first loss u is f, in the second σ(f). Then the mean. "
        "For the last question, write (1 − σ(f))/σ(f) as one exponential.",
    ),
    parts=(
        Part(
            least_squares_gradient,
            probe=probe,
            name="the gradient without a sigmoid",
            why="Where D is sure, f is very negative, and this gradient is large: it does not vanish.",
            mistakes=(
                Mistake(
                    "a flipped sign in the gradient without a sigmoid",
                    "Below 1 the loss falls when the logit rises, so its slope is negative there.",
                    lambda f: (1 - f) / f.numel(),
                ),
                Mistake("a gradient without its 1/n", SUMMED, lambda f: f - 1),
                Mistake("a 2 in the gradient without a sigmoid", HALF, lambda f: 2 * (f - 1) / f.numel()),
                Mistake(
                    "the target of the discriminator",
                    "D pulls the generated logits to 0. To which number does G pull them?",
                    lambda f: f / f.numel(),
                ),
                Mistake(
                    "the loss with a sigmoid",
                    "In the first loss the logit itself is squared.",
                    squashed_gradient,
                ),
            ),
        ),
        Part(
            squashed_gradient,
            probe=probe,
            name="the gradient with a sigmoid",
            why="Where D is sure, σ(f) is nearly 0, and so is this gradient: the sigmoid saturates, whatever stands "
            "behind it.",
            mistakes=(
                Mistake(
                    "the derivative without that of the sigmoid",
                    "What you have is the slope with respect to the probability σ (by chance it is also the gradient "
                    "of −log σ(f)). How fast does σ move with f?",
                    lambda f: -torch.sigmoid(-f) / f.numel(),
                ),
                Mistake(
                    "the derivative of the sigmoid alone",
                    "You have the inner derivative. The square around it has one, too.",
                    lambda f: -torch.sigmoid(f) * torch.sigmoid(-f) / f.numel(),
                ),
                Mistake(
                    "a flipped sign in the gradient with a sigmoid",
                    "The loss falls when the logit rises, so its slope is negative.",
                    lambda f: -squashed_gradient(f),
                ),
                Mistake(
                    "a gradient with a sigmoid, without its 1/n", SUMMED, lambda f: squashed_gradient(f) * f.numel()
                ),
                Mistake("a 2 in the gradient with a sigmoid", HALF, lambda f: 2 * squashed_gradient(f)),
                Mistake(
                    "the loss without a sigmoid",
                    "In the second loss the probability σ(f) is squared, not the logit.",
                    least_squares_gradient,
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
