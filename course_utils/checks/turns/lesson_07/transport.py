"""Turn 07.1: the cheapest transport plan between two sets of points."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def transport(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    cost = torch.cdist(real, fake)
    rows, columns = linear_sum_assignment(cost)
    return cost[rows, columns].mean(), torch.as_tensor(columns)


def nearest(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    apart, partner = torch.cdist(real, fake).min(1)
    return apart.mean(), partner


def greedy(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Each real point in turn takes the nearest generated point that is left."""
    cost = torch.cdist(real, fake)
    taken, partner = cost.clone(), []
    for row in range(len(real)):
        partner.append(int(taken[row].argmin()))
        taken[:, partner[-1]] = torch.inf
    return cost[range(len(real)), partner].mean(), torch.tensor(partner)


def backwards(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    cost = torch.cdist(real, fake)
    rows, columns = linear_sum_assignment(cost)
    return cost[rows, columns].mean(), torch.as_tensor(np.argsort(columns))


def as_given(real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    return (real - fake).norm(dim=1).mean(), torch.arange(len(real))


def probe(answer) -> Observations:
    """Ten points each, in the plane and in three dimensions."""
    seen: Observations = {}
    for width in (2, 3):
        cost, partner = answer(torch.randn(10, width), torch.randn(10, width) + 0.5)
        where = f"for 10 points in {width} dimensions"
        partner = torch.as_tensor(np.asarray(partner))
        seen[f"{where}, whether each generated point is used once"] = len(set(partner.tolist())) == 10
        seen[f"{where}, the mean distance W"] = torch.as_tensor(float(cost))
        seen[f"{where}, the partners"] = partner.long()
    return seen


TURN = Exercise(
    number="07.1",
    title="The cheapest transport plan",
    hints=(
        "First the table of all distances, one row for each real point: torch.cdist. Then the pairs: "
        "linear_sum_assignment takes the table, and returns the rows and the columns of the pairs.",
        "cost = torch.cdist(real, fake); rows, columns = linear_sum_assignment(cost). W is the mean of "
        "cost[rows, columns], and columns are the partners.",
    ),
    parts=(
        Part(
            transport,
            probe=probe,
            expects="a pair: W, and n numbers of generated points",
            why="No other plan is cheaper, also none that splits a point: among the cheapest plans there is always a "
            "pairing.",
            mistakes=(
                Mistake(
                    "the nearest generated point for each real one",
                    "Some generated points are then used several times and others never: that is no transport of the "
                    "whole heap, and it costs less than W.",
                    nearest,
                ),
                Mistake(
                    "one real point after the other, each with what is left",
                    "The last ones have to take what nobody wanted. The cheapest plan looks at all pairs at once.",
                    greedy,
                ),
                Mistake(
                    "the pairs in the order in which the points came",
                    "This is a plan, but not the cheapest one.",
                    as_given,
                ),
                Mistake(
                    "squared distances",
                    "Carrying costs the distance here. With squares another plan may be cheapest, and the number is "
                    "that of another distance, W₂ squared.",
                    edited(transport, ("torch.cdist(real, fake)", "torch.cdist(real, fake).square()")),
                ),
                Mistake(
                    "the most expensive plan",
                    "linear_sum_assignment makes the sum small unless it is told otherwise.",
                    edited(transport, ("linear_sum_assignment(cost)", "linear_sum_assignment(cost, maximize=True)")),
                ),
                Mistake(
                    "a sum in the place of a mean",
                    "Each of the n points carries a mass of 1/n, so W does not grow with the number of points.",
                    edited(transport, (".mean()", ".sum()")),
                ),
                Mistake(
                    "the partners of the generated points",
                    "W is right. Asked for is the other direction: for each real point the number of its generated "
                    "one.",
                    backwards,
                ),
            ),
        ),
    ),
)
