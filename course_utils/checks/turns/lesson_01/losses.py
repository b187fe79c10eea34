"""Turn 01.2: the two losses of the minimax game, from logits."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def d_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def g_loss(fake_logits: Tensor) -> Tensor:
    return -softplus(fake_logits).mean()


def probe_d(loss) -> Observations:
    usual = outcome(loss, real_logits=2 * torch.randn(7), fake_logits=2 * torch.randn(11))
    sure = outcome(loss, real_logits=torch.tensor([-120.0, 3.0]), fake_logits=torch.tensor([120.0, -2.0]))
    return _named(usual, sure)


def probe_g(loss) -> Observations:
    usual = outcome(loss, fake_logits=2 * torch.randn(11))
    return _named(usual, outcome(loss, fake_logits=torch.tensor([120.0, -2.0])))


def _named(usual: Observations, sure: Observations) -> Observations:
    return usual | {f"{name}, for logits of ±120": seen for name, seen in sure.items()}


TURN = Exercise(
    number="01.2",
    title="Two losses from logits",
    hints=(
        "Each player minimises its loss. D's loss is −V. G's loss is the part of V that G can change. Write both with "
        "softplus: log σ(t) = −softplus(−t), and log(1 − σ(t)) = −softplus(t).",
        "−log σ(r) is softplus(−r); −log(1 − σ(f)) is softplus(f). G's loss is the mean of log(1 − σ(f)), a negative "
        "number.",
    ),
    parts=(
        Part(
            d_loss,
            probe=probe_d,
            name="D's loss",
            why="Small where real logits are large and generated ones are small.",
            mistakes=(
                Mistake(
                    "the value in place of the loss",
                    "This is V, which D wants large. A loss is minimised.",
                    lambda real_logits, fake_logits: -d_loss(real_logits, fake_logits),
                ),
                Mistake(
                    "the two kinds exchanged",
                    "This D is to give generated samples large logits.",
                    lambda real_logits, fake_logits: d_loss(fake_logits, real_logits),
                ),
                Mistake(
                    "the logarithm of a rounded probability",
                    "The formula is right on paper. At a logit of 120 the sigmoid is rounded to 1, and the loss is "
                    "infinite. Use softplus.",
                    lambda real_logits, fake_logits: (
                        -torch.sigmoid(real_logits).log().mean() - (1 - torch.sigmoid(fake_logits)).log().mean()
                    ),
                ),
                Mistake(
                    "a sigmoid before softplus",
                    "softplus takes logits, not probabilities.",
                    lambda real_logits, fake_logits: d_loss(torch.sigmoid(real_logits), torch.sigmoid(fake_logits)),
                ),
                Mistake(
                    "half of the loss",
                    "D's loss is −V, a sum of two means.",
                    lambda real_logits, fake_logits: d_loss(real_logits, fake_logits) / 2,
                ),
                Mistake(
                    "both kinds called real",
                    "Both terms ask for large logits.",
                    edited(d_loss, ("softplus(fake_logits)", "softplus(-fake_logits)")),
                ),
            ),
        ),
        Part(
            g_loss,
            probe=probe_g,
            name="G's loss",
            why="E[log D(x)] is not in it: G cannot change what D says of real samples.",
            mistakes=(
                Mistake(
                    "D's part of the loss",
                    "This is small where D is right about generated samples. G wants the opposite.",
                    lambda fake_logits: softplus(fake_logits).mean(),
                ),
                Mistake(
                    "another loss, −log D",
                    "Its wish is the same, but the game says: lower E[log(1 − D(G(z)))]. Section 5 comes to this other "
                    "one.",
                    lambda fake_logits: softplus(-fake_logits).mean(),
                ),
                Mistake(
                    "a probability that was rounded first",
                    "Right on paper; at a logit of 120 the sigmoid is rounded to 1. Use softplus.",
                    lambda fake_logits: (1 - torch.sigmoid(fake_logits)).log().mean(),
                ),
                Mistake(
                    "log D with the wrong sign",
                    "Minimising this makes generated samples look *less* real.",
                    lambda fake_logits: -softplus(-fake_logits).mean(),
                ),
                Mistake(
                    "a sum where a mean was meant",
                    "An expectation is a mean over the batch.",
                    lambda fake_logits: -softplus(fake_logits).sum(),
                ),
            ),
        ),
    ),
)
