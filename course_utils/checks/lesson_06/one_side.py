"""Exercise 6.5: a bug hunt. One loss was handed to both players."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, outcome


def losses(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    real, fake = 0 * psi, theta * psi
    d_loss = softplus(-real) + softplus(fake)
    g_loss = -softplus(fake)
    return g_loss, d_loss


def broken(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """As it was in the notebook."""
    loss = softplus(-0 * psi) + softplus(theta * psi)
    return loss, loss


def probe(of) -> Observations:
    """What each player's loss does to that player: the rest of a loss moves nobody."""
    theta, psi = torch.randn(2, 4, dtype=torch.float64)
    seen = outcome(lambda t, p: _rows(of, t, p), gradients=False, theta=theta, psi=psi)
    return {"D's loss": seen["the value"][1]} | _slopes(of, theta, psi)


def _rows(of, theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    g_loss, d_loss = of(theta, psi)
    return g_loss, d_loss


def _slopes(of, theta: Tensor, psi: Tensor) -> Observations:
    theta, psi = theta.clone().requires_grad_(), psi.clone().requires_grad_()
    g_loss, d_loss = of(theta, psi)
    (g,) = torch.autograd.grad(g_loss.sum(), theta, retain_graph=True)
    (d,) = torch.autograd.grad(d_loss.sum(), psi)
    return {"the slope of G's loss along θ": g, "the slope of D's loss along ψ": d}


EXERCISE = Exercise(
    number="6.5",
    title="Bug hunt: a game without an opponent",
    hints=(
        "Both curves are one curve. In a game of two with opposite wishes, could both be content all the time? What "
        "does V say about G's wish?",
        "D's loss is −V. G wants V small: its loss is the part of V that has θ in it, log(1 − σ(θψ)) = −softplus(θψ).",
    ),
    parts=(
        choice(
            "B",
            {
                "A": (
                    "the spiral of simultaneous steps",
                    "There the players turn, and the losses swing. Here nothing turns.",
                ),
                "C": (
                    "a step that is too large",
                    "Smaller steps follow the same smooth way, only more slowly.",
                ),
                "D": (
                    "a brake above its ceiling",
                    "There is no penalty in this game; and a D that jumps over its goal changes its sign.",
                ),
                "E": (
                    "a G that has no gradient",
                    "θ moves in each step.",
                ),
            },
            why="G is told to lower D's loss: it moves its samples to where D recognises them best.",
        ),
        Part(
            losses,
            probe=probe,
            name="the repaired losses",
            expects="G's loss and D's loss, each in the shape of θ",
            mistakes=(
                Mistake("the losses as they were", "Both players still have the same wish.", broken),
                Mistake(
                    "the two losses exchanged",
                    "G's loss comes first.",
                    lambda theta, psi: losses(theta, psi)[::-1],
                ),
                Mistake(
                    "the non-saturating loss",
                    "Right for that game. Asked for is the minimax game, in which G lowers log(1 − σ(θψ)).",
                    edited(losses, ("g_loss = -softplus(fake)", "g_loss = softplus(-fake)")),
                ),
                Mistake(
                    "a D that helps G",
                    "Now D has changed sides. D's loss was right.",
                    edited(
                        losses,
                        ("d_loss = softplus(-real) + softplus(fake)", "d_loss = -softplus(-real) - softplus(fake)"),
                    ),
                ),
                Mistake(
                    "a D that calls everything real",
                    "D's loss was right: generated samples should get small logits.",
                    edited(losses, ("+ softplus(fake)", "+ softplus(-fake)")),
                ),
                Mistake(
                    "half of G's loss",
                    "G's loss is log(1 − σ(θψ)), without a factor.",
                    edited(losses, ("g_loss = -softplus(fake)", "g_loss = -softplus(fake) / 2")),
                ),
            ),
        ),
    ),
)
