"""Exercise 4.2: counting modes of unequal width."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def mode_report(samples: Tensor, centres: Tensor, stds: Tensor, least: int) -> tuple[int, float]:
    in_stds = torch.cdist(samples, centres) / stds
    distance, nearest = in_stds.min(dim=1)
    good = distance <= 3
    counts = nearest[good].bincount(minlength=len(centres))
    return (counts >= least).sum().item(), good.double().mean().item()


# Six modes; the first is wide, and the second a narrow one at its rim. All in units of the first one's deviation.
CENTRES = torch.tensor([[0.0, 0.0], [3.2, 0.0], [0.0, 10.0], [10.0, 0.0], [10.0, 10.0], [10.0, 20.0]])
STDS = torch.tensor([1.0, 0.1, 0.3, 0.5, 0.2, 0.4])


def samples() -> Tensor:
    """Good samples in every mode but the fifth (3, 4, 3, 1, 0 and some), and poor ones where a mistake counts them."""
    plenty = int(torch.randint(6, 9, ()))
    drawn = []
    for mode, inside in enumerate((2, 3, 3, 1, 0, plenty)):
        angle, radius = 6.2832 * torch.rand(inside), 1.5 * torch.rand(inside)
        place = radius[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1)
        drawn.append(CENTRES[mode] + STDS[mode] * place)
    drawn.append(torch.tensor([[2.4, 0.0]]))  # the first's, though nearer to the second's centre
    drawn.append(torch.tensor([[2.95, 0.0]]))  # the second's, but within reach of the first, too
    drawn.append(CENTRES[2] + STDS[2] * torch.tensor([[2.6, 2.6], [-2.6, 2.5]]))  # in the box, outside the circle
    drawn.append(CENTRES[4] + STDS[4] * (torch.tensor([4.0, 4.0]) + torch.rand(5, 2)))
    points = torch.cat(drawn)
    return points[torch.randperm(len(points))]


def probe(report) -> Observations:
    """The modes in any order, at any scale."""
    scale, order = 0.5 + torch.rand(()), torch.randperm(len(STDS))
    captured, quality = report(scale * samples(), scale * CENTRES[order], scale * STDS[order], 4)
    return {"the number of captured modes": captured, "the share of high quality": quality}


EXERCISE = Exercise(
    number="4.2",
    title="Modes wide and narrow",
    hints=(
        "What is “near” for a narrow mode, and what for a wide one? Whose sample is a point that lies between the two?",
        "Make the table of distances [n, k] with `torch.cdist`, divide its columns by the deviations, and only then "
        "take the minimum of each row. Count a sample for its mode if that minimum is at most 3.",
    ),
    parts=(
        Part(
            mode_report,
            probe=probe,
            why="For modes of equal width this is the count of the lesson, with a number of samples that you choose.",
            mistakes=(
                Mistake(
                    "the nearest mode taken in plain distance",
                    "A sample on the slope of a wide mode can be nearer to the centre of a narrow one, and far out by "
                    "the narrow one's measure. In which unit is it to be nearest?",
                    edited(
                        mode_report,
                        (
                            "distance, nearest = in_stds.min(dim=1)",
                            "nearest = torch.cdist(samples, centres).argmin(dim=1)",
                        ),
                        ("distance <= 3", "in_stds.gather(1, nearest[:, None])[:, 0] <= 3"),
                    ),
                ),
                Mistake(
                    "samples of poor quality counted for a mode",
                    "Every sample has a nearest mode, even one from nowhere near. Your count would capture modes with "
                    "them.",
                    edited(mode_report, ("nearest[good].bincount", "nearest.bincount")),
                ),
                Mistake(
                    "one sample that is enough",
                    "That is the customary count, which a blob can please. Where does `least` come in?",
                    edited(mode_report, ("counts >= least", "counts >= 1")),
                ),
                Mistake(
                    "more than `least` samples asked for",
                    "A mode with exactly `least` samples is captured.",
                    edited(mode_report, ("counts >= least", "counts > least")),
                ),
                Mistake(
                    "a box in place of a circle",
                    "A point 2.6 deviations off in each of two coordinates is 3.7 away.",
                    edited(
                        mode_report,
                        ("torch.cdist(samples, centres)", "torch.cdist(samples, centres, p=float('inf'))"),
                    ),
                ),
                Mistake(
                    "one width for all modes",
                    "The mean width is too strict for the wide modes and too kind to the narrow ones.",
                    edited(mode_report, ("/ stds", "/ stds.mean()")),
                ),
                Mistake(
                    "a sample counted for each mode in its reach",
                    "Where two modes overlap, one sample helps to capture both. It belongs to one.",
                    edited(mode_report, ("nearest[good].bincount(minlength=len(centres))", "(in_stds <= 3).sum(0)")),
                ),
            ),
        ),
    ),
)
