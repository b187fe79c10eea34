"""Turn 12.1: random piles that do not overlap."""

from collections.abc import Sequence

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations


def deal(count: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    return torch.randperm(count)[: sum(sizes)].split(list(sizes))


def in_file_order(count: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    return torch.arange(sum(sizes)).split(list(sizes))


def shuffled_inside(count: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    return tuple(pile[torch.randperm(len(pile))] for pile in in_file_order(count, sizes))


def from_one_start(count: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    order = torch.randperm(count)
    return tuple(order[:size] for size in sizes)


def one_number_shared(count: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    order, start, piles = torch.randperm(count), 0, []
    for size in sizes:
        piles.append(order[start : start + size])
        start += size - 1
    return tuple(piles)


def with_a_seed(count: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    torch.manual_seed(0)
    return deal(count, sizes)


def shared(first: Tensor, second: Tensor) -> str:
    """How many numbers of the second pile are in the first: of two shuffles hardly ever one, or all."""
    both = int(torch.isin(second, first).sum())
    return {0: "none", 1: "one", len(second): "all"}.get(both, "some")


def probe(dealt) -> Observations:
    """Forty numbers, of which 35 are dealt; and thirty deals of 12, where each number should get into each pile."""
    piles, again = ([torch.as_tensor(pile) for pile in dealt(40, (20, 15))] for _ in range(2))
    shapes, whole = [list(pile.shape) for pile in piles], not any(pile.is_floating_point() for pile in piles)
    piles, again = ([pile.flatten() for pile in dealt_piles] for dealt_piles in (piles, again))
    everything = torch.cat(piles)
    seen: Observations = {
        "the shapes of the piles": shapes,
        "whether the numbers are whole numbers": whole,
        "whether the numbers run from 0 to count − 1": bool(((everything >= 0) & (everything < 40)).all()),
        "whether a number is twice in one pile": any(len(pile.unique()) < len(pile) for pile in piles),
        "the numbers of the second pile that are in the first": shared(*piles) if len(piles) == 2 else "",
        "whether the first pile is the beginning of the file": sorted(piles[0].tolist()) == list(range(20)),
        "whether two deals differ": not all(map(torch.equal, piles, again)),
    }
    many = [dealt(12, (6, 5)) for _ in range(30)]
    for name, pile in (("first", 0), ("second", 1)):
        ever = torch.cat([torch.as_tensor(piles[pile]).flatten() for piles in many]).unique()
        seen[f"whether each number is in the {name} pile at some time"] = len(ever) == 12
    return seen


TURN = Exercise(
    number="12.1",
    title="Piles at random",
    hints=(
        "Think of a pack of cards: shuffle it once, then deal. What shuffles the numbers 0 … count − 1?",
        "`torch.randperm(count)` holds each number once, in random order. Take the first `sum(sizes)` of them, and cut "
        "these with `.split(sizes)`.",
    ),
    parts=(
        Part(
            deal,
            probe=probe,
            trials=2,
            expects="a tuple of tensors of whole numbers, one tensor for each size",
            why="One shuffle for all piles: no image can be in two of them, and none is favoured.",
            mistakes=(
                Mistake(
                    "piles that overlap",
                    "An image can be in two of your piles: then a model is compared with what it was trained on. "
                    "Do you shuffle anew for each pile? Once is enough, for all of them.",
                    lambda count, sizes: tuple(torch.randperm(count)[:size] for size in sizes),
                ),
                Mistake(
                    "no number left over",
                    "The sizes need not use up all numbers, and `split` wants to. Take the first `sum(sizes)` of the "
                    "shuffled numbers, then split these.",
                    lambda count, sizes: torch.randperm(count).split(list(sizes)),
                ),
                Mistake(
                    "slices from the same start",
                    "One shuffle is right. But each of your piles begins at its beginning, and so the smaller pile is "
                    "inside the larger one.",
                    from_one_start,
                ),
                Mistake(
                    "slices that share a number",
                    "The last number of a pile is the first of the next. In Python a slice stops before its end: the "
                    "next one starts at that very end.",
                    one_number_shared,
                ),
                Mistake(
                    "numbers drawn with replacement",
                    "`randint` may draw a number twice. An image that is twice in a pile is its own nearest neighbour.",
                    lambda count, sizes: torch.randint(count, (sum(sizes),)).split(list(sizes)),
                ),
                Mistake(
                    "piles in the order of the file",
                    "Neighbours in the file may come from the same writer. Nothing is random here.",
                    in_file_order,
                ),
                Mistake(
                    "a shuffle inside each pile",
                    "Which images are in which pile is still decided by the order of the file.",
                    shuffled_inside,
                ),
                Mistake(
                    "the same piles each time",
                    "Two calls give the same piles: nothing is shuffled, or the function sets a seed. Two floors from "
                    "two such deals would agree, and tell nothing of chance.",
                    with_a_seed,
                ),
            ),
        ),
    ),
)
