"""How far a network's outputs reach: what tells logits from probabilities, and a tanh from data in 0 … 1.

A sigmoid is recognised by the operations that made the output: the bounds of what it returns are followed through
arithmetic, choices and copies, up to an operation that is not known here, such as a layer with weights, behind which
nothing is known. And wherever else it hides, by what it does: for inputs a million times as large the outputs arrive at
0 or 1, and never leave [0, 1]. Logits would grow with the input, or, after a layer that normalises it, not stop just
there.
"""

import copy
import itertools
import math
import operator
import warnings
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils.tensor_inputs import looks_like_zero_to_one
from course_utils.training.batches import Batch

_SCALES = (1.0, 10.0, 1e3, 1e6)
_SAMPLES = 64  # real ones, to be sure of their range


class Bounds(NamedTuple):
    """What numbers cannot leave, and what keeps them there."""

    low: float
    high: float
    by: str = "a sigmoid"

    def near(self, other: "Bounds") -> bool:
        return math.isclose(self.low, other.low, abs_tol=1e-3) and math.isclose(self.high, other.high, abs_tol=1e-3)

    def of_probabilities(self) -> bool:
        """Within 0 … 1, but for the size of an epsilon; or, of their logarithms, below 0."""
        if self.by == LOGARITHM:
            return self.high <= 0.01
        if self.by == CLAMP:
            return self.near(SIGMOID)
        width = self.high - self.low
        return 0 < width < math.inf and self.low >= -0.01 * width and self.high <= 1 + 0.01 * width


LOGARITHM, CLAMP = "the logarithm of a sigmoid", "a clamp"
SIGMOID, TANH, ANY = Bounds(0.0, 1.0), Bounds(-1.0, 1.0, "tanh"), Bounds(-math.inf, math.inf, "")


def reach(network: Callable[..., Tensor], x: Tensor, labels: list[Tensor]) -> Bounds:
    """The bounds of the outputs if they are probabilities, or end in tanh; else `ANY`. `x` is any batch for it."""
    lows, highs, bounds = [], [], ANY
    for scale in _SCALES:
        for sign in (scale, -scale):
            for like in (x, torch.randn_like(x)):
                try:
                    outputs, bounds = _watched(network, sign * like, labels)
                except Exception:  # a network need not take inputs of every size, an embedding of grey levels say
                    continue
                if bounds.of_probabilities() or bounds.near(TANH):
                    return bounds
                lows.append(outputs.min())
                highs.append(outputs.max())
    if not lows:
        return ANY
    low, high = float(torch.stack(lows).min()), float(torch.stack(highs).max())
    for ends in (SIGMOID, TANH):
        # Where a ReLU keeps them at 0, say, they have not arrived there by a sigmoid.
        arrives = bounds.low < ends.low > low - 1e-6 or bounds.high > ends.high < high + 1e-6
        if arrives and ends.low <= low and high <= ends.high and high - low > 0.02:
            return ends
    return ANY


def _watched(network: Callable[..., Tensor], x: Tensor, labels: list[Tensor]) -> tuple[Tensor, Bounds]:
    with _Watch() as watch:
        outputs = network(x, *labels)
    outputs = outputs[0] if isinstance(outputs, tuple) else outputs
    return outputs, watch.bounds(outputs)


class _Watch(TorchDispatchMode):
    """Follows the bounds of all that is computed; a view has those of the whole."""

    ENDS = {
        "sigmoid": SIGMOID, "hardsigmoid": SIGMOID, "_softmax": SIGMOID, "tanh": TANH, "erf": Bounds(-1.0, 1.0, "erf"),
        "log_sigmoid_forward": Bounds(-math.inf, 0.0, LOGARITHM), "_log_softmax": Bounds(-math.inf, 0.0, LOGARITHM),
        "ones_like": Bounds(1.0, 1.0, ""), "zeros_like": Bounds(0.0, 0.0, ""),
    }  # fmt: skip
    # Of numbers, each rising or falling in every argument, so that its bounds are among its values at their bounds.
    ARITHMETIC = {
        "neg": operator.neg,
        "add": lambda a, b, alpha=1: a + alpha * b,
        "sub": lambda a, b, alpha=1: a - alpha * b,
        "rsub": lambda a, b, alpha=1: b - alpha * a,
        "mul": operator.mul,
        "div": lambda a, b: a / b if b > 0 else math.nan,
        "reciprocal": lambda a: 1 / a if a > 0 else math.nan,
        "pow": lambda a, b: a**b if a >= 0 and b > 0 else math.nan,
        "exp": math.exp,
        "log": lambda a: math.log(a) if a > 0 else -math.inf if a == 0 else math.nan,
        "relu": lambda a: max(a, 0.0),
        "maximum": max,
        "minimum": min,
    }
    CUTS = ("clamp", "clamp_min", "clamp_max", "hardtanh")
    COPIES = (
        "clone", "_to_copy", "nan_to_num", "mean", "amax", "amin", "max", "min", "sort", "index", "index_select",
        "gather", "repeat", "flip", "roll", "_adaptive_avg_pool2d", "avg_pool2d", "max_pool2d_with_indices",
    )  # fmt: skip

    def __init__(self):
        super().__init__()
        self.known: dict[int, tuple[Tensor, Bounds]] = {}  # by memory; it is held, so that no other tensor is given it

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name = function.overloadpacket.__name__
        result = function(*args, **kwargs)
        y = result[0] if isinstance(result, tuple | list) and result else result
        if isinstance(y, Tensor) and y.layout is torch.strided:
            changes = name.endswith("_") or "out" in kwargs
            bounds = self._made(name.removesuffix("_"), args, kwargs, y)
            if changes or bounds != ANY:
                memory = y.untyped_storage()
                whole = y.numel() * y.element_size() == memory.nbytes()  # else a part was changed, a gate of an LSTM
                self.known[memory.data_ptr()] = y, bounds if whole else ANY
        return result

    def bounds(self, x: Tensor | float) -> Bounds:
        if isinstance(x, int | float):
            return Bounds(x, x, "")
        if not isinstance(x, Tensor) or x.layout is not torch.strided or not x.numel():
            return ANY
        return self.known.get(x.untyped_storage().data_ptr(), (None, ANY))[1]

    def _made(self, name: str, args: tuple, kwargs: dict, y: Tensor) -> Bounds:
        """The bounds of what this operation returned, `y`."""
        if name in self.ENDS:
            return self.ENDS[name]
        if name in ("lift_fresh", "scalar_tensor"):  # a number in the code of the network
            return self.bounds(float(y)) if y.ndim == 0 else ANY
        if name in ("cat", "stack"):
            return _hull([self.bounds(x) for x in args[0]])
        if name in ("where", "copy"):  # (condition, x, y), and (what is overwritten, x)
            return _hull([self.bounds(x) for x in args[1:3]])
        given = [self.bounds(x) for x in args]
        if name in self.COPIES:
            return given[0]
        if name in self.CUTS:
            return self._cut(name, given[0], *args[1:], **kwargs)
        if name == "sum":
            return _computed(lambda a: a * args[0].numel() / max(1, y.numel()), given[:1])
        if name in self.ARITHMETIC and not set(kwargs) - {"alpha"}:
            by = {"log": LOGARITHM, "exp": SIGMOID.by}.get(name)
            return _computed(partial(self.ARITHMETIC[name], **kwargs), given, by)
        return ANY

    def _cut(self, name: str, x: Bounds, *limits: Tensor | float | None, **named: Tensor | float | None) -> Bounds:
        least, most = (None, *limits) if name == "clamp_max" else (*limits, None, None)[:2]
        if name == "hardtanh":
            least, most = (-1.0 if least is None else least), (1.0 if most is None else most)
        least, most = named.get("min", least), named.get("max", most)
        low = self.bounds(-math.inf if least is None else least)
        high = self.bounds(math.inf if most is None else most)
        by = x.by if math.isfinite(x.high - x.low) else CLAMP
        return _computed(lambda value, a, b: min(max(value, a), b), [x, low, high], by)


