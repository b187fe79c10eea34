"""Exercise 1.1: the best discriminator when real samples have a label below 1."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations, outcome


def best_discriminator(p: Tensor, q: Tensor, target: float) -> Tensor:
    return target * p / (p + q)


def probe(best) -> Observations:
    """Six outcomes, of which nature never draws one and the generator never another."""
    p, q = torch.rand(2, 6) + 0.1
    p[1], q[4] = 0.0, 0.0
    target = 0.6 + 0.35 * torch.rand(()).item()
    return outcome(best, gradients=False, p=p / p.sum(), q=q / q.sum(), target=target)


EXERCISE = Exercise(
    number="1.1",
    title="A cautious label",
    hints=(
        "Collect what stands before log D(x), and what stands before log(1 − D(x)): two numbers a and b. Where is "
        "a log y + b log(1 − y) largest? For the bound: at which x is D* largest?",
        "a = t p and b = (1 − t) p + q, and a + b is simple. The largest D* is where q = 0; the logit of a probability "
        "y is log(y / (1 − y)).",
    ),
    parts=(
        Part(
            best_discriminator,
            probe=probe,
            name="the best discriminator",
            why="The label only scales the answer: which samples look more real than others stays as it was.",
            mistakes=(
                Mistake(
                    "the answer for hard labels",
                    "The target does not enter. Where only nature draws, this D is sure; but there, too, the "
                    "label says “generated” a little.",
                    lambda p, q, target: p / (p + q),
                ),
                Mistake(
                    "a weight where a label was meant",
                    "Here the real samples count less. A label of t says more: with weight 1 − t the same samples are "
                    "called generated.",
                    lambda p, q, target: target * p / (target * p + q),
                ),
                Mistake(
                    "smoothed labels on both sides",
                    "In this task the generated samples have the label 0, not 1 − t.",
                    lambda p, q, target: (target * p + (1 - target) * q) / (p + q),
                ),
                Mistake(
                    "the two distributions exchanged",
                    "This D is sure of what the generator draws. Whose samples carry the high label?",
                    lambda p, q, target: target * q / (p + q),
                ),
                Mistake(
                    "the odds instead of the probability",
                    "You have a / b, and it can exceed 1. Setting the derivative a/y − b/(1 − y) to zero gives the "
                    "odds y/(1 − y); what is y?",
                    lambda p, q, target: target * p / ((1 - target) * p + q),
                ),
                Mistake(
                    "a bare ratio of the densities",
                    "It grows without bound where q is small, and D(x) is a probability.",
                    lambda p, q, target: target * p / q,
                ),
            ),
        ),
        number(
            math.log(9),
            within=0.005,
            name="the largest logit",
            why="A D with hard labels has no such bound, and grows ever surer where nothing overlaps.",
            wrong={
                "a probability": (0.9, "That is the largest D*. The loss takes logits: what is the logit of it?"),
                "no bound": (
                    math.inf,
                    "With hard labels that is so. With t = 0.9, how probable can the label 1 be at any x?",
                ),
                "the logarithm of the probability": (
                    math.log(0.9),
                    "A logit is the logarithm of the odds; a D* above ½ has a positive one.",
                ),
                "a pair of odds the wrong way round": (
                    -math.log(9),
                    "This is the logit of 0.1. The most that D* says for “real” is a probability above ½.",
                ),
                "a logarithm to base 10": (math.log10(9), "The odds are right. Here log is the natural logarithm."),
                "the odds without their logarithm": (9.0, "These are the odds. One function is missing."),
            },
        ),
    ),
)
