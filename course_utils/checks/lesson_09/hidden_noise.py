"""Exercise 9.2: the noise level that a weighted squared error assumes."""

import math

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations


def hidden_std(pixels: int, latent_dim: int, weight: float) -> float:
    return math.sqrt(weight * pixels / (2 * latent_dim))


def probe(std) -> Observations:
    """Several sizes and weights, none of them 1."""
    seen: Observations = {}
    for _ in range(4):
        pixels, latent_dim = int(torch.randint(50, 4000, ())), int(torch.randint(3, 60, ()))
        weight = round(0.01 + 2 * float(torch.rand(())), 3)
        seen[f"the answer for {pixels} pixels, {latent_dim} dimensions and the weight {weight}"] = std(
            pixels, latent_dim, weight
        )
    return seen


EXERCISE = Exercise(
    number="9.2",
    title="Two means and a weight: which noise?",
    hints=(
        "Multiply the loss by the number that turns its KL term into the KL of the whole code, summed and with the "
        "weight 1. What stands in front of ‖x − x̂‖² then?",
        "The loss times m/w is m/(w d) · ‖x − x̂‖² + KL. Minus an ELBO has 1/(2s²) there. For m = 1 this is section "
        "9's case.",
    ),
    parts=(
        Part(
            hidden_std,
            name="the function",
            probe=probe,
            why="The unit of s is that of the pixels: the same weight means another noise for pixels in [0, 1].",
            mistakes=(
                Mistake(
                    "a KL taken as summed",
                    "In this loss the KL is a mean over the m dimensions as well: it charges 1/m of what the code "
                    "costs.",
                    lambda d, m, w: math.sqrt(w * d / 2),
                ),
                Mistake(
                    "a factor of two that got lost",
                    "The exponent of a Gaussian is the squared error over 2s².",
                    lambda d, m, w: math.sqrt(w * d / m),
                ),
                Mistake(
                    "the variance instead of the standard deviation",
                    "The question is for s, and yours is s².",
                    lambda d, m, w: w * d / (2 * m),
                ),
                Mistake(
                    "the ratio upside down",
                    "A larger weight on the KL makes codes dearer, as if the pixels were noisier: s must grow with w.",
                    lambda d, m, w: math.sqrt(2 * m / (w * d)),
                ),
                Mistake(
                    "the number of dimensions on the wrong side",
                    "A mean over more dimensions makes the KL cheaper, and cheap codes go with little noise.",
                    lambda d, m, w: math.sqrt(w * d * m / 2),
                ),
            ),
        ),
        number(
            2 * 16 * 0.1**2 / 784,
            within=4e-6,
            name="the weight",
            why="Three orders of magnitude below 1: with w = 1 the same code would claim a noise of s = 4.95.",
            wrong={
                "the weight for a KL that is summed": (
                    2 * 0.1**2 / 784,
                    "That is right for a KL summed over the dimensions; here it is their mean.",
                ),
                "a standard deviation that was not squared": (2 * 16 * 0.1 / 784, "s enters as s²."),
                "a lost factor of two": (
                    16 * 0.1**2 / 784,
                    "In a Gaussian's exponent the squared error is divided by 2s².",
                ),
                "the weight for an error that is summed over the pixels": (
                    2 * 16 * 0.1**2,
                    "The squared error is a mean over the 784 pixels here.",
                ),
            },
        ),
    ),
)
