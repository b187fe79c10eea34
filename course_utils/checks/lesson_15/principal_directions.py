"""Exercise 15.2: the directions of the latent space that change an image most."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, Roughly


def principal(decode: Callable[[Tensor], Tensor], z: Tensor) -> tuple[Tensor, Tensor]:
    def summed(codes: Tensor) -> Tensor:
        return decode(codes).sum(0).flatten()

    jacobians = torch.autograd.functional.jacobian(summed, z).movedim(1, 0)  # [n, pixels, d]
    mean = (jacobians.mT @ jacobians).mean(0)
    values, vectors = torch.linalg.eigh(mean)
    return values.clamp(min=0).sqrt().flip(0), vectors.flip(1).T


def probe(answer) -> Observations:
    """Images whose slopes change sign from code to code; along four turned directions they change more and more."""
    seen: Observations = {}
    for shape in ((15,), (1, 3, 5)):
        turn = torch.linalg.qr(torch.randn(4, 4))[0]
        stretch = torch.tensor([[3.0], [1.4], [0.7], [0.3]])[torch.randperm(4)]
        weight = turn @ (stretch * torch.linalg.qr(torch.randn(15, 4))[0].T)
        z, phase = torch.randn(16, 4), 3 * torch.randn(15)

        def decode(codes, weight=weight, phase=phase, shape=shape):
            return torch.sin(codes @ weight * 2 + phase).reshape(-1, *shape)

        seen |= _noted(answer(decode, z), f"for images of shape {list(shape)}")
    return seen


def _noted(value: object, where: str) -> Observations:
    """What does not depend on the sign of a direction, which is arbitrary."""
    try:
        strengths, directions = (torch.as_tensor(part).detach().float() for part in value)
    except (TypeError, ValueError, RuntimeError):
        return {f"{where}, what is returned": type(value).__name__}
    seen: Observations = {f"{where}, what is returned": "two tensors"}
    seen[f"{where}, the shape of the strengths"] = str(list(strengths.shape))
    seen[f"{where}, the shape of the directions"] = str(list(directions.shape))
    seen[f"{where}, the strengths"] = Roughly(strengths, 0.02 * float(strengths.abs().max()))
    if directions.shape == (4, 4):
        seen[f"{where}, the inner products of the rows"] = Roughly(directions @ directions.T, 0.05)
        seen[f"{where}, the directions without their signs"] = Roughly(directions.abs(), 0.03)
    return seen


def _of_images(decode: Callable[[Tensor], Tensor], z: Tensor) -> tuple[Tensor, Tensor]:
    x = decode(z).flatten(1)
    _, strengths, directions = torch.linalg.svd((x - x.mean(0)) / len(x) ** 0.5, full_matrices=False)
    return strengths, directions


EXERCISE = Exercise(
    number="15.2",
    title="The directions that change an image most",
    hints=(
        "Small steps along each axis, as in the lesson, or torch.autograd.functional.jacobian. The codes are treated "
        "one by one, so what is the derivative of the *sum* of all images with respect to one of the codes? Then: "
        "which product of J with itself is [d, d], and when do you take the mean over the codes?",
        "The Jacobian of decode(z).sum(0).flatten() with respect to z is [pixels, n, d]: all J in one. Take JᵀJ of "
        "each code, then the mean, then torch.linalg.eigh, which returns eigenvalues from small to large and "
        "eigenvectors as columns. A strength is the root of an eigenvalue.",
    ),
    parts=(
        Part(
            principal,
            probe=probe,
            why="No labels, no samples of real images: only the model's own derivatives.",
            mistakes=(
                Mistake(
                    "a mean taken before the square",
                    "Where the slope of a pixel is positive at one code and negative at another, your mean is 0, "
                    "though the pixel changes at both.",
                    edited(
                        principal,
                        ("(jacobians.mT @ jacobians).mean(0)", "jacobians.mean(0).T @ jacobians.mean(0)"),
                    ),
                ),
                Mistake(
                    "the weakest direction first",
                    "The pairs belong together. Asked for is the strongest one first.",
                    edited(principal, (".sqrt().flip(0)", ".sqrt()"), ("vectors.flip(1).T", "vectors.T")),
                ),
                Mistake(
                    "strengths and directions in opposite orders",
                    "The strongest number stands beside the weakest direction. In which order does eigh return them?",
                    edited(principal, ("vectors.flip(1).T", "vectors.T")),
                ),
                Mistake(
                    "eigenvalues in place of strengths",
                    "An eigenvalue of M is a mean *squared* change. A strength is in units of pixels.",
                    edited(principal, (".sqrt()", "")),
                ),
                Mistake(
                    "directions that stand in the columns",
                    "The numbers are right; the docstring wants row i to be direction i.",
                    edited(principal, ("vectors.flip(1).T", "vectors.flip(1)")),
                ),
                Mistake(
                    "a sum over the codes",
                    "With twice as many codes your strengths would be √2 times as large. M is an expectation.",
                    edited(principal, ("(jacobians.mT @ jacobians).mean(0)", "(jacobians.mT @ jacobians).sum(0)")),
                ),
                Mistake(
                    "a mean over the pixels",
                    "|Jv|² is a sum over pixels: the change of the image is an arrow, and this is its length.",
                    edited(principal, (".mean(0)", ".mean(0) / jacobians.shape[1]")),
                ),
                Mistake(
                    "the Jacobian at the mean code",
                    "That is one point, and no code of the batch. Here the images are curved: their slopes there say "
                    "little about the slopes at the codes.",
                    edited(principal, ("(summed, z)", "(summed, z.mean(0)[None])")),
                ),
                Mistake(
                    "the Jacobian of the first code alone",
                    "At one code, other directions may be the strongest. M is a mean over all codes.",
                    edited(principal, ("(summed, z)", "(summed, z[:1])")),
                ),
                Mistake(
                    "the principal components of the images",
                    "They are directions among the pixels, and say in which ways samples differ. Asked for are "
                    "directions among the codes.",
                    _of_images,
                ),
                Mistake(
                    "directions as long as they are strong",
                    "A direction is a unit vector; how strong it is, the other tensor says.",
                    edited(principal, ("vectors.flip(1).T", "(vectors * values.clamp(min=0).sqrt()).flip(1).T")),
                ),
            ),
        ),
    ),
)
