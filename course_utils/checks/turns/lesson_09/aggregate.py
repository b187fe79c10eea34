"""Turn 09.3: the density of all codes together, an average of the encoder's Gaussians."""

import math

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def log_all(log_q):
    return log_q.logsumexp(1) - math.log(log_q.shape[1])


def probe(answer) -> Observations:
    """Three codes under five images' Gaussians, in nats as they occur in 16 dimensions."""
    return outcome(answer, log_q=torch.randn(3, 5, dtype=torch.float64) * 40 - 900)


TURN = Exercise(
    number="09.3",
    title="All codes together",
    hints=(
        "q(z) is a mean of densities, and you have their logarithms. Over what is it taken?",
        "It is turn 09.1 once more, along the other axis: logsumexp over the images, minus the logarithm of their "
        "number.",
    ),
    parts=(
        Part(
            log_all,
            probe=probe,
            name="the density",
            expects="a function of log q(zᵢ|xₙ) [m codes, N images] that returns [m]",
            why="Far from all other codes only the code's own image counts: log q(z) is then log q(z|x) − log N.",
            mistakes=(
                Mistake(
                    "the mean of the logarithms",
                    "q(z) is the mean of the densities. One image far away would make the mean of the logarithms as "
                    "low as one likes.",
                    lambda log_q: log_q.mean(1),
                ),
                Mistake(
                    "densities that leave the logarithm",
                    "exp(−900) is 0, and its logarithm is −∞. torch.logsumexp never leaves the logarithm.",
                    lambda log_q: log_q.exp().mean(1).log(),
                ),
                Mistake(
                    "a sum in the place of a mean",
                    "A density must integrate to 1; the sum of N densities integrates to N.",
                    lambda log_q: log_q.logsumexp(1),
                ),
                Mistake(
                    "codes and images exchanged",
                    "The codes are the rows; the mean is taken over the images, along dimension 1.",
                    edited(log_all, ("logsumexp(1)", "logsumexp(0)"), ("log_q.shape[1]", "len(log_q)")),
                ),
                Mistake(
                    "divided by the number of codes",
                    "The mean is over the N images, the number of columns.",
                    edited(log_all, ("log_q.shape[1]", "len(log_q)")),
                ),
                Mistake(
                    "the nearest image alone",
                    "The largest density is not their mean: log N is missing, and all that the others add.",
                    lambda log_q: log_q.max(1).values,
                ),
                Mistake(
                    "a product of densities",
                    "Adding logarithms multiplies the densities. q(z) is their mean.",
                    lambda log_q: log_q.sum(1),
                ),
            ),
        ),
    ),
)
