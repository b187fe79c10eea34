"""Exercise 4.3: a minibatch standard deviation for groups of a batch."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def with_group_deviation(x: Tensor, group: int) -> Tensor:
    groups = x.unflatten(0, (-1, group))
    deviation = (groups.var(dim=1, correction=0) + 1e-8).sqrt().mean(dim=1)
    return torch.cat([x, deviation.repeat_interleave(group)[:, None]], dim=1)


def probe(layer) -> Observations:
    """Groups of 4 and of 3, of other sizes and places; then a batch in which one group has collapsed."""
    seen: Observations = {}
    for group in (4, 3):
        size = (0.3 + torch.rand(12 // group, 1, 5)).expand(-1, group, 5).reshape(12, 5)
        x = size * torch.randn(12, 5) + torch.randn(5)
        seen |= {f"with groups of {group}, {name}": value for name, value in outcome(layer, x=x, group=group).items()}
    collapsed = torch.randn(8, 5)
    collapsed[4:] = collapsed[4]
    found = outcome(layer, x=collapsed, group=4)
    return seen | {f"with a collapsed group, {name}": value for name, value in found.items()}


NEW = "deviation.repeat_interleave(group)[:, None]"

EXERCISE = Exercise(
    number="4.3",
    title="Each group its own deviation",
    hints=(
        "Give the groups an axis of their own: [n/g, g, d]. Over which of the three axes is the variance taken, and "
        "over which is the mean of the roots?",
        "`x.unflatten(0, (-1, group))`; variance over axis 1 with `correction=0`; add 1e-8; root; mean over the "
        "features. Each of these n/g numbers then goes to the g rows that it came from.",
    ),
    parts=(
        Part(
            with_group_deviation,
            probe=probe,
            why="A collapsed group says so to the discriminator, and its gradient stays finite.",
            mistakes=(
                Mistake(
                    "one deviation for the whole batch",
                    "A collapsed group hides among the others. Every group should speak for itself.",
                    edited(
                        with_group_deviation,
                        ("x.unflatten(0, (-1, group))", "x[None]"),
                        (NEW, "deviation.expand(len(x))[:, None]"),
                    ),
                ),
                Mistake(
                    "groups of rows that lie apart",
                    "Yours puts every (n/g)-th row into one group. Here a group is g rows that follow each other; look "
                    "at the order in which the batch is cut.",
                    edited(
                        with_group_deviation,
                        ("x.unflatten(0, (-1, group))", "x.unflatten(0, (group, -1)).transpose(0, 1)"),
                        (NEW, "deviation.repeat(group)[:, None]"),
                    ),
                ),
                Mistake(
                    "each group's number given to the rows of others",
                    "The deviations are right, but they arrive at other rows. `repeat` and `repeat_interleave` differ.",
                    edited(with_group_deviation, (NEW, "deviation.repeat(group)[:, None]")),
                ),
                Mistake(
                    "a deviation over the features of each row",
                    "It tells how much a single row varies from left to right. The layer should tell how much the "
                    "rows of a group differ.",
                    edited(
                        with_group_deviation,
                        ("groups.var(dim=1", "x.var(dim=1"),
                        (".sqrt().mean(dim=1)", ".sqrt()"),
                        (NEW, "deviation[:, None]"),
                    ),
                ),
                Mistake(
                    "the unbiased variance",
                    "Asked for is the mean squared distance from the mean of the group: a division by g, not g − 1.",
                    edited(with_group_deviation, (", correction=0", "")),
                ),
                Mistake(
                    "a root taken after the mean",
                    "One feature with a large variance then drowns the others. First a root for each feature.",
                    edited(with_group_deviation, (".sqrt().mean(dim=1)", ".mean(dim=1).sqrt()")),
                ),
                Mistake(
                    "a forgotten 1e-8",
                    "Take a group that has collapsed: what is the slope of the root at 0?",
                    edited(with_group_deviation, (" + 1e-8", "")),
                ),
                Mistake(
                    "a detached deviation",
                    "D sees the collapse, but G learns nothing from it: no gradient leads back through the new "
                    "feature.",
                    edited(with_group_deviation, ("groups.var", "groups.detach().var")),
                ),
            ),
        ),
    ),
)
