"""Exercise 7.2: one step of power iteration, which is all that spectral normalisation computes in a forward pass."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, detached, gradients_of


def power_step(weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    matrix = weight.flatten(1)
    with torch.no_grad():
        v = normalize(matrix.T @ u, dim=0)
        u = normalize(matrix @ v, dim=0)
    return u @ matrix @ v, u


def probe(step) -> Observations:
    """A square matrix and a convolution's kernel; u is far from converged."""
    seen = {}
    for shape in ((4, 4), (5, 3, 2, 2)):
        weight = torch.randn(shape, requires_grad=True)
        sigma, u = step(weight, normalize(torch.randn(shape[0]), dim=0))
        where = f"for a weight of shape {list(shape)}"
        seen[f"{where}, σ"], seen[f"{where}, the new u"] = detached(sigma), detached(u)
        (seen[f"{where}, the gradient of σ with respect to the weight"],) = gradients_of(sigma, [weight])
    return seen


EXERCISE = Exercise(
    number="7.2",
    title="The largest singular value, step by step",
    hints=(
        "W and its transpose, taken in turns, pull any vector towards the direction that W stretches most. What has to "
        "be done to the vector in between, and which of the two comes first if you start from the output side?",
        "v = Wᵀu, normalised; u = Wv, normalised; σ = uᵀWv. The first two lines without a graph, the last one with it.",
    ),
    parts=(
        Part(
            power_step,
            probe=probe,
            why="The gradient of σ is the matrix u vᵀ: training pushes back in the most stretched direction only.",
            mistakes=(
                Mistake(
                    "vectors that are not normalised",
                    "Each step then multiplies u by about σ², and after some training steps it overflows, or vanishes.",
                    edited(
                        power_step,
                        ("normalize(matrix.T @ u, dim=0)", "matrix.T @ u"),
                        ("normalize(matrix @ v, dim=0)", "matrix @ v"),
                    ),
                ),
                Mistake(
                    "a v that is not normalised",
                    "σ is uᵀWv for two unit vectors. Yours is about the square of what it should be.",
                    edited(power_step, ("normalize(matrix.T @ u, dim=0)", "matrix.T @ u")),
                ),
                Mistake(
                    "the old u handed back",
                    "The next step would start where this one did, and the estimate would never get better.",
                    edited(power_step, ("v, u\n", "v, old\n"), ("flatten(1)\n", "flatten(1)\n    old = u\n")),
                ),
                Mistake(
                    "an estimate with the old u",
                    "The new u is nearer to the direction that W stretches most. With it the estimate is better, at no "
                    "cost.",
                    edited(power_step, ("return u @ matrix", "return old @ matrix"), ("(1)\n", "(1)\n    old = u\n")),
                ),
                Mistake(
                    "a squared singular value",
                    "WᵀW has the squares of W's singular values. Dividing by it would make the layer too flat, or too "
                    "steep.",
                    edited(power_step, ("return u @ matrix @ v", "return (u @ matrix @ v).square()")),
                ),
                Mistake(
                    "the Frobenius norm",
                    "The root of the sum of all squares is an upper bound of σ; it counts every direction, not the "
                    "most stretched one.",
                    edited(power_step, ("return u @ matrix @ v", "return matrix.norm()")),
                ),
                Mistake(
                    "a σ that the weight does not hear of",
                    "σ depends on the weight, and its gradient belongs into training. Which line must have a graph?",
                    edited(power_step, ("return u @ matrix @ v", "return (u @ matrix @ v).detach()")),
                ),
                Mistake(
                    "a gradient that flows through the iteration",
                    "u and v count as constants: only the last line, uᵀWv, is differentiated.",
                    edited(power_step, ("torch.no_grad()", "torch.enable_grad()")),
                ),
            ),
        ),
    ),
)
