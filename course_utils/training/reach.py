"""How far a network's outputs reach: what tells logits from probabilities, and a tanh from data in 0 … 1.

A sigmoid is recognised as the operation that made the output; and wherever else it hides, by what it does: for inputs a
million times as large the outputs arrive at 0 or 1, and never leave [0, 1]. Logits would grow with the input, or, after
a layer that normalises it, not stop just there.
"""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.tensor_inputs import looks_like_zero_to_one
from course_utils.training.batches import Batch

SIGMOID, TANH = (0.0, 1.0), (-1.0, 1.0)
_SCALES = (1.0, 10.0, 1e3, 1e6)
_SAMPLES = 64  # real ones, to be sure of their range


def reach(network: Callable[..., Tensor], x: Tensor, labels: list[Tensor]) -> tuple[float, float] | None:
    """`SIGMOID` or `TANH` if the outputs end in it; else None. `x` is any batch that the network takes."""
    lows, highs = [], []
    for scale in _SCALES:
        for sign in (scale, -scale):
            for like in (x, torch.randn_like(x)):
                try:
                    with _Watch() as watch:
                        outputs = network(sign * like, *labels)
                except Exception:  # a network need not take inputs of every size, an embedding of grey levels say
                    continue
                outputs = outputs[0] if isinstance(outputs, tuple) else outputs
                if made_by := watch.made(outputs):
                    return made_by
                lows.append(outputs.min())
                highs.append(outputs.max())
    if not lows:
        return None
    low, high = float(torch.stack(lows).min()), float(torch.stack(highs).max())
    for lowest, highest in (SIGMOID, TANH):
        arrives = low < lowest + 1e-6 or high > highest - 1e-6
        if arrives and lowest <= low and high <= highest and high - low > 0.02:
            return lowest, highest
    return None


class _Watch(TorchDispatchMode):
    """Notes which outputs were made by a sigmoid or a tanh; a view of one counts as the same output.

    What is copied, clamped or averaged from probabilities are probabilities.
    """

    ENDS = {"sigmoid": SIGMOID, "hardsigmoid": SIGMOID, "tanh": TANH, "hardtanh": TANH}
    KEEPING = ("clone", "_to_copy", "clamp", "mean")

    def __init__(self):
        super().__init__()
        self.ends: list[tuple[Tensor, tuple[float, float]]] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        name = function.overloadpacket.__name__.rstrip("_")
        if end := self.ENDS.get(name):
            self.ends.append((result, end))
        elif name in self.KEEPING and self.made(args[0]) == SIGMOID:
            self.ends.append((result, SIGMOID))
        return result

    def made(self, outputs: Tensor) -> tuple[float, float] | None:
        # The noted outputs are held until now, so that no other tensor can have been given their memory.
        return next((end for y, end in self.ends if y.data_ptr() == outputs.data_ptr() and y.numel()), None)


def require_logits(network: Callable[..., Tensor], x: Tensor, labels: list[Tensor], name: str) -> None:
    """Raises ValueError for a network that ends in a sigmoid, visible or not, where the losses take logits."""
    if reach(network, x, labels) == SIGMOID:
        raise ValueError(
            f"the {name} ends in a sigmoid, so it returns probabilities; the losses take logits and have the sigmoid "
            "built in: remove it"
        )


def require_range(
    network: Callable[..., Tensor], z: Tensor, labels: list[Tensor], sample: Callable[[int], Batch], name: str
) -> None:
    """Are the data scaled to the range of the network's last layer?

    Raises ValueError for images in 0 … 1 or 0 … 255 against a tanh, and for negative data against a sigmoid; warns of
    other data beyond the range.
    """
    ends = reach(network, z, labels)
    if ends is None:
        return
    drawn = sample(_SAMPLES)
    x = drawn[0] if isinstance(drawn, tuple) else drawn
    low, high = float(x.min()), float(x.max())
    last = "tanh" if ends == TANH else "a sigmoid"
    made = f"{ends[0]:g} … {ends[1]:g}"
    found = f"the data lie in {low:.3g} … {high:.3g}, and the {name} ends in {last}, which makes {made}"
    if ends == TANH and x[0].numel() >= 16 and looks_like_zero_to_one(low, high):
        raise ValueError(f"{found}: pass 2 * x - 1")
    if low < ends[0] - 1e-3 or high > ends[1] + 1e-3:
        told = f"{found}: scale the data to that range, or leave {last} out"
        if ends == SIGMOID or low >= 0:
            raise ValueError(told)
        warnings.warn(told, stacklevel=4)
