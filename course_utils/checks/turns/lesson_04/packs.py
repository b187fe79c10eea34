"""Turn 04.2: packs of neighbouring samples."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def packs(x: Tensor, m: int) -> Tensor:
    *members, n, d = x.shape
    return x.reshape(*members, n // m, m * d)


def probe(packed) -> Observations:
    """One run's batch in packs of 2 and of 3; then a batch for each of three runs."""
    seen: Observations = {}
    for called, shape, m in (("one run", (6, 2), 2), ("one run", (6, 4), 3), ("three runs", (3, 4, 2), 2)):
        found = outcome(packed, x=torch.randn(shape), m=m)
        seen |= {f"for {called} and m = {m}, {name}": value for name, value in found.items()}
    return seen


RETURN = "x.reshape(*members, n // m, m * d)"

EXERCISE = Exercise(
    number="04.2",
    title="Packs of samples",
    hints=(
        "Nothing is computed: the numbers stay in their order, and only the shape changes. Which two numbers of the "
        "shape change, and into what?",
        "`x.reshape(…)` to a shape that ends in n // m and m * d; what stands before n in x.shape stays as it is.",
    ),
    parts=(
        Part(
            packs,
            probe=probe,
            why="Two alike samples side by side: that a discriminator of packs can see.",
            mistakes=(
                Mistake(
                    "packs of samples that lie apart",
                    "Yours puts the first sample beside one from the second part of the batch. The samples are "
                    "independent, so that would train as well; asked for are packs of rows that follow each other.",
                    edited(packs, (RETURN, "torch.cat(x.chunk(m, dim=-2), dim=-1)")),
                ),
                Mistake(
                    "the coordinates of a pack interleaved",
                    "Yours holds the first coordinates of the m samples, then the second ones. D could learn that, "
                    "too; asked for is sample after sample.",
                    edited(
                        packs, (RETURN, "x.reshape(*members, n // m, m, d).transpose(-1, -2).flatten(start_dim=-2)")
                    ),
                ),
                Mistake(
                    "the mean of each pack",
                    "Two samples at the same place have the same mean as two on its two sides. D should see both.",
                    edited(packs, (RETURN, "x.reshape(*members, n // m, m, d).mean(dim=-2)")),
                ),
                Mistake(
                    "packs on an axis of their own",
                    "The m samples of a pack should stand side by side, as one row of m·d numbers.",
                    edited(packs, (RETURN, "x.reshape(*members, n // m, m, d)")),
                ),
                Mistake(
                    "packs that overlap",
                    "Yours has n − m + 1 packs: each sample is in several. Here each sample is in one pack.",
                    edited(packs, (RETURN, "x.unfold(-2, m, 1).transpose(-1, -2).flatten(start_dim=-2)")),
                ),
                Mistake(
                    "m packs, in place of packs of m",
                    "Yours makes m long rows. Asked for are n/m rows with m samples each.",
                    edited(packs, (RETURN, "x.reshape(*members, m, n // m * d)")),
                ),
                Mistake(
                    "runs poured into one batch",
                    "For one run it is right. With several runs side by side, [K, n, d], the first axis must stay: "
                    "otherwise a discriminator sees the samples of another run.",
                    edited(packs, (RETURN, "x.reshape(-1, m * d)")),
                ),
                Mistake(
                    "packs that are detached",
                    "The shape is right, but no gradient leads back to the samples: G would learn nothing.",
                    edited(packs, (RETURN, "x.detach().reshape(*members, n // m, m * d)")),
                ),
            ),
        ),
    ),
)
