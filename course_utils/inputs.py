"""Guards for plain values that go into the course's functions: counts, numbers, names, functions.

Each returns what it was given, numbers as Python's own, and raises a ValueError of one sentence otherwise: what was
given and what is needed. Numpy's numbers and 0-d tensors count as numbers. No torch is loaded here; guards for tensors
are in `course_utils.tensor_inputs`.
"""

import inspect
import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

T = TypeVar("T")


def shown(value: object) -> str:
    """A wrong value in a few words: numbers and names as they are, tensors by type and shape, the rest by kind."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        kind = "" if str(dtype).startswith("torch.") else f"{type(value).__name__} of "
        if (layout := str(getattr(value, "layout", "torch.strided"))) != "torch.strided":
            kind = f"{layout} of "
        return f"{kind}{dtype} {list(shape)}{_single(value)}"
    if value is None or isinstance(value, bool | int | float | complex | str):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}…"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"{type(value).__name__} of {len(value)}" if isinstance(value, list | tuple | dict) else type(value).__name__


def _single(value: object) -> str:
    """The number that a tensor of one number holds, if it can be looked at."""
    try:
        return f" = {value.item()!r}"
    except (TypeError, ValueError, RuntimeError):  # several numbers; or torch vectorises, or has the shape alone
        return ""


def _is_flag(value: object) -> bool:
    """True and False, numpy's and torch's included: numbers for Python, and hardly ever meant as such."""
    single = math.prod(getattr(value, "shape", (2,))) == 1 and str(getattr(value, "dtype", "")).endswith("bool")
    return isinstance(value, bool) or single


def require_count(name: str, value: int, least: int = 1, most: int | None = None, hint: str = "") -> int:
    """A whole number from `least` up to `most`, as an int; raises ValueError for floats, True, and anything else."""
    if type(value) is int and value >= least and most is None:  # the usual case, in a step too
        return value
    try:
        found = None if _is_flag(value) else operator.index(value)
    except TypeError:
        found = None
    if found is None or found < least or (most is not None and found > most):
        bounds = f"at least {least:,}" if most is None else f"from {least:,} to {most:,}"
        wanted = f"a whole number, {bounds}" if found is None else bounds
        raise ValueError(f"{name} must be {wanted}, not {shown(value)}{hint and f': {hint}'}")
    return found


def require_counts(least: int = 1, **counts: int) -> list[int]:
    """`require_count` for each, in order: `width, classes = require_counts(width=width, classes=classes)`."""
    return [require_count(name, value, least) for name, value in counts.items()]


def require_widths(name: str, values: Sequence[int]) -> list[int]:
    """A sequence of whole numbers of at least 1, such as the widths of layers."""
    if isinstance(values, str) or not isinstance(values, Iterable) or getattr(values, "shape", None) == ():
        raise ValueError(f"{name} must be a sequence of whole numbers, such as (128, 128), not {shown(values)}")
    return [require_count(f"each of {name}", value) for value in values]


def require_number(
    name: str,
    value: float,
    *,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    hint: str = "",
) -> float:
    """A finite real number within these bounds, as a float; raises ValueError for NaN, infinity, and all else."""
    try:
        found = None if isinstance(value, str | bytes) or _is_flag(value) else float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):  # RuntimeError: torch, for several numbers
        found = None
    if (
        found is None
        or not math.isfinite(found)
        or (least is not None and found < least)
        or (above is not None and found <= above)
        or (most is not None and found > most)
        or (below is not None and found >= below)
    ):
        bounds = _interval(least, above, most, below)
        wanted = bounds if found is not None and bounds else f"a finite number {bounds}".strip()
        raise ValueError(f"{name} must be {wanted}, not {shown(value)}{hint and f': {hint}'}")
    return found


def _interval(least: float | None, above: float | None, most: float | None, below: float | None) -> str:
    """These bounds in words: "at least 0", "in [0, 1)"."""
    low, high = (least if above is None else above), (most if below is None else below)
    if low is not None and high is not None:
        return f"in {'[('[above is not None]}{low:g}, {high:g}{'])'[below is not None]}"
    if low is not None:
        return f"{'at least' if above is None else 'above'} {low:g}"
    return f"{'at most' if below is None else 'below'} {high:g}" if high is not None else ""


def require_flag(name: str, value: bool) -> bool:
    """True or False, numpy's and torch's too."""
    if not _is_flag(value):
        raise ValueError(f"{name} must be True or False, not {shown(value)}")
    return bool(value)


def require_text(name: str, value: str) -> str:
    """A string that says something."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} must be a text, not {shown(value)}")
    return value


def require_choice(name: str, value: T, choices: Iterable[T]) -> T:
    """One of the `choices`; the message names them all."""
    choices = list(choices)
    if type(value) not in {type(choice) for choice in choices} or value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(repr, choices))}, not {shown(value)}")
    return value


def require_function(name: str, value: Callable, what: str = "a function", takes: int | None = None) -> Callable:
    """Something that can be called; `what` says with what, and what comes back. `takes`: with how many arguments."""
    if not callable(value):
        raise ValueError(f"{name} must be {what}, not {shown(value)}, which cannot be called")
    if takes is not None:
        made = value if isinstance(value, partial) else partial(value)
        try:
            signature = inspect.signature(made.func)
        except (TypeError, ValueError):  # of some that are written in C nobody can know
            return value
        try:
            signature.bind(*made.args, *[None] * takes, **made.keywords)
        except TypeError as error:
            given = f"{takes} argument{'s' * (takes != 1)}"
            raise ValueError(f"{name} must be {what}: it is called with {given}, and {error}") from None
    return value


def require_kind(name: str, value: T, *kinds: type) -> T:
    """An instance of one of these classes."""
    if not isinstance(value, kinds):
        raise ValueError(f"{name} must be {' or '.join(kind.__name__ for kind in kinds)}, not {shown(value)}")
    return value


def require_methods(name: str, value: T, *methods: str) -> T:
    """An object, not a class, with these methods: whatever else it is, it will do."""
    missing = [method for method in methods if not callable(getattr(value, method, None))]
    if missing or isinstance(value, type):
        lacking = f", which has no {' and no '.join(missing)}" if missing else "; make one of it"
        raise ValueError(f"{name} must be an object with {', '.join(methods)}, not {shown(value)}{lacking}")
    return value


def require_mapping(name: str, value: Mapping, example: str) -> Mapping:
    """A dictionary with at least one entry; `example` shows how one is written."""
    if not isinstance(value, Mapping) or not value:
        raise ValueError(f"{name} must be {example} with at least one entry, not {shown(value)}")
    return value
