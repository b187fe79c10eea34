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


def with_a_seed(count: int, sizes: Sequence[int]) -> tuple[Tensor, ...]:
    torch.manual_seed(0)
    return deal(count, sizes)


def probe(dealt) -> Observations:
    """Forty numbers, of which 35 are dealt; and thirty deals of 12, where each number should get into each pile."""
    piles, again = ([torch.as_tensor(pile).flatten() for pile in dealt(40, (20, 15))] for _ in range(2))
    everything = torch.cat(piles)
    seen: Observations = {
        "the sizes of the piles": [len(pile) for pile in piles],
        "whether the numbers run from 0 to count − 1": bool(((everything >= 0) & (everything < 40)).all()),
        "whether a number is twice in one pile": any(len(pile.unique()) < len(pile) for pile in piles),
        "whether a number is in both piles": any((pile[:, None] == other).any() for pile, other in [piles]),
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
                    "You shuffle anew for each pile, and so an image can be in two of them. Then a model is compared "
                    "with images that it was trained on.",
                    lambda count, sizes: tuple(torch.randperm(count)[:size] for size in sizes),
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
                    "the same deal each time",
                    "Does the function set a seed? Two floors from two deals would agree, and tell nothing of chance.",
                    with_a_seed,
                ),
            ),
        ),
    ),
)