def _computed(function: Callable[..., float], given: list[Bounds], by: str | None = None) -> Bounds:
    try:
        values = [function(*corner) for corner in itertools.product(*(bounds[:2] for bounds in given))]
    except OverflowError:
        return ANY
    if any(map(math.isnan, values)):
        return ANY
    by = by or next((bounds.by for bounds in given if bounds.by), "")
    return _bounded(min(values), max(values), by)


def _hull(given: list[Bounds]) -> Bounds:
    by = next((bounds.by for bounds in given if bounds.by), "")
    return _bounded(min(bounds.low for bounds in given), max(bounds.high for bounds in given), by)


def _bounded(low: float, high: float, by: str) -> Bounds:
    return Bounds(low, high, by) if (low, high) != ANY[:2] else ANY


def require_logits(
    network: Callable[..., Tensor], x: Tensor, labels: list[Tensor], name: str, may_clamp: bool = False
) -> None:
    """Raises ValueError for a network that ends in a sigmoid, visible or not, where the losses take logits.

    A copy is asked in training mode, too: the network may end otherwise there. `may_clamp`: outputs that are cut to
    0 … 1 are meant so, as for targets 0 and 1.
    """
    bounds = reach(network, x, labels)
    if not bounds.of_probabilities():
        bounds = _in_training(network, x, labels)
    if not bounds.of_probabilities() or (may_clamp and bounds.by == CLAMP):
        return
    last = bounds.by if bounds.by in (LOGARITHM, CLAMP) else SIGMOID.by
    kind = "log-probabilities" if bounds.by == LOGARITHM else "probabilities"
    raise ValueError(
        f"the {name} ends in {last}, so it returns {kind}; the losses take logits and have the sigmoid built in: "
        "remove it"
    )


def _in_training(network: Callable[..., Tensor], x: Tensor, labels: list[Tensor]) -> Bounds:
    try:
        twin = copy.deepcopy(network)  # running statistics and the like are to stay
        getattr(twin, "__self__", twin).train()
        return _watched(twin, x, labels)[1]
    except Exception:  # not everything can be copied; and what fails in training will say so there
        return ANY


def require_range(
    network: Callable[..., Tensor], z: Tensor, labels: list[Tensor], sample: Callable[[int], Batch], name: str
) -> None:
    """Are the data scaled to the range of the network's last layer?

    Raises ValueError for images in 0 … 1 or 0 … 255 against a tanh, and for negative data against a sigmoid; warns of
    other data beyond the range.
    """
    ends = reach(network, z, labels)
    if not (ends.near(SIGMOID) or ends.near(TANH)):
        return
    drawn = sample(_SAMPLES)
    x = drawn[0] if isinstance(drawn, tuple) else drawn
    low, high = float(x.min()), float(x.max())
    made = f"{ends.low:.3g} … {ends.high:.3g}"
    found = f"the data lie in {low:.3g} … {high:.3g}, and the {name} ends in {ends.by}, which makes {made}"
    if ends.near(TANH) and x[0].numel() >= 16 and looks_like_zero_to_one(low, high):
        raise ValueError(f"{found}: pass 2 * x - 1")
    if low < ends.low - 1e-3 or high > ends.high + 1e-3:
        told = f"{found}: scale the data to that range, or leave {ends.by} out"
        if ends.near(SIGMOID) or low >= 0:
            raise ValueError(told)
        warnings.warn(told, stacklevel=4)
