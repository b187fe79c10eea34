"""Turn 06.1: in which direction the two players of the Dirac-GAN want to move."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def minimax(state: Tensor) -> Tensor:
    theta, psi = state.unbind(-1)
    sigma = torch.sigmoid(theta * psi)
    return torch.stack([psi * sigma, -theta * sigma], dim=-1)


def non_saturating(state: Tensor) -> Tensor:
    theta, psi = state.unbind(-1)
    t = theta * psi
    return torch.stack([psi * torch.sigmoid(-t), -theta * torch.sigmoid(t)], dim=-1)


def probe(field) -> Observations:
    many = outcome(field, gradients=False, state=2 * torch.randn(6, 2, dtype=torch.float64))
    one = outcome(field, gradients=False, state=2 * torch.randn(2, dtype=torch.float64))
    table = outcome(field, gradients=False, state=2 * torch.randn(2, 3, 2, dtype=torch.float64))
    return {
        "the directions of six games": many["the value"],
        "the direction of one game, [2]": one["the value"],
        "the directions in a table of games, [2, 3, 2]": table["the value"],
    }


MOVE = "[psi * sigma, -theta * sigma]"

TURN = Exercise(
    number="06.1",
    title="The field of the game",
    hints=(
        "Two derivatives of one function of t = θψ. The chain rule gives each of them the slope of log(1 − σ(t)), "
        "times what t gains when that player moves. Which player goes uphill, and which downhill?",
        "∂V/∂θ = −σ(t) ψ and ∂V/∂ψ = −σ(t) θ. G moves by minus the first, D by plus the second; stack them along the "
        "last dimension.",
    ),
    parts=(
        Part(
            minimax,
            probe=probe,
            why="One slope, σ(θψ), stands in both components, with the sign that belongs to the player.",
            mistakes=(
                Mistake(
                    "both players going uphill",
                    "V is D's to raise and G's to lower. Here G helps D.",
                    edited(minimax, (MOVE, "[-psi * sigma, -theta * sigma]")),
                ),
                Mistake(
                    "both players going downhill",
                    "V is D's to raise and G's to lower. Here D helps G.",
                    edited(minimax, (MOVE, "[psi * sigma, theta * sigma]")),
                ),
                Mistake(
                    "the signs of the players exchanged",
                    "This G raises V, and this D lowers it.",
                    edited(minimax, (MOVE, "[-psi * sigma, theta * sigma]")),
                ),
                Mistake(
                    "each player's own parameter in its derivative",
                    "t = θψ. What is left of it when it is differentiated with respect to θ?",
                    edited(minimax, (MOVE, "[theta * sigma, -psi * sigma]")),
                ),
                Mistake(
                    "the slope of the logarithm left out",
                    "The chain rule has two factors: the slope of log(1 − σ(t)), and what t gains. The first is "
                    "missing.",
                    edited(minimax, (MOVE, "[psi, -theta]")),
                ),
                Mistake(
                    "the slope of σ in place of that of log(1 − σ)",
                    "The derivative of σ is σ(1 − σ). The logarithm divides by 1 − σ.",
                    edited(
                        minimax,
                        ("torch.sigmoid(theta * psi)", "torch.sigmoid(theta * psi) * torch.sigmoid(-theta * psi)"),
                    ),
                ),
                Mistake(
                    "σ(−t) where σ(t) was meant",
                    "That is the slope of log σ(t). Asked for is the slope of log(1 − σ(t)).",
                    edited(minimax, ("torch.sigmoid(theta * psi)", "torch.sigmoid(-theta * psi)")),
                ),
                Mistake(
                    "the non-saturating game",
                    "D is right. But this G raises log σ(t); here it is to lower log(1 − σ(t)).",
                    non_saturating,
                ),
                Mistake(
                    "D's direction first",
                    "The state is (θ, ψ), so G's direction comes first.",
                    edited(minimax, (MOVE, "[-theta * sigma, psi * sigma]")),
                ),
            ),
        ),
    ),
)
