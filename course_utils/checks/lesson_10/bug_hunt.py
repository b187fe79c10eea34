"""Exercise 10.6: a bug hunt. Every curve is fine, and nobody obeys."""

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations


def repaired(points: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    order = torch.randperm(len(points))
    for start in range(0, len(points), size):
        chosen = order[start : start + size]
        yield points[chosen], labels[chosen]


def as_it_was(points: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    points = points[torch.randperm(len(points))]
    for start in range(0, len(points), size):
        yield points[start : start + size], labels[start : start + size]


def shuffled_apart(points: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    yield from as_it_was(points, labels[torch.randperm(len(labels))], size)


def in_order(points: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    for start in range(0, len(points), size):
        yield points[start : start + size], labels[start : start + size]


def blocks_shuffled(points: Tensor, labels: Tensor, size: int) -> Iterator[tuple[Tensor, Tensor]]:
    batches = list(in_order(points, labels, size))
    yield from (batches[i] for i in torch.randperm(len(batches)).tolist())


def probe(epoch) -> Observations:
    """Two passes over 50 points that know their own number, and whose labels follow from it, in batches of 8."""
    numbers = torch.arange(50)
    points, labels = torch.stack([numbers, -numbers], dim=1).float(), numbers * 7 % 5
    batches, again = (list(islice(epoch(points.clone(), labels.clone(), 8), 100)) for _ in range(2))
    drawn = torch.cat([x[:, 0] for x, _ in batches]).long()
    paired = torch.equal(torch.cat([y for _, y in batches]), drawn * 7 % 5)
    neighbours = all(bool((x[1:, 0] - x[:-1, 0] == 1).all()) for x, _ in batches)
    return {
        "each point has its own label": paired,
        "the sizes of the batches, the largest first": sorted((len(x) for x, _ in batches), reverse=True),
        "a pass shows each point once": torch.equal(drawn.sort().values, numbers),
        "two passes have the same order": torch.equal(drawn, torch.cat([x[:, 0] for x, _ in again]).long()),
        "the points of a batch are neighbours in the data": neighbours,
        "the labels are those of the data in their old order": torch.equal(torch.cat([y for _, y in batches]), labels),
    }


EXERCISE = Exercise(
    number="10.6",
    title="Bug hunt: all is well, but nobody obeys",
    hints=(
        "D is told the label, and yet it finds nothing wrong with a generator that ignores it. What must its real "
        "pairs look like?",
        "If points and labels of the data are paired by chance, p(x|y) is the same for all y, and ignoring y is "
        "right. Follow a point and its label from the data to the batch: does whatever moves the one move the other?",
    ),
    parts=(
        choice(
            "C",
            {
                "A": (
                    "mode collapse",
                    "All five modes are reached, and nearly from the start.",
                ),
                "B": (
                    "a D that is too strong",
                    "Its probabilities for real and generated pairs would be near 1 and 0. They are both near ½.",
                ),
                "D": (
                    "generated points that are judged with labels other than their own, while the real pairs are right",
                    "Then G could not help handing in wrong pairs, and D would know: its two curves would part.",
                ),
                "E": (
                    "labels that are off by one between G and D",
                    "G would learn the shifted meaning perfectly: obedience would be 0, not one in five.",
                ),
            },
            why="The generator has learned exactly what it was shown: labels that say nothing.",
        ),
        Part(
            repaired,
            name="the repair",
            probe=probe,
            why=(
                "One permutation for both. The curves of D and G could not have told: only a measure that knows the "
                "labels can."
            ),
            mistakes=(
                Mistake(
                    "the function as it was",
                    "After the first line, which label stands beside the first point?",
                    as_it_was,
                ),
                Mistake(
                    "labels that are shuffled, too, but in another order",
                    "Two calls of randperm give two orders. Points and labels meet by chance as before.",
                    shuffled_apart,
                ),
                Mistake(
                    "a pass without shuffling",
                    "The pairs are right, but every pass shows the same batches in the same order.",
                    in_order,
                ),
                Mistake(
                    "batches in random order, made of neighbours",
                    "The pairs are right, but the same points always come together. With sorted data a batch holds "
                    "one class.",
                    blocks_shuffled,
                ),
                Mistake(
                    "a draw with replacement",
                    "The pairs are right, but in a pass some points come twice and others not at all.",
                    edited(repaired, ("torch.randperm(len(points))", "torch.randint(len(points), (len(points),))")),
                ),
                Mistake(
                    "a last batch that is dropped",
                    "The pairs are right, but the remainder of the division is never shown in this pass.",
                    edited(repaired, ("range(0, len(points), size)", "range(0, len(points) - size + 1, size)")),
                ),
            ),
        ),
    ),
)
