"""Turn 07.3: R2, the penalty on the discriminator's slope at the generated samples."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, detached, gradients_of


def r2(discriminator, real, fake, gamma):
    x = fake.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return gamma / 2 * slopes.flatten(1).square().sum(1).mean()


def probe(answer) -> Observations:
    """A discriminator whose slope at x is w·x, number by number; points and images; samples with a graph."""
    seen: Observations = {}
    for shape in ((6, 3), (5, 2, 3, 4)):
        w, origin = torch.randn(shape[1:], requires_grad=True), (torch.randn(shape) - 0.5).requires_grad_()
        real, fake = torch.randn(shape) + 1.5, origin * 1.0

        def discriminator(x: Tensor, w: Tensor = w) -> Tensor:
            return (w * x.square() / 2).flatten(1).sum(1)

        value = answer(discriminator, real, fake, 3.0)
        where = f"for samples of shape {list(shape)}"
        back, to_samples = gradients_of(value, [w, origin])
        seen[f"{where}, the value"] = detached(value)
        seen[f"{where}, the gradient with respect to the discriminator's weight"] = back
        seen[f"{where}, a gradient that goes back into the generator"] = to_samples is not None
    return seen


TURN = Exercise(
    number="07.3",
    title="R2",
    hints=(
        "One call of torch.autograd.grad on the sum of the logits gives the slopes of the whole batch, as each logit "
        "depends on its own sample only. What lets the result teach D's weights?",
        "x = fake.detach().requires_grad_(); torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)[0]; "
        "squares, summed over all numbers of a sample, averaged over the samples, times γ/2.",
    ),
    parts=(
        Part(
            r2,
            probe=probe,
            why="With the real samples in the place of the generated ones it is R1.",
            mistakes=(
                Mistake(
                    "the slope at the real samples",
                    "That is R1. R2 looks at the generated samples.",
                    edited(r2, ("fake.detach()", "real.detach()")),
                ),
                Mistake(
                    "a penalty that does not reach the weights",
                    "The value is right, but without a graph behind the slopes D's weights never hear of it.",
                    edited(r2, ("create_graph=True)", "create_graph=True)\n    slopes = slopes.detach()")),
                ),
                Mistake(
                    "a penalty that reaches the generator",
                    "The value is right. But the samples still have their way back to G, and this loss is D's alone.",
                    edited(r2, ("fake.detach().requires_grad_()", "fake * 1")),
                ),
                Mistake(
                    "γ in the place of γ/2",
                    "The half belongs to the definition.",
                    edited(r2, ("gamma / 2", "gamma")),
                ),
                Mistake(
                    "the norm without its square",
                    "R2 charges for the squared slope. The norm pulls with full force even where D is nearly flat.",
                    edited(r2, (".square().sum(1)", ".norm(dim=1)")),
                ),
                Mistake(
                    "a mean over the numbers of a sample",
                    "The squared length of an arrow is a sum over its numbers. For images your penalty would be "
                    "hundreds of times too weak.",
                    edited(r2, (".sum(1).mean()", ".mean()")),
                ),
                Mistake(
                    "a sum over one dimension only",
                    "For points yours is right. The slope at an image is one arrow over channels, rows and columns.",
                    edited(r2, (".flatten(1)", "")),
                ),
                Mistake(
                    "a sum over the batch",
                    "The penalty would grow with the batch.",
                    edited(r2, (".sum(1).mean()", ".sum()")),
                ),
                Mistake(
                    "the slope of the mean logit",
                    "The mean divides each slope by n, and the square divides twice.",
                    edited(r2, ("(x).sum()", "(x).mean()")),
                ),
                Mistake(
                    "both penalties at once",
                    "This is R1 + R2. Asked for is R2 alone.",
                    lambda D, real, fake, gamma: r2(D, fake, real, gamma) + r2(D, real, fake, gamma),
                ),
            ),
        ),
    ),
)
