"""Turn 09.2: what the code costs with free bits."""

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def charge(kl, free):
    return kl.mean(0).clamp(min=free).sum()


def probe(answer) -> Observations:
    """Five images, four dimensions: two of them above the free part on average, each with images on both sides; and a
    free part that is larger than all of them together.
    """
    base = torch.tensor([0.15, 0.35, 0.9, 2.0], dtype=torch.float64)
    kl = base * (0.1 + 1.8 * torch.rand(5, 4, dtype=torch.float64))
    kl = kl / kl.mean(0) * base
    seen = outcome(lambda kl: answer(kl, 0.5), kl=kl)
    more = outcome(lambda kl: answer(kl, 4.0), kl=kl)
    return seen | {f"with 4 nats free, {name}": value for name, value in more.items()}


TURN = Exercise(
    number="09.2",
    title="Free bits",
    hints=(
        "The formula has two bars of brackets: what is averaged first? And what does a dimension cost that uses less "
        "than its free part?",
        "kl.mean(0) is the mean over the images, for each dimension. Tensor.clamp(min=free) is the larger of the two.",
    ),
    parts=(
        Part(
            charge,
            probe=probe,
            name="the charge",
            expects="a function of the KL [n, d] and a number that returns a number",
            why="Below its free part a dimension has no gradient from the KL: nothing pulls it to the prior.",
            mistakes=(
                Mistake(
                    "each image for itself",
                    "The larger of the two was taken before the average over the images. The free part belongs to a "
                    "dimension, on average over the batch.",
                    edited(charge, ("kl.mean(0).clamp(min=free).sum()", "kl.clamp(min=free).mean(0).sum()")),
                ),
                Mistake(
                    "one free part for the whole code",
                    "The KL was summed over the dimensions first. Then one dimension can use up what is free, and the "
                    "others still die.",
                    edited(charge, ("kl.mean(0).clamp(min=free).sum()", "kl.mean(0).sum().clamp(min=free)")),
                ),
                Mistake(
                    "the smaller of the two",
                    "Then no dimension ever costs more than its free part: codes are nearly free.",
                    edited(charge, ("min=free", "max=free")),
                ),
                Mistake(
                    "the free part subtracted",
                    "max(0, KL − λ) has the right gradient, and is λ a dimension too low to be the formula.",
                    edited(charge, ("clamp(min=free)", "sub(free).clamp(min=0)")),
                ),
                Mistake(
                    "dimensions averaged",
                    "The code costs what all its dimensions cost together: sum over them.",
                    edited(charge, (".sum()", ".mean()")),
                ),
                Mistake(
                    "images added up",
                    "The charge is an average over the images of the batch.",
                    edited(charge, ("kl.mean(0)", "kl.sum(0)")),
                ),
                Mistake(
                    "images and dimensions exchanged",
                    "Rows are images. The average is taken over the rows, dimension 0.",
                    edited(charge, ("kl.mean(0)", "kl.mean(1)")),
                ),
                Mistake(
                    "no free part",
                    "This is the KL as it is.",
                    edited(charge, (".clamp(min=free)", "")),
                ),
                Mistake(
                    "all or nothing",
                    "A dimension below its free part is charged nothing, and the formula charges it λ: the loss would "
                    "jump there.",
                    lambda kl, free: (kl.mean(0) * (kl.mean(0) > free)).sum(),
                ),
            ),
        ),
    ),
)
