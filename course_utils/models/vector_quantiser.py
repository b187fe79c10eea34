"""Vector quantisation: a code of whole numbers, learnt by gradients that pass it by."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from course_utils.inputs import require_counts, require_number
from course_utils.tensor_inputs import require_finite, require_input, require_tensor


class Quantised(NamedTuple):
    """`z` [..., dim] has the value of the nearest entries and the gradient of the codes; `numbers` [...] are theirs."""

    z: Tensor
    numbers: Tensor
    loss: Tensor  # one number


class VectorQuantiser(nn.Module):
    """Puts in the place of each vector e [..., dim] the nearest entry b of a `book` [size, dim] (Euclidean distance).

    - forwards z = b; backwards z = e: the **straight-through** gradient, as the choice of an entry has none;
    - loss = `weight` · (‖b − sg(e)‖² + `commitment` · ‖e − sg(b)‖²), summed over all vectors of an image and averaged
      over the images (the first axis); sg stops the gradient. The first term draws entries to the codes, the second
      codes to the entries.

    `weight` weighs the loss beside a log-likelihood in nats. Source: van den Oord, Vinyals & Kavukcuoglu 2017.
    """

    def __init__(self, size: int, dim: int, weight: float = 1.0, commitment: float = 0.25):
        super().__init__()
        size, dim = require_counts(size=size, dim=dim)
        self.weight = require_number("weight", weight, least=0)
        self.commitment = require_number("commitment", commitment, least=0)
        self.book = nn.Parameter((2 * torch.rand(size, dim) - 1) / size)

    def start_from(self, codes: Tensor) -> None:
        """Make the entries a random choice of these codes [..., dim], without repetition.

        Entries that lie far from all codes are never the nearest, and get no gradient: they stay unused (Łańcucki et
        al. 2020). Raises ValueError for fewer codes than entries.
        """
        size, dim = self.book.shape
        require_finite("codes", require_tensor("codes", codes, (..., dim)))
        codes = codes.detach().reshape(-1, dim)
        if len(codes) < size:
            raise ValueError(f"a book of {size} entries needs as many codes to start from, and got {len(codes)}")
        chosen = torch.randperm(len(codes), device=codes.device)[:size]
        with torch.no_grad():
            self.book.copy_(codes[chosen])

    def quantise(self, codes: Tensor) -> tuple[Tensor, Tensor]:
        """z [..., dim] with the straight-through gradient, and the numbers of the entries, int64 [...]."""
        numbers = torch.cdist(codes.flatten(0, -2), self.book).argmin(1).view(codes.shape[:-1])
        nearest = self.book[numbers]
        return codes + (nearest - codes).detach(), numbers

    def forward(self, codes: Tensor) -> Quantised:
        require_input(self, "codes", codes, self.book.shape[1], more_axes=True)
        z, numbers = self.quantise(codes)
        nearest = self.book[numbers]
        moved = (nearest - codes.detach()).square() + self.commitment * (codes - nearest.detach()).square()
        return Quantised(z, numbers, self.weight * moved.sum() / len(codes))
