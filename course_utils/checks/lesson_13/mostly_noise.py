"""Exercise 13.4: the likelihood of a model of whose samples ninety-nine in a hundred are noise."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice
from course_utils.checks.observe import Observations, outcome


def log_mixture(log_good: Tensor, log_noise: Tensor, share: float) -> Tensor:
    return torch.logaddexp(math.log(1 - share) + log_good, math.log(share) + log_noise)


def probe(mixture) -> Observations:
    """Log-probabilities of a few nats, in which both parts count, and of whole images."""
    share = 0.6 + 0.3 * torch.rand(()).item()
    seen = outcome(mixture, log_good=torch.randn(7) - 1, log_noise=torch.randn(7) - 1, share=share)
    log_good = -800 - 100 * torch.rand(5)
    ahead = torch.tensor([-200.0, -2.0, 0.0, 2.0, 200.0]) + torch.rand(5)  # either part may be the larger one by far
    whole = outcome(mixture, log_good=log_good, log_noise=log_good + ahead, share=share)
    return seen | {f"for log-probabilities of about −800, {name}": value for name, value in whole.items()}


MIXTURE = Part(
    log_mixture,
    name="the mixture",
    probe=probe,
    mistakes=(
        Mistake(
            "a mean of the logarithms",
            "An image of the mixture comes from one of its two parts: the probabilities are weighted and added, and "
            "then comes the logarithm.",
            lambda log_good, log_noise, share: (1 - share) * log_good + share * log_noise,
        ),
        Mistake(
            "the shares exchanged",
            "`share` is the part that is noise.",
            lambda log_good, log_noise, share: log_mixture(log_good, log_noise, 1 - share),
        ),
        Mistake(
            "probabilities that underflow",
            "For a few nats it is right. But e⁻⁸⁰⁰ is 0 in the computer, and its logarithm −∞: stay in logarithms.",
            lambda log_good, log_noise, share: ((1 - share) * log_good.exp() + share * log_noise.exp()).log(),
        ),
        Mistake(
            "the noise left out",
            "The noise, too, gives each image some probability, and now and then it is the larger part.",
            lambda log_good, log_noise, share: log_good + math.log(1 - share),
        ),
        Mistake(
            "a mixture without shares",
            "These probabilities sum to 2 over all images, not to 1.",
            lambda log_good, log_noise, share: torch.logaddexp(log_good, log_noise),
        ),
        Mistake(
            "equal shares for both",
            "The function is told the share of the noise.",
            lambda log_good, log_noise, share: torch.logaddexp(log_good, log_noise) - math.log(2),
        ),
    ),
)

CONCLUSION = choice(
    "C",
    {
        "A": (
            "a noise that explains the images",
            "Then the noise alone would score well. Compare its own number with the others.",
        ),
        "B": (
            "a mean that hides a few ruined images",
            "Look at the smallest and the largest loss of a single image.",
        ),
        "D": (
            "a price that grows with the image",
            "Give `compared` another `side`, such as 56. Which of the printed numbers move?",
        ),
    },
    why="A likelihood can only say that real images are not ruled out; what a model mostly draws must be looked at.",
    name="the conclusion",
)

EXERCISE = Exercise(
    number="13.4",
    title="Ninety-nine in a hundred",
    hints=(
        "Write p_B(x) first, without logarithms. For the conclusion: what is the most that a likelihood can lose when "
        "the old model keeps one part in a hundred?",
        "log(e^a + e^b) without underflow is torch.logaddexp(a, b), and log(w e^a) is a + log w. For the conclusion, "
        "compare the measured difference with log 100.",
    ),
    parts=(MIXTURE, CONCLUSION),
    predictions="ABCD",
)
