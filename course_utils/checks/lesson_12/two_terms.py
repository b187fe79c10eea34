"""Exercise 12.4: which part of the Fréchet distance is biased most?"""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations


def two_terms(x: Tensor) -> tuple[Tensor, Tensor]:
    mean_term = x.mean(0).square().sum()
    variances = torch.linalg.eigvalsh(torch.cov(x.T)).clamp(min=0)
    return mean_term, (variances.sqrt() - 1).square().sum()


def probe(terms) -> Observations:
    """Few points, not centred, with correlations and unequal spreads."""
    mixing = torch.randn(4, 4, dtype=torch.double)
    x = torch.randn(12, 4, dtype=torch.double) @ mixing + torch.randn(4, dtype=torch.double)
    mean_term, covariance_term = terms(x)
    return {"the mean term": mean_term, "the covariance term": covariance_term}


WHY_NOT = {
    "A": (
        "more means",
        "There are twice as many, and their term doubles. Look at its share of the total.",
    ),
    "B": (
        "longer vectors",
        "The squared length of a vector doubles with the number of features. The total does more than that.",
    ),
    "D": (
        "eigenvalues that are clamped",
        "With more samples than features the covariance has no eigenvalue below 0 to clamp. Try it without.",
    ),
    "E": (
        "rounding",
        "All is computed with some sixteen digits, and n has a clear influence on the result. Rounding does not "
        "know n.",
    ),
}

EXERCISE = Exercise(
    number="12.4",
    title="Twice the features",
    hints=(
        "For S₂ = I, what is the root of S₁ S₂, and how do its eigenvalues follow from those of S₁? For the cause, "
        "compare the two columns when d doubles.",
        "tr(S + I − 2 S^(1/2)) = Σ (√λ − 1)² over the eigenvalues λ of the covariance S. For the cause: count the "
        "numbers that are estimated in each term.",
    ),
    parts=(
        Part(
            two_terms,
            name="the two terms",
            probe=probe,
            mistakes=(
                Mistake(
                    "eigenvalues without their root",
                    "The eigenvalues of S are variances. In the distance, spreads are compared.",
                    edited(two_terms, ("variances.sqrt()", "variances")),
                ),
                Mistake(
                    "variances alone, without correlations",
                    "The diagonal of S is not its spectrum: correlated features differ from N(0, I), too.",
                    edited(two_terms, ("torch.linalg.eigvalsh(torch.cov(x.T)).clamp(min=0)", "x.var(0)")),
                ),
                Mistake(
                    "a covariance that is not centred",
                    "The shift is in the first term already; here it would be counted once more.",
                    edited(two_terms, ("torch.cov(x.T)", "x.T @ x / (len(x) - 1)")),
                ),
                Mistake(
                    "a covariance of the rows",
                    "`torch.cov` takes one variable per row. A matrix of n × n numbers compares points, not features.",
                    edited(two_terms, ("torch.cov(x.T)", "torch.cov(x)")),
                ),
                Mistake(
                    "a covariance divided by n",
                    "The course's covariance is the unbiased one, divided by n − 1.",
                    edited(two_terms, ("torch.cov(x.T)", "torch.cov(x.T, correction=0)")),
                ),
                Mistake(
                    "a mean that is not squared",
                    "The first term is a squared length.",
                    edited(two_terms, ("x.mean(0).square().sum()", "x.mean(0).norm()")),
                ),
                Mistake(
                    "the two terms exchanged",
                    "Look at the order that the docstring asks for.",
                    lambda x: two_terms(x)[::-1],
                ),
            ),
        ),
        choice(
            "C",
            WHY_NOT,
            "Twice the features need about four times the samples for the same floor: the 2,048 features of FID need "
            "very many.",
            "the cause",
        ),
    ),
    predictions="ABCD",
)
