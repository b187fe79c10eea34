"""Turn 05.3: the remedy that is called gradient correction: another length, the same direction."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def correction(gradients: Tensor, size: float = 0.2) -> Tensor:
    norms = gradients.norm(dim=1, keepdim=True)
    return size * gradients / norms.clamp(min=1e-30)


def probe(remedy) -> Observations:
    """Rows that are long, short, very short, and all zeros."""
    lengths = torch.tensor([[30.0], [0.02], [1e-9], [0.0]], dtype=torch.double)
    gradients = lengths * torch.randn(4, 5, dtype=torch.double)
    return {
        f"for size {size}, the rows": outcome(
            lambda rows, size=size: remedy(rows, size), gradients=False, rows=gradients
        )["the value"]
        for size in (0.1, 2.0)
    }


ALL = "size * gradients / norms.clamp(min=1e-30)"

EXERCISE = Exercise(
    number="05.3",
    title="Gradient correction",
    hints=(
        "A vector has a length and a direction. Divide it by its length: what is its length now? Each row has a length "
        "of its own.",
        "norms = gradients.norm(dim=1, keepdim=True) has the shape [K, 1]. Divide by norms.clamp(min=1e-30), so that a "
        "row of zeros is not 0 / 0, and multiply by size.",
    ),
    parts=(
        Part(
            correction,
            probe=probe,
            name="the correction",
            expects="a function that takes a tensor [K, n] and a number, and returns a tensor [K, n]",
            why="Whatever length the gradient had, it is lost; the direction is kept.",
            mistakes=(
                Mistake(
                    "clipping",
                    "Rows that are shorter than size stay short. This is the other remedy, min(1, c/‖g‖).",
                    edited(correction, (ALL, "gradients * (size / norms.clamp(min=1e-30)).clamp(max=1)")),
                ),
                Mistake(
                    "one norm for all rows",
                    "Each row is the gradient of another generator. Long rows would leave the short ones short.",
                    edited(correction, ("gradients.norm(dim=1, keepdim=True)", "gradients.norm()")),
                ),
                Mistake(
                    "a row of zeros that becomes NaN",
                    "0 / 0 is not a number, and a weight that is NaN stays NaN. What should a row of zeros become?",
                    edited(correction, (".clamp(min=1e-30)", "")),
                ),
                Mistake(
                    "a small number added to the norm",
                    "A row as short as that number then stays shorter than size. Guard the zero in another way, such "
                    "as clamp(min=1e-30).",
                    edited(correction, ("norms.clamp(min=1e-30)", "(norms + 1e-8)")),
                ),
                Mistake(
                    "a norm with a floor that is too high",
                    "Vanished gradients are the case that matters: a row of length 1e-9 should get the norm size, too.",
                    edited(correction, ("1e-30", "1e-8")),
                ),
                Mistake(
                    "the sign of each number",
                    "That gives all weights the same step, and turns the gradient. Keep the direction.",
                    edited(correction, (ALL, "size * gradients.sign()")),
                ),
                Mistake(
                    "a factor in the place of a norm",
                    "This multiplies each row by size. A row that was short is shorter still.",
                    edited(correction, (ALL, "size * gradients")),
                ),
                Mistake(
                    "rows of norm 1",
                    "The direction is right. The norm should be size.",
                    edited(correction, (ALL, "gradients / norms.clamp(min=1e-30)")),
                ),
                Mistake(
                    "a squared norm",
                    "Divided by the square, a short row becomes longer than a long one.",
                    edited(correction, ("norms.clamp(min=1e-30)", "norms.square().clamp(min=1e-30)")),
                ),
            ),
        ),
    ),
)
