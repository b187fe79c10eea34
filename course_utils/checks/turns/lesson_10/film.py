"""Turn 10.1: the label scales and shifts each feature."""

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome

LABELS = torch.tensor([2, 0, 2, 3, 1])  # not in order, one of them twice; fewer classes than there are images


def film(h, labels, scale, shift):
    return scale[labels] * h + shift[labels]


def by_position(h, labels, scale, shift):
    row = torch.arange(len(h), device=h.device) % len(scale)
    return scale[row] * h + shift[row]


def one_number_each(h, labels, scale, shift):
    return scale[labels].mean(1, keepdim=True) * h + shift[labels].mean(1, keepdim=True)


def probe(answer) -> Observations:
    """Five images with three features, four classes."""
    h, scale, shift = torch.randn(5, 3), 2 + torch.rand(4, 3), torch.randn(4, 3)
    return outcome(answer, h=h.double(), labels=LABELS, scale=scale.double(), shift=shift.double())


TURN = Exercise(
    number="10.1",
    title="FiLM",
    hints=(
        "scale has a row for each class. Which rows does a batch with these labels need, and in which order?",
        "scale[labels] is [n, d]: for each image the row of its class. Multiply the features by it, then add.",
    ),
    parts=(
        Part(
            film,
            probe=probe,
            name="FiLM",
            expects="a function of h [n, d], labels [n], scale and shift [classes, d] that returns [n, d]",
            why="A label that only adds moves a feature; one that multiplies can also switch it off.",
            mistakes=(
                Mistake(
                    "a shift and no scale",
                    "Nothing is multiplied: this is what a one-hot label before a linear layer does already.",
                    edited(film, ("scale[labels] * h", "h")),
                ),
                Mistake(
                    "a scale and no shift",
                    "Where a feature is 0, every class gives 0.",
                    edited(film, (" + shift[labels]", "")),
                ),
                Mistake(
                    "the shift scaled, too",
                    "The formula is γ·h + β, not γ·(h + β): first multiply, then add.",
                    edited(film, ("* h + shift[labels]", "* (h + shift[labels])")),
                ),
                Mistake(
                    "scale and shift exchanged",
                    "γ multiplies and β is added.",
                    edited(film, ("scale[labels] * h + shift[labels]", "shift[labels] * h + scale[labels]")),
                ),
                Mistake(
                    "1 + scale in the place of scale",
                    "Some authors write γ = 1 + Δγ, and learn Δγ. Here scale is γ itself, and starts at 1.",
                    edited(film, ("scale[labels] * h", "(1 + scale[labels]) * h")),
                ),
                Mistake(
                    "rows chosen by the image's place in the batch",
                    "The labels are not looked at. Image number 2 need not be of class 2.",
                    by_position,
                ),
                Mistake(
                    "the first image's class for the whole batch",
                    "Each image has its own label.",
                    edited(film, ("scale[labels] *", "scale[labels[0]] *"), ("shift[labels]", "shift[labels[0]]")),
                ),
                Mistake(
                    "one number for all features of an image",
                    "γ and β have one number for each feature; an average of them was used.",
                    one_number_each,
                ),
            ),
        ),
    ),
)
