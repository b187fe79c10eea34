"""Turn 12.3: the share of real balls that hold a generated point."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def coverage(real: Tensor, fake: Tensor, k: int) -> Tensor:
    radius = torch.cdist(real, real).kthvalue(k + 1).values
    held = torch.cdist(real, fake) < radius[:, None]
    return held.any(1).double().mean()


def with_the_balls_of(real: Tensor, fake: Tensor, k: int) -> Tensor:
    """Recall: the real points that lie in a ball of a generated one."""
    return (torch.cdist(real, fake) < torch.cdist(fake, fake).kthvalue(k + 1).values).any(1).double().mean()


def probe(share) -> Observations:
    """Two clouds of different width and size in the plane; enough points that no two of the mistakes coincide."""
    real = torch.randn(83, 2, dtype=torch.double)
    fake = 0.6 * torch.randn(61, 2, dtype=torch.double) + 0.5
    return {f"for k = {k}, the share": torch.as_tensor(share(real, fake, k)).double() for k in (1, 3)}


TURN = Exercise(
    number="12.3",
    title="Coverage",
    hints=(
        "First the radii: `torch.cdist(real, real)` has in each row the distance from a point to itself, too. Then ask "
        "of each ball whether any generated point is nearer to its centre than its radius.",
        "The radius is `torch.cdist(real, real).kthvalue(k + 1).values`; compare `torch.cdist(real, fake)`, one row a "
        "ball, with `radius[:, None]`, then `.any(1)` and a mean.",
    ),
    parts=(
        Part(
            coverage,
            probe=probe,
            expects="a share between 0 and 1",
            why="One ball, one vote, however large it is.",
            mistakes=(
                Mistake(
                    "a point counted as its own neighbour",
                    "The nearest point in the set is the point itself, at distance 0: every ball is one neighbour too "
                    "small.",
                    edited(coverage, ("kthvalue(k + 1)", "kthvalue(k)")),
                ),
                Mistake(
                    "real and generated exchanged",
                    "The balls belong to the real points; they are what is to be covered.",
                    lambda real, fake, k: coverage(fake, real, k),
                ),
                Mistake(
                    "precision",
                    "That is the share of generated points in some ball. Asked for is the share of balls that hold "
                    "some point: the other axis.",
                    edited(coverage, ("held.any(1)", "held.any(0)")),
                ),
                Mistake(
                    "recall",
                    "Those are the balls of the generated points. One sample far from all others makes a huge one.",
                    with_the_balls_of,
                ),
                Mistake(
                    "density",
                    "That counts how many balls hold a point, divided by k. A ball is covered or not.",
                    lambda real, fake, k: (
                        (torch.cdist(real, fake) < torch.cdist(real, real).kthvalue(k + 1).values[:, None])
                        .sum(0)
                        .double()
                        .mean()
                        / k
                    ),
                ),
                Mistake(
                    "balls that hold all points",
                    "A ball is covered if *any* generated point is in it. Yours asks for all of them.",
                    edited(coverage, ("held.any(1)", "held.all(1)")),
                ),
                Mistake(
                    "a mean over pairs",
                    "You average over all pairs of a ball and a point. First ask of each ball whether it holds any.",
                    edited(coverage, ("held.any(1).double()", "held.double()")),
                ),
                Mistake(
                    "a share of the generated points",
                    "The count of covered balls is divided by the number of generated points. Divide by the number of "
                    "balls.",
                    lambda real, fake, k: coverage(real, fake, k) * len(real) / len(fake),
                ),
                Mistake(
                    "k generated points in each ball",
                    "One generated point is enough to cover a ball; k only says how large the ball is.",
                    edited(coverage, ("held.any(1)", "(held.sum(1) >= k)")),
                ),
                Mistake(
                    "a count where a share was meant",
                    "Divide by the number of balls.",
                    edited(coverage, (".mean()", ".sum()")),
                ),
            ),
        ),
    ),
)
