"""Are two observations the same, and if not, how does one say so to a student?"""

import reprlib
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from course_utils.checks.observe import Roughly

# Relative and absolute tolerance by precision: two right answers may add up in another order.
EXACT, SINGLE, COARSE = (1e-6, 1e-9), (1e-4, 1e-6), (2e-2, 1e-3)
TOLERANCES = {torch.float64: EXACT, torch.float32: SINGLE}  # all others: COARSE


def same(seen: object, expected: object) -> bool:
    """Whether an observation agrees with the expected one, as closely as its precision allows."""
    if isinstance(expected, Roughly):
        return isinstance(seen, Roughly) and _near(seen.value, expected.value, 0.0, expected.within)
    if isinstance(expected, Mapping):
        return isinstance(seen, Mapping) and seen.keys() == expected.keys() and all(map(same, *_values(seen, expected)))
    if isinstance(expected, list | tuple):
        return isinstance(seen, list | tuple) and len(seen) == len(expected) and all(map(same, seen, expected))
    if numeric(expected):
        return _near(seen, expected, *_tolerance(seen, expected))
    return _kind(seen) == _kind(expected) and bool(seen == expected)


def difference(seen: Mapping[str, object], expected: Mapping[str, object]) -> str:
    """The first thing in which an answer differs from the reference, as a sentence."""
    for name, right in expected.items():
        if name not in seen:
            return f"{_begin(name)} cannot be seen in your answer."
        if not same(seen[name], right):
            return _sentence(name, seen[name], right)
    return "It does something more than was asked."


def numeric(value: object) -> bool:
    """Whether a value is a real number or a dense tensor or array of them."""
    if isinstance(value, Tensor):
        return value.layout is torch.strided and not (value.is_complex() or value.is_quantized or value.is_nested)
    if isinstance(value, np.ndarray | np.generic):
        return value.dtype.kind in "iuf"
    huge = isinstance(value, int) and abs(value) > 2**1000  # more than a float can hold
    return isinstance(value, int | float) and not isinstance(value, bool) and not huge


def _sentence(name: str, got: object, right: object) -> str:
    got, right = _bare(got), _bare(right)
    begin = _begin(name)
    if got is None:
        return f"{begin} is {'missing: nothing flows back.' if 'gradient' in name else 'None: a missing return?'}"
    if right is None:
        return f"{begin} should not be there, since nothing may flow back here; yours is {_show(got)}."
    if isinstance(right, list | tuple | Mapping) and isinstance(got, list | tuple | Mapping):
        return _inside(name, got, right)
    if numeric(right) != numeric(got) or _kind(got) != _kind(right):
        return f"{begin} is {_called(got)}, and should be {_called(right)}."
    if not numeric(right):
        return f"{begin}: yours is {_show(got)}, and should be {_show(right)}."
    a, b = _tensor(got), _tensor(right)
    if a.device != b.device:
        return f"{begin} is on the device {a.device}, and should be on {b.device}, where the inputs are."
    if a.shape != b.shape:
        return f"{begin} has the shape {list(a.shape)}, and should {_shape(b)}."
    if b.isfinite().all() and not a.isfinite().all():
        return f"{begin} is not finite: it contains {_show(a)}, where the right answer is finite."
    if a.numel() > 1:
        worst = (a.double() - b.double()).abs().nan_to_num(0.0).argmax()
        place = [int(index) for index in torch.unravel_index(worst, a.shape)]
        return f"{begin} is {_show(a.flatten()[worst])} at {place}, and should be {_show(b.flatten()[worst])} there."
    return f"{begin} is {_show(got)}, and should be {_show(right)}."


def _inside(name: str, got: object, right: object) -> str:
    """The first item in which two containers differ."""
    if isinstance(right, Mapping) != isinstance(got, Mapping):
        return f"{_begin(name)} is {_called(got)}, and should be {_called(right)}."
    if len(got) != len(right):
        return f"{_begin(name)} has {len(got)} items, and should have {len(right)}."
    if isinstance(right, Mapping):
        if got.keys() != right.keys():
            return f"{_begin(name)} has the keys {_show(list(got))}, and should have {_show(list(right))}."
        pairs = [(f"{name} under {key!r}", got[key], right[key]) for key in right]
    else:
        pairs = [(f"{name}, item {k},", *pair) for k, pair in enumerate(zip(got, right, strict=True), 1)]
    return next(_sentence(*pair) for pair in pairs if not same(*pair[1:]))


def _near(seen: object, expected: object, relative: float, absolute: float) -> bool:
    if not (numeric(seen) and numeric(expected)):
        return False
    a, b = _tensor(seen), _tensor(expected)
    if a.shape != b.shape or a.device != b.device:
        return False
    return torch.allclose(a.double(), b.double(), rtol=relative, atol=absolute, equal_nan=True)


def _tensor(value: object) -> Tensor:
    """A number as a tensor, on the CPU whatever the notebook's default device is."""
    return value if isinstance(value, Tensor) else torch.as_tensor(value, device="cpu")


def _tolerance(*values: object) -> tuple[float, float]:
    """That of the coarsest; a plain number may come from single precision."""
    dtypes = [value.dtype for value in values if isinstance(value, Tensor) and value.is_floating_point()]
    plain = [SINGLE for value in values if not isinstance(value, Tensor)]
    return max([*plain, *(TOLERANCES.get(dtype, COARSE) for dtype in dtypes)], default=EXACT)


def _values(seen: Mapping, expected: Mapping) -> tuple[list, list]:
    return [seen[key] for key in expected], list(expected.values())


def _bare(value: object) -> object:
    return value.value if isinstance(value, Roughly) else value


def _begin(name: str) -> str:
    return f"{name[0].upper()}{name[1:]}"


def _kind(value: object) -> type:
    """The type of a value, whatever a number or a truth value is made of: Python, NumPy or PyTorch."""
    return float if numeric(value) else bool if isinstance(value, bool | np.bool_) else type(value)


def _called(value: object) -> str:
    if not numeric(value):
        return f"a {type(value).__name__}"
    shape = list(_tensor(value).shape)
    return f"a tensor of shape {shape}" if shape else "a number"


def _shape(tensor: Tensor) -> str:
    return f"have {list(tensor.shape)}" if tensor.dim() else "be a single number, of shape []"


def _show(value: object) -> str:
    if not numeric(value):
        return reprlib.repr(value)
    tensor = _tensor(value).detach()
    if tensor.numel() == 0:
        return "empty"
    flat = tensor.flatten()
    if tensor.is_floating_point() and not flat.isfinite().all():
        return str(flat[~flat.isfinite()][0].item())
    if tensor.numel() > 1:
        return f"[{', '.join(f'{x:.4g}' for x in flat[:3].tolist())}, …]"
    return f"{flat.item():.5g}"
