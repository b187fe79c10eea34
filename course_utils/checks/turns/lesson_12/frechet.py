"""Turn 12.2: the Fréchet distance of two sets of features."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def frechet(first: Tensor, second: Tensor) -> Tensor:
    shift = first.mean(0) - second.mean(0)
    s1, s2 = torch.cov(first.T), torch.cov(second.T)
    root = torch.linalg.eigvals(s1 @ s2).real.clamp(min=0).sqrt().sum()
    return shift.square().sum() + s1.trace() + s2.trace() - 2 * root


def probe(distance) -> Observations:
    """Correlated features of different widths; 9 and 8 rows, so that n and n − 1 differ clearly."""
    mix = torch.eye(3, dtype=torch.double) + 0.4 * torch.rand(3, 3, dtype=torch.double)
    first = torch.randn(9, 3, dtype=torch.double) @ mix + torch.tensor([1.0, -2.0, 0.5]).double()
    second = 1.7 * torch.randn(8, 3, dtype=torch.double) @ mix.T
    return outcome(lambda a, b: torch.as_tensor(distance(a, b)).float(), gradients=False, first=first, second=second)


def about_zero(first: Tensor, second: Tensor) -> Tensor:
    """With second moments about 0, from which no mean is subtracted."""
    shift = first.mean(0) - second.mean(0)
    s1, s2 = (x.T @ x / (len(x) - 1) for x in (first, second))
    root = torch.linalg.eigvals(s1 @ s2).real.clamp(min=0).sqrt().sum()
    return shift.square().sum() + s1.trace() + s2.trace() - 2 * root


ROOT = "torch.linalg.eigvals(s1 @ s2).real.clamp(min=0).sqrt().sum()"

TURN = Exercise(
    number="12.2",
    title="The Fréchet distance",
    hints=(
        "Four pieces: |m₁ − m₂|², tr S₁, tr S₂, and twice the trace of the root. `torch.cov` wants one feature a row.",
        "With `s1 = torch.cov(first.T)` and s2 likewise, the trace of the root is "
        f"`{ROOT}`: the sum of the roots of the eigenvalues.",
    ),
    parts=(
        Part(
            frechet,
            probe=probe,
            expects="one number",
            why="Of the root only the trace is needed, so that eigenvalues are enough.",
            mistakes=(
                Mistake(
                    "covariances divided by n",
                    "The mean was estimated from the same n samples, which takes away one of them: divide by n − 1. "
                    "`torch.cov` does.",
                    edited(
                        frechet,
                        ("torch.cov(first.T)", "torch.cov(first.T, correction=0)"),
                        ("torch.cov(second.T)", "torch.cov(second.T, correction=0)"),
                    ),
                ),
                Mistake(
                    "a root of each entry",
                    "The root of a matrix is the matrix whose *square* is the given one, not made of the roots of "
                    "its entries. Its trace is the sum of the roots of the eigenvalues.",
                    edited(frechet, (ROOT, "(s1 @ s2).diagonal().sqrt().sum()")),
                ),
                Mistake(
                    "features taken one by one",
                    "The diagonals of S₁ and S₂ alone: what two features have to do with each other is lost.",
                    edited(frechet, (ROOT, "(s1.diagonal() * s2.diagonal()).sqrt().sum()")),
                ),
                Mistake(
                    "a product entry by entry",
                    "`*` multiplies entry by entry. The product of two matrices is `@`.",
                    edited(frechet, ("s1 @ s2", "s1 * s2")),
                ),
                Mistake(
                    "eigenvalues of each matrix alone",
                    "The eigenvalues of a product are not the products of the eigenvalues, unless both matrices have "
                    "the same axes. First multiply, then ask for the eigenvalues.",
                    edited(frechet, (ROOT, "(torch.linalg.eigvalsh(s1) * torch.linalg.eigvalsh(s2)).sqrt().sum()")),
                ),
                Mistake(
                    "eigvalsh of a matrix that is not symmetric",
                    "`eigvalsh` looks at one half of the matrix only. The product of two symmetric matrices is in "
                    "general not symmetric: take `eigvals`.",
                    edited(frechet, ("eigvals(s1 @ s2).real", "eigvalsh(s1 @ s2)")),
                ),
                Mistake(
                    "moments without the mean subtracted",
                    "A covariance is taken about the mean. Yours is taken about 0, so that the means count twice.",
                    about_zero,
                ),
                Mistake(
                    "correlations",
                    "`corrcoef` divides by the standard deviations: two sets of different widths would look alike.",
                    edited(
                        frechet,
                        ("torch.cov(first.T)", "torch.corrcoef(first.T)"),
                        ("torch.cov(second.T)", "torch.corrcoef(second.T)"),
                    ),
                ),
                Mistake(
                    "a product without its root",
                    "Check it with two equal sets: their distance is 0.",
                    edited(frechet, (ROOT, "(s1 @ s2).trace()")),
                ),
                Mistake(
                    "a root of the trace",
                    "First the roots of the eigenvalues, then their sum. You took the sum first.",
                    edited(frechet, (ROOT, "(s1 @ s2).trace().sqrt()")),
                ),
                Mistake(
                    "a root without its factor 2",
                    "Check it with two equal sets: their distance is 0.",
                    edited(frechet, ("2 * root", "root")),
                ),
                Mistake(
                    "a shift that is not squared",
                    "The first piece is a squared length.",
                    edited(frechet, ("shift.square().sum()", "shift.norm()")),
                ),
                Mistake(
                    "a sum of absolute differences",
                    "The first piece is the squared length of the shift: square each coordinate, then add.",
                    edited(frechet, ("shift.square().sum()", "shift.abs().sum()")),
                ),
                Mistake(
                    "a mean over the features",
                    "A squared length adds up over the coordinates.",
                    edited(frechet, ("shift.square().sum()", "shift.square().mean()")),
                ),
                Mistake(
                    "no shift",
                    "Two sets with the same spread and other means would be at distance 0.",
                    edited(frechet, ("shift.square().sum() + ", "")),
                ),
                Mistake(
                    "the root of the whole",
                    "It is the distance in the sense of geometry. What papers print is its square.",
                    lambda first, second: frechet(first, second).sqrt(),
                ),
            ),
        ),
    ),
)
