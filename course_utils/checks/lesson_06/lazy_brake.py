"""Exercise 6.4: a penalty in every k-th step only, with k times the weight, in the Dirac-GAN."""

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, Roughly


def lazy_factor(h: float, gamma: float, every: int) -> float:
    free = torch.tensor([[1, h / 2], [-h / 2, 1]], dtype=torch.float64)
    braked = free - torch.tensor([[0, 0], [0, h * gamma * every]], dtype=torch.float64)
    rounds = torch.linalg.matrix_power(free, every - 1) @ braked
    return torch.linalg.eigvals(rounds).abs().max().item() ** (1 / every)


def probe(factor) -> Observations:
    settings = ((0.2, 0.6, 1), (0.2, 1.0, 8), (0.2, 1.0, 16), (0.5, 0.3, 3), (0.1, 0.02, 5))
    return {
        f"the factor for h = {h:g}, γ = {g:g}, k = {k}": Roughly(_plain(factor(h, g, k)), 1e-4) for h, g, k in settings
    }


def _plain(value: object) -> object:
    return value.detach().real if isinstance(value, torch.Tensor) and value.is_complex() else value


def _free_times_braked(h, gamma, every):
    free = torch.tensor([[1, h / 2], [-h / 2, 1]], dtype=torch.float64)
    braked = free - torch.tensor([[0, 0], [0, h * gamma * every]], dtype=torch.float64)
    one, other = (torch.linalg.eigvals(matrix).abs().max().item() for matrix in (free, braked))
    return (one ** (every - 1) * other) ** (1 / every)


def _of_the_average(h, gamma, every):
    average = torch.tensor([[1, h / 2], [-h / 2, 1 - h * gamma]], dtype=torch.float64)
    return torch.linalg.eigvals(average).abs().max().item()


EXERCISE = Exercise(
    number="6.4",
    title="A lazy brake",
    hints=(
        "Factor: what is the matrix of a step without the penalty, and of one with k times the penalty? What is the "
        "matrix of k steps? Conclusion: which of the four runs speaks against each cause?",
        "k rounds are the product of k − 1 free matrices I + hJ₀ and one with −hkγ in the corner; then the largest "
        "modulus, to the power 1/k. Conclusion: what does ψ ← ψ − hkγψ do to ψ when hkγ = 2.4?",
    ),
    parts=(
        Part(
            lazy_factor,
            probe=probe,
            name="the factor",
            why="Below 1 the players come home, above 1 they leave, as long as the sigmoid is near ½.",
            mistakes=(
                Mistake(
                    "a factor of k rounds, not of one",
                    "This is by how much k rounds multiply the distance. What is it for one round, on average?",
                    edited(lazy_factor, (" ** (1 / every)", "")),
                ),
                Mistake(
                    "a k-th part instead of the root",
                    "Factors multiply: k rounds of factor q make q to the power k.",
                    edited(lazy_factor, (" ** (1 / every)", " / every")),
                ),
                Mistake(
                    "a lazy penalty with its ordinary weight",
                    "In every k-th step the penalty counts k times, so that its average stays the same.",
                    edited(lazy_factor, ("h * gamma * every", "h * gamma")),
                ),
                Mistake(
                    "a brake in every round",
                    "k − 1 of the k rounds are free.",
                    edited(lazy_factor, ("matrix_power(free", "matrix_power(braked")),
                ),
                Mistake(
                    "a product of moduli",
                    "The two matrices stretch different directions. Multiply the matrices first, then ask for "
                    "eigenvalues.",
                    _free_times_braked,
                ),
                Mistake(
                    "one step with the average brake",
                    "The steps follow one another, so their matrices multiply. To average them is nearly the same only "
                    "while hkγ is small.",
                    _of_the_average,
                ),
                Mistake(
                    "a norm where the eigenvalues belong",
                    "The norm is the largest stretch that k steps can do once. How a long game ends is said by the "
                    "eigenvalues.",
                    edited(lazy_factor, ("eigvals(rounds).abs()", "svdvals(rounds)")),
                ),
                Mistake(
                    "the largest real part",
                    "The eigenvalues are complex, or negative; what multiplies the distance is their modulus.",
                    edited(
                        lazy_factor,
                        (".abs().max().item() ** (1 / every)", ".real.max().abs().item() ** (1 / every)"),
                    ),
                ),
            ),
        ),
        choice(
            "B",
            {
                "A": (
                    "a game that is left alone for too long",
                    "With the ordinary weight it is left alone just as long, and comes home, if slowly.",
                ),
                "C": (
                    "a brake that is too weak",
                    "On average it is as strong as in every step. And an eighth of it suffices to come home.",
                ),
                "D": (
                    "a step size that is too large for the game",
                    "All four runs have the same step size, and only one of them goes away.",
                ),
            },
            name="the conclusion",
            why="The ceiling of section 6, rate × γ < 2, holds for the single lump: here rate × k × γ.",
        ),
    ),
    predictions="ABCD",
)
