"""In which order images are taken out of a split: at random, so that they stand for it, and the same everywhere.

The first images of a file need not stand for all: neighbours in MNIST's were written by the same people, and measures
that compare "the first 1,000" with others find a difference where there is none.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from course_utils.inputs import require_choice, require_count

if TYPE_CHECKING:
    from .images import ImageData

SEED = 1998  # of all orders


@lru_cache(maxsize=16)
def fixed_order(count: int) -> Tensor:
    """The numbers 0 .. count - 1 in a random order that is the same each time and on each machine, int64 [count]."""
    return torch.from_numpy(np.random.RandomState(SEED).permutation(count))  # its stream is the same everywhere


def first_numbers(data: "ImageData", n: int, split: str) -> Tensor:
    """Which images ``fixed(n, split)`` are, int64 [n]: the first of the order."""
    require_choice("split", split, ("train", "test"))
    count = len(data.images if split == "train" else data.test_images)
    n = require_count("n", n, most=count, hint=f"the size of the {split} split is {count:,}")
    return fixed_order(count)[:n].to(data.device)


def last_numbers(data: "ImageData", n: int, most: int | None = None) -> Tensor:
    """Which training images ``fresh(n)`` are, int64 [n]: the last of the order, counted from its end.

    ``most`` is how many of them may be taken where the reference is smaller than half of them.
    """
    count = len(data.images)
    if count < 2:
        raise ValueError("fresh images are others than the reference, and there is one training image only")
    why = f"the other ones of the {count:,} training images are kept for the reference"
    n = require_count("n", n, most=most or count // 2, hint=why)
    return fixed_order(count).flip(0)[:n].to(data.device)
