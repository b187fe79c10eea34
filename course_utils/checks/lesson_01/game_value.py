"""Exercise 1.2: the value of the game against the best discriminator, where some outcomes are impossible."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations, outcome


def game_value(p: Tensor, q: Tensor) -> Tensor:
    real = torch.xlogy(p, p / (p + q))
    generated = torch.xlogy(q, q / (p + q))
    return (real + generated).sum()


def probe(value) -> Observations:
    """Two distributions on seven outcomes, first all possible, then with some that one of the two never draws."""
    p, q = torch.rand(2, 7) + 0.05
    everywhere = outcome(value, gradients=False, p=p / p.sum(), q=q / q.sum())
    p[2] = q[0] = q[5] = 0.0
    in_places = outcome(value, gradients=False, p=p / p.sum(), q=q / q.sum())
    return {
        "the value where all outcomes are possible": everywhere["the value"],
        "the value where p or q is 0 in places": in_places["the value"],
    }


def divergence(p: Tensor, q: Tensor) -> Tensor:
    return game_value(p, q) / 2 + math.log(2)


KEPT = torch.tensor([0.5, 0.5] + 6 * [0.0], dtype=torch.float64)
JSD = divergence(torch.full((8,), 1 / 8, dtype=torch.float64), KEPT).item()

EXERCISE = Exercise(
    number="1.2",
    title="The value of a collapsed generator",
    hints=(
        "Put D* = p/(p+q) into both expectations; an expectation over outcomes is a sum, weighted by their "
        "probabilities. What is 0 · log 0 in a computer, and what should it be? Then: how do the value and the "
        "divergence hang together?",
        "Σ p log(p/(p+q)) + Σ q log(q/(p+q)); torch.xlogy(a, b) is a log b, and 0 where a is 0. "
        "JSD = (V + 2 ln 2) / 2, with p = 1/8 everywhere and q = 1/2 on two of the outcomes.",
    ),
    parts=(
        Part(
            game_value,
            probe=probe,
            name="the value",
            mistakes=(
                Mistake(
                    "a 0 · log 0 that was left to the computer",
                    "Where both are possible the value is right. Elsewhere log 0 = −∞ is multiplied by 0, which gives "
                    "NaN; an outcome that is never drawn should add nothing.",
                    lambda p, q: (p * (p / (p + q)).log() + q * (q / (p + q)).log()).sum(),
                ),
                Mistake(
                    "the Jensen–Shannon divergence",
                    "It is 0 for a perfect generator. What does V say when D answers ½ to everything?",
                    divergence,
                ),
                Mistake(
                    "half of a sum",
                    "At q = p you would get −ln 2: each of the two players' expectations has full weight in V.",
                    lambda p, q: game_value(p, q) / 2,
                ),
                Mistake(
                    "a flipped sign",
                    "This is positive, and V is a sum of logarithms of probabilities. It is D's loss.",
                    lambda p, q: -game_value(p, q),
                ),
                Mistake(
                    "a value in bits",
                    "The logarithm was taken to base 2; the unit of this lesson is the nat.",
                    lambda p, q: game_value(p, q) / math.log(2),
                ),
                Mistake(
                    "a mean over the outcomes",
                    "An expectation weights each outcome by its probability, and these weights are there already.",
                    lambda p, q: game_value(p, q) / p.numel(),
                ),
                Mistake(
                    "two expectations over the real samples",
                    "log(1 − D) is averaged over what the generator draws, not over what nature draws.",
                    lambda p, q: (torch.xlogy(p, p / (p + q)) + torch.xlogy(p, q / (p + q))).sum(),
                ),
            ),
        ),
        number(
            JSD,
            within=0.002,
            name="the divergence",
            why="With six of eight modes missing it is only a little above half of its maximum, ln 2.",
            wrong={
                "the value of the game": (
                    2 * JSD - 2 * math.log(2),
                    "Asked is the divergence: solve V = 2 JSD − 2 ln 2.",
                ),
                "a sum of the two divergences from the mixture": (2 * JSD, "The JSD is their mean, half the sum."),
                "a divergence in bits": (JSD / math.log(2), "Right in bits; give it in nats."),
                "the Kullback–Leibler divergence of the generator from nature": (
                    math.log(4),
                    "This compares q with p directly, and exceeds ln 2. The JSD compares each of them with their "
                    "mixture.",
                ),
                "the Kullback–Leibler divergence of nature from the generator": (
                    math.inf,
                    "This compares p with q directly, and is infinite where the generator never draws. The JSD "
                    "compares each of them with their mixture, and never exceeds ln 2.",
                ),
                "the divergence without overlap": (
                    math.log(2),
                    "That would be so if the generator drew nothing that nature draws. On two outcomes they overlap.",
                ),
            },
        ),
    ),
)
