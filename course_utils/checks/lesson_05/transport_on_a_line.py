"""Exercise 5.2: the Wasserstein distance of two heaps on a line, whatever their sizes."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations, outcome


def wasserstein_1d(a: Tensor, b: Tensor) -> Tensor:
    a_sorted = a.repeat_interleave(len(b)).sort().values
    b_sorted = b.repeat_interleave(len(a)).sort().values
    return (a_sorted - b_sorted).abs().mean()


def probe(distance) -> Observations:
    """Heaps of other widths that overlap; as many points in each, then more in the one, more in the other."""
    seen = {}
    for n, m in ((6, 6), (4, 7), (9, 5)):
        a, b = 2 * torch.randn(n) + 0.5, torch.randn(m)
        seen |= {f"for {n} and {m} points, {name}": value for name, value in outcome(distance, a=a, b=b).items()}
    return seen


def _not_sorted(a, b):
    return (a.repeat_interleave(len(b)) - b.repeat_interleave(len(a))).abs().mean()


def _squared(a, b):
    gap = a.repeat_interleave(len(b)).sort().values - b.repeat_interleave(len(a)).sort().values
    return gap.square().mean()


def _summed(a, b):
    return wasserstein_1d(a, b) * len(a) * len(b)


def _shorter(a, b):
    n = min(len(a), len(b))
    return (a.sort().values[:n] - b.sort().values[:n]).abs().mean()


EXERCISE = Exercise(
    number="5.2",
    title="How far on a line",
    hints=(
        "With equal sizes the cheapest plan pairs the points in order of size. How can 4 points and 7 points become "
        "equally many without a change to either distribution?",
        "Let each point of a stand there len(b) times, and each point of b len(a) times; then sort both and average "
        "the absolute differences.",
    ),
    parts=(
        Part(
            wasserstein_1d,
            probe=probe,
            why="Once the heaps lie apart, each further unit costs one unit, however far away: no flat ground.",
            mistakes=(
                Mistake(
                    "points paired in the order in which they happen to stand",
                    "A list is shuffled, and your distance changes, though the heap is the same. Which pairing is the "
                    "cheapest?",
                    _not_sorted,
                ),
                Mistake(
                    "the average over all pairs",
                    "A heap would then have a positive distance from itself. In a plan, each load goes to one place.",
                    lambda a, b: (a[:, None] - b[None]).abs().mean(),
                ),
                Mistake(
                    "each point carried to the nearest one",
                    "Then some points of b get too much and others nothing. Each of them has room for 1/m.",
                    lambda a, b: (a[:, None] - b[None]).abs().min(dim=1).values.mean(),
                ),
                Mistake(
                    "the difference of the means",
                    "Two heaps with the same mean, one wide and one narrow, would have distance 0. Loads that go left "
                    "must not cancel those that go right.",
                    lambda a, b: (a.mean() - b.mean()).abs(),
                ),
                Mistake(
                    "squared distances",
                    "That is the square of Wasserstein-2. Here the cost of carrying grows with the distance itself.",
                    _squared,
                ),
                Mistake(
                    "a sum where the mean was meant",
                    "The distance would grow when both lists are written down twice.",
                    _summed,
                ),
                Mistake(
                    "only as many points as the smaller heap has",
                    "The largest points of the larger heap are never carried. Each of its points has a smaller weight, "
                    "but all of them have one.",
                    _shorter,
                ),
            ),
        ),
    ),
)
