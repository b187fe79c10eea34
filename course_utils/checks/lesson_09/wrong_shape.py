"""Exercise 9.1: the best diagonal Gaussian for a posterior that is turned, and the gap that it leaves."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def best_std(precision: Tensor) -> Tensor:
    return precision.diagonal().rsqrt()


def gap(precision: Tensor) -> Tensor:
    return 0.5 * (precision.diagonal().log().sum() - precision.logdet())


def probe(answer) -> Observations:
    """Precision matrices of two and of four dimensions, far from diagonal and not of the size 1."""
    seen: Observations = {}
    for dim, scale in ((2, 0.3), (4, 5.0)):
        root = torch.randn(dim, dim, dtype=torch.float64)
        precision = scale * (root @ root.T + 0.5 * torch.eye(dim, dtype=torch.float64))
        seen[f"the answer for {dim} dimensions"] = answer(precision)
    return seen


EXERCISE = Exercise(
    number="9.1",
    title="A Gaussian of the wrong shape",
    hints=(
        "Write KL(q ‖ p) for q = N(m, diag v): it is ½(Σ vⱼΛⱼⱼ − d − Σ log vⱼ − log det Λ). For which vⱼ is its "
        "derivative 0?",
        "vⱼΛⱼⱼ − log vⱼ is smallest at vⱼ = 1/Λⱼⱼ. Put it in: d cancels. Tensor.diagonal() and Tensor.logdet() do the "
        "rest.",
    ),
    parts=(
        Part(
            best_std,
            probe=probe,
            name="the standard deviations",
            why="1/Λⱼⱼ is the variance of zⱼ when all other dimensions are known: q is as narrow as the posterior is "
            "across, not as long as it is.",
            mistakes=(
                Mistake(
                    "the posterior's own standard deviations",
                    "√Σⱼⱼ, with Σ the inverse of Λ, makes KL(p ‖ q) smallest. The ELBO's gap is KL(q ‖ p).",
                    lambda precision: precision.inverse().diagonal().sqrt(),
                ),
                Mistake(
                    "variances in the place of standard deviations",
                    "1/Λⱼⱼ is the variance.",
                    edited(best_std, ("rsqrt()", "reciprocal()")),
                ),
                Mistake(
                    "a precision in the place of a width",
                    "A large Λⱼⱼ means that zⱼ is known well: σ must be small.",
                    edited(best_std, ("rsqrt()", "sqrt()")),
                ),
                Mistake(
                    "the widths along the posterior's own axes",
                    "The eigenvalues of Λ belong to turned axes. A diagonal Gaussian cannot turn.",
                    lambda precision: torch.linalg.eigvalsh(precision).rsqrt(),
                ),
            ),
        ),
        Part(
            gap,
            probe=probe,
            name="the gap",
            why="It is 0 for a diagonal Λ alone, and has no bound: two codes that explain each other away.",
            mistakes=(
                Mistake(
                    "the half forgotten",
                    "The KL of two Gaussians has ½ in front of everything.",
                    edited(gap, ("0.5 * ", "")),
                ),
                Mistake(
                    "the gap of the other direction",
                    "With the covariance in the place of the precision this is the smallest KL(p ‖ q). The ELBO's gap "
                    "is KL(q ‖ p).",
                    lambda precision: gap(precision.inverse()),
                ),
                Mistake(
                    "a flipped sign",
                    "A KL is never negative, and yours is.",
                    lambda precision: -gap(precision),
                ),
                Mistake(
                    "the KL from the posterior's own standard deviations",
                    "That is the gap of a q that is too wide: the best one has the variances 1/Λⱼⱼ.",
                    lambda precision: (
                        0.5
                        * (
                            (precision.inverse().diagonal() * precision.diagonal() - 1).sum()
                            - precision.inverse().diagonal().log().sum()
                            - precision.logdet()
                        )
                    ),
                ),
                Mistake(
                    "the determinant left out",
                    "log det Λ belongs to the posterior, and is not 0.",
                    lambda precision: 0.5 * precision.diagonal().log().sum(),
                ),
                Mistake(
                    "a logarithm forgotten",
                    "The formula has log Λⱼⱼ and log det Λ.",
                    lambda precision: 0.5 * (precision.diagonal().sum() - precision.det()),
                ),
            ),
        ),
    ),
)
