"""Turn 01.4: the divergence that −log D descends if D is the best one, as a function of two log densities."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def descended(log_p: Tensor, log_q: Tensor, dx: float) -> Tensor:
    p, q, log_m = log_p.exp(), log_q.exp(), torch.logaddexp(log_p, log_q) - math.log(2)
    kl = (q * (log_q - log_p)).sum() * dx
    two_jsd = (p * (log_p - log_m) + q * (log_q - log_m)).sum() * dx
    return kl - two_jsd


def forward(log_p: Tensor, log_q: Tensor, dx: float) -> Tensor:
    p, q, log_m = log_p.exp(), log_q.exp(), torch.logaddexp(log_p, log_q) - math.log(2)
    two_jsd = (p * (log_p - log_m) + q * (log_q - log_m)).sum() * dx
    return (p * (log_p - log_q)).sum() * dx - two_jsd


def of_the_loss(log_p: Tensor, log_q: Tensor, dx: float) -> Tensor:
    """The value of the loss itself, E_q[−log D*]."""
    return -(log_q.exp() * torch.nn.functional.logsigmoid(log_p - log_q)).sum() * dx


def probe(target) -> Observations:
    """Two densities on nine places 0.3 apart."""
    log_p, log_q = (torch.log_softmax(torch.randn(2, 9, dtype=torch.float64), dim=1) - math.log(0.3)).unbind()
    return outcome(target, gradients=False, log_p=log_p, log_q=log_q, dx=0.3)


KL = "q * (log_q - log_p)"

TURN = Exercise(
    number="01.4",
    title="What −log D* descends",
    hints=(
        "Two sums over the grid, each times dx. KL(q‖p) has the weight q and the ratio q/p. For the JSD you need log "
        "m; `torch.logaddexp(log_p, log_q) - math.log(2)` is it.",
        "KL(q‖p) is (q · (log q − log p)).sum() · dx. Twice the JSD is KL(p‖m) + KL(q‖m), without a half.",
    ),
    parts=(
        Part(
            descended,
            probe=probe,
            expects="one number, in nats",
            why="Both parts are zero where q = p.",
            mistakes=(
                Mistake(
                    "the other Kullback–Leibler divergence",
                    "That is KL(p‖q), an average over real samples. Here the average is over generated ones.",
                    forward,
                ),
                Mistake(
                    "one JSD in place of two",
                    "The factor is 2: V(G, D*) has twice the JSD in it.",
                    edited(descended, ("kl - two_jsd", "kl - two_jsd / 2")),
                ),
                Mistake(
                    "the JSD with a plus",
                    "The JSD is subtracted. Follow the sign in log q/p − log(1 − D*).",
                    edited(descended, ("kl - two_jsd", "kl + two_jsd")),
                ),
                Mistake(
                    "the Kullback–Leibler divergence alone",
                    "The second part is missing.",
                    edited(descended, ("kl - two_jsd", "kl")),
                ),
                Mistake(
                    "a sum without its dx",
                    "An integral over the grid is a sum times the distance of two places.",
                    lambda log_p, log_q, dx: descended(log_p, log_q, 1.0),
                ),
                Mistake(
                    "a mixture without its half",
                    "m = (p + q)/2: log m is logaddexp(log p, log q) − log 2.",
                    edited(descended, (" - math.log(2)", "")),
                ),
                Mistake(
                    "a flipped sign",
                    "This is negative wherever q is not p. It is to be lowered to 0.",
                    lambda log_p, log_q, dx: -descended(log_p, log_q, dx),
                ),
                Mistake(
                    "the value of the loss",
                    "This is E_q[−log D*] itself, and it is ln 2 at q = p. Asked for is the quantity whose *gradient* "
                    "the loss has while D* is held fixed.",
                    of_the_loss,
                ),
            ),
        ),
    ),
)
