"""Exercise 15.4: an experiment. What do the axes of a VAE point at?"""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, Roughly, outcome


def turned(axes: Tensor, causes: Tensor) -> Tensor:
    cosines = normalize(axes, dim=-1) @ normalize(causes, dim=-1).T
    nearest = cosines.abs().amax(-1).clamp(max=1.0)
    return nearest.acos().rad2deg().mean(-1)


def probe(answer) -> Observations:
    """Three runs with two axes each; some axes are mixtures of the causes, some point backwards, in any order."""
    causes = torch.randn(2, 8)
    mixture = torch.tensor([[[1.0, 0.1], [0.9, 0.4]], [[0.2, -1.0], [-1.0, 0.5]], [[-0.5, 1.0], [-0.1, -1.0]]])
    axes = (mixture + 0.1 * torch.randn(3, 2, 2)) @ normalize(causes, dim=-1) + 0.03 * torch.randn(3, 2, 8)
    axes = axes * (0.5 + 3 * torch.rand(3, 2, 1))
    return {"the angles": Roughly(outcome(answer, gradients=False, axes=axes, causes=causes)["the value"], 0.05)}


def _by_position(axes: Tensor, causes: Tensor) -> Tensor:
    cosines = (normalize(axes, dim=-1) * normalize(causes, dim=-1)).sum(-1).abs()
    return cosines.clamp(max=1.0).acos().rad2deg().mean(-1)


ANGLE = Part(
    turned,
    name="the angle",
    probe=probe,
    why="A code has no first axis and no positive side, so neither order nor sign may count.",
    mistakes=(
        Mistake(
            "arrows in place of lines",
            "An axis that points backwards along a cause is as good as one that points forwards.",
            edited(turned, ("cosines.abs().amax(-1)", "cosines.amax(-1)")),
        ),
        Mistake(
            "axes paired with causes by their number",
            "Nothing tells the VAE which of its axes should be the first. Which cause is the nearest?",
            _by_position,
        ),
        Mistake(
            "vectors of unequal length",
            "An inner product is a cosine for vectors of length 1 only.",
            lambda axes, causes: (axes @ causes.T).abs().amax(-1).clamp(max=1.0).acos().rad2deg().mean(-1),
        ),
        Mistake(
            "radians",
            "acos returns radians. A right angle should be 90.",
            edited(turned, (".rad2deg()", "")),
        ),
        Mistake(
            "the cause that is farthest",
            "Take the largest cosine, which is the smallest angle.",
            edited(turned, ("amax(-1)", "amin(-1)")),
        ),
        Mistake(
            "one number for all runs",
            "The runs should be told apart: one angle for each, a mean over its axes only.",
            edited(turned, (".mean(-1)", ".mean()")),
        ),
        Mistake(
            "the angle of a mean cosine",
            "The mean of angles is not the angle of the mean: first the angle of each axis.",
            edited(
                turned,
                ("    return nearest.acos().rad2deg().mean(-1)", "    return nearest.mean(-1).acos().rad2deg()"),
            ),
        ),
        Mistake(
            "one angle for each axis",
            "The docstring asks for one number a run: the mean over its axes.",
            edited(turned, (".rad2deg().mean(-1)", ".rad2deg()")),
        ),
        Mistake(
            "cosines in place of angles",
            "These lie between 0 and 1. Which function leads from a cosine to its angle?",
            edited(turned, ("nearest.acos().rad2deg().mean(-1)", "nearest.mean(-1)")),
        ),
    ),
)

CONCLUSION = choice(
    "B",
    {
        "A": (
            "axes that point at the causes",
            "The causes were independent in all three data sets. In how many of them were they found?",
        ),
        "C": (
            "axes that are arbitrary, as in a GAN",
            "Then the ten runs would disagree with one another in every data set. In how many do they?",
        ),
        "D": (
            "causes that need only stand at right angles",
            "In *equal* they do. Were they found?",
        ),
        "E": (
            "a training that was too short",
            "Look at *slanted* on the right: all ten runs have arrived at the same place, which is not the causes.",
        ),
    },
    why=(
        "Where the data spread alike in all directions of a plane, the loss has no favourite among the axes, as in "
        "section 6's argument for the GAN."
    ),
    name="the conclusion",
)

EXERCISE = Exercise(
    number="15.4",
    title="What does an axis point at?",
    hints=(
        "The angle between two lines: from the cosine of their directions, whatever the sign. For the conclusion ask "
        "of each data set: along which directions does it vary most and least, and is there just one answer?",
        "Normalise, multiply, absolute values, the largest for each axis, acos, degrees, mean over the axes. For the "
        "conclusion compare the two panels row by row: the angle from the causes, and that from the directions of "
        "largest variance.",
    ),
    parts=(ANGLE, CONCLUSION),
    predictions="ABCD",
)
