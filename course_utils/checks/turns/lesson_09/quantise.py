"""Turn 09.4: the nearest entry of a book, and a gradient that passes the choice by."""

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def quantise(codes, book):
    distance = (codes.unsqueeze(-2) - book).square().sum(-1)
    numbers = distance.argmin(-1)
    return codes + (book[numbers] - codes).detach(), numbers


def probe(answer) -> Observations:
    """Three images with four vectors of two numbers each, and five entries of unlike lengths."""
    codes, book = torch.randn(3, 4, 2, dtype=torch.float64), torch.randn(5, 2, dtype=torch.float64)
    book = book * torch.tensor([[0.3], [0.6], [1.0], [1.6], [2.5]], dtype=torch.float64)
    return outcome(answer, codes=codes, book=book)


DISTANCE = "distance = (codes.unsqueeze(-2) - book).square().sum(-1)"
RESULT = "codes + (book[numbers] - codes).detach(), numbers"

TURN = Exercise(
    number="09.4",
    title="Straight through",
    hints=(
        "Two things: which entry is nearest, and how a tensor can have the value of one thing and the gradient of "
        "another.",
        "codes.unsqueeze(-2) − book has the shape [n, l, size, dim]. codes + (nearest − codes).detach() has the value "
        "of nearest, and the gradient of codes.",
    ),
    parts=(
        Part(
            quantise,
            probe=probe,
            name="the quantiser",
            expects="a function of codes [n, l, dim] and book [size, dim] that returns z [n, l, dim], numbers [n, l]",
            why="Encoder and decoder are trained as if z were the encoder's own output; the book is moved by its own "
            "loss.",
            mistakes=(
                Mistake(
                    "no gradient to the encoder",
                    "The entries are right, but the encoder learns nothing: the choice of an entry has no slope. The "
                    "gradient must pass it by.",
                    edited(quantise, (RESULT, "book[numbers], numbers")),
                ),
                Mistake(
                    "nothing learns",
                    "The result is detached altogether: neither encoder nor book gets a gradient.",
                    edited(quantise, (RESULT, "book[numbers].detach(), numbers")),
                ),
                Mistake(
                    "a gradient to the book, too",
                    "z moves the book through the decoder as well. Straight through means: the gradient of z is that "
                    "of the codes, and the book has a loss of its own.",
                    edited(quantise, (RESULT, "codes + book[numbers] - codes.detach(), numbers")),
                ),
                Mistake(
                    "codes that were not exchanged",
                    "The value of z is still that of the codes: nothing is quantised.",
                    edited(quantise, (RESULT, "codes + (codes - book[numbers]).detach() * 0, numbers")),
                ),
                Mistake(
                    "the farthest entry",
                    "The nearest one has the smallest distance.",
                    edited(quantise, ("argmin", "argmax")),
                ),
                Mistake(
                    "the entry with the largest inner product",
                    "A long entry has large inner products with many codes, and need not be near. Compare distances.",
                    edited(quantise, (DISTANCE, "distance = -(codes.unsqueeze(-2) * book).sum(-1)")),
                ),
                Mistake(
                    "no square",
                    "Differences of both signs cancel in the sum: that is no distance.",
                    edited(quantise, (".square().sum(-1)", ".sum(-1)")),
                ),
                Mistake(
                    "one entry for each image",
                    "Distances were added over an image's vectors. Each of them has its own nearest entry.",
                    edited(quantise, ("distance.argmin(-1)", "distance.sum(1, keepdim=True).argmin(-1).repeat(1, 4)")),
                ),
            ),
        ),
    ),
)
