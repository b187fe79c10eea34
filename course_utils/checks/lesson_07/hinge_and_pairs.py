"""Exercise 7.4: the hinge loss of D, and the relativistic losses of both players."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def hinge_d(r: Tensor, f: Tensor) -> Tensor:
    return (1 - r).relu().mean() + (1 + f).relu().mean()


def paired_d(r: Tensor, f: Tensor) -> Tensor:
    return softplus(f - r).mean()


def paired_g(r: Tensor, f: Tensor) -> Tensor:
    return softplus(r - f).mean()


def probe(loss) -> Observations:
    return outcome(loss, r=2 * torch.randn(9), f=2 * torch.randn(9) - 0.5)


def all_pairs(r, f):
    return softplus(f - r[:, None]).mean()


EXERCISE = Exercise(
    number="7.4",
    title="Hinge and pairs",
    hints=(
        "max(0, t) is relu(t). In a pair only the difference counts; which sign makes the loss of D small when the "
        "real sample has the larger logit?",
        "(1 - r).relu().mean() + (1 + f).relu().mean(); softplus(f - r).mean(); and for G the same with r and f "
        "exchanged.",
    ),
    parts=(
        Part(
            hinge_d,
            probe=probe,
            name="the hinge loss of D",
            why="Beyond ±1 a logit has no gradient: D stops pushing where it is right by a margin.",
            mistakes=(
                Mistake(
                    "real and generated exchanged",
                    "This D wants r below −1 and f above 1.",
                    edited(hinge_d, ("(1 - r)", "(1 + r)"), ("(1 + f)", "(1 - f)")),
                ),
                Mistake(
                    "a hinge at 0",
                    "The margin is 1: a real logit of 0.5 still costs 0.5.",
                    edited(hinge_d, ("(1 - r)", "(-r)"), ("(1 + f)", "(f)")),
                ),
                Mistake(
                    "no hinge",
                    "Without max(0, ·) this is the critic's loss of a WGAN plus 2, and D may grow without end.",
                    edited(hinge_d, ("(1 - r).relu()", "(1 - r)"), ("(1 + f).relu()", "(1 + f)")),
                ),
                Mistake(
                    "sums in the place of means",
                    "The loss would grow with the batch.",
                    edited(
                        hinge_d, ("(1 - r).relu().mean()", "(1 - r).relu().sum()"), ("f).relu().mean", "f).relu().sum")
                    ),
                ),
            ),
        ),
        Part(
            paired_d,
            probe=probe,
            name="the paired loss of D",
            why="It is small where each real sample has a larger logit than its partner; the level of both is free.",
            mistakes=(
                Mistake(
                    "the loss of G in the place of D's",
                    "It is small where generated samples have the larger logit. That is G's wish.",
                    edited(paired_d, ("f - r", "r - f")),
                ),
                Mistake(
                    "the two terms of the ordinary loss",
                    "There each logit is compared with 0. In a pair the two are compared with each other.",
                    lambda r, f: softplus(-r).mean() + softplus(f).mean(),
                ),
                Mistake(
                    "a difference of means",
                    "softplus is taken of each pair's difference, and averaged then.",
                    edited(paired_d, ("softplus(f - r).mean()", "softplus(f.mean() - r.mean())")),
                ),
                Mistake(
                    "every real sample against every generated one",
                    "Asked for are pairs: the first with the first, and so on. All n² pairs have the same mean on "
                    "average, and are another loss on one batch.",
                    all_pairs,
                ),
            ),
        ),
        Part(
            paired_g,
            probe=probe,
            name="the paired loss of G",
            why="The same comparison with the roles exchanged. G's gradient now depends on the real samples too.",
            mistakes=(
                Mistake(
                    "the loss of D in the place of G's",
                    "It is small where real samples have the larger logit. That is D's wish.",
                    edited(paired_g, ("r - f", "f - r")),
                ),
                Mistake(
                    "minus the loss of D",
                    "That is the saturating form: its gradient is small where D is sure.",
                    edited(paired_g, ("softplus(r - f).mean()", "-softplus(f - r).mean()")),
                ),
                Mistake(
                    "the ordinary loss of G",
                    "No real sample takes part in it.",
                    lambda r, f: softplus(-f).mean(),
                ),
            ),
        ),
    ),
)
