"""What a run is, in plain values: by this a checkpoint tells its own run from others, and says what differs."""

import inspect
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LAMBDA = "<lambda>"
_NO_SETTINGS = ("params", "lr", "initial_lr", "fused", "foreach", "capturable")  # the weights, and how fast it is


def describe(value: Any) -> Any:
    """`value` in numbers, strings, lists and dicts: a function by its name, an object by its class and attributes."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Tensor):
        return {"shape": list(value.shape), "sum": float(value.cpu().double().sum())}
    if isinstance(value, dict):
        return {str(key): describe(part) for key, part in value.items()}
    if isinstance(value, list | tuple | range):
        return [describe(part) for part in value]
    if isinstance(value, partial):
        given = {**{str(k): describe(v) for k, v in enumerate(value.args)}, **describe(value.keywords)}
        return {"function": describe(value.func), **given} if given else describe(value.func)
    if isinstance(value, nn.Module):
        return repr(value).splitlines() + [_weight(name, weight) for name, weight in value.named_parameters()]
    if isinstance(value, Optimizer):
        return {"kind": type(value).__name__, "groups": [_settings(group) for group in value.param_groups]}
    if is_dataclass(value) and not isinstance(value, type):
        return {"kind": type(value).__name__} | {f.name: describe(getattr(value, f.name)) for f in fields(value)}
    if hasattr(value, "tolist"):  # numpy's numbers and arrays
        return value.tolist()
    if inspect.isfunction(value):
        return _function(value)
    name, given = getattr(value, "__name__", type(value).__name__), _plain(getattr(value, "__dict__", {}))
    return {"kind": name, **given} if given else name


def _function(function: Callable) -> str | dict[str, Any]:
    """Its name; and, unless its maker has given it one of its own, the numbers that it was made with."""
    name, code = function.__name__, function.__code__
    if name == LAMBDA or name != code.co_name:
        return name
    cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
    given = _plain({key: cell.cell_contents for key, cell in cells})
    return {"function": name, **given} if given else name


def _weight(name: str, weight: nn.Parameter) -> str:
    kind = "" if weight.dtype == torch.float32 else f" {weight.dtype}"
    return f"{name} {list(weight.shape)}{kind}{'' if weight.requires_grad else ' frozen'}"


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Numbers and strings, by which functions and objects of one name differ; what is private may be a counter."""
    plain = (bool, int, float, str)
    return {key: value for key, value in values.items() if isinstance(value, plain) and not key.startswith("_")}


def _settings(group: dict[str, Any]) -> dict[str, Any]:
    """All that the loop leaves alone. What is off is left out, as versions of torch differ in what there is."""
    there = {key: value for key, value in group.items() if value is not None and value is not False}
    rest = {key: describe(value) for key, value in there.items() if key not in _NO_SETTINGS}
    return {"lr": float(group["lr"])} | rest


def differences(was: Any, now: Any, what: str = "") -> Iterator[str]:
    """The places in which two descriptions differ, as "batch_size was 16 and is now 8"; of lists, the first place.

    Under "data" stand means of samples: they are compared to four digits, as processors differ in those behind, and
    None is a stream of samples that cannot be known.
    """
    is_data = what.startswith("data")
    if is_data and None in (was, now):
        return
    if isinstance(was, dict) and isinstance(now, dict):
        for key in {**was, **now}:
            yield from differences(was.get(key), now.get(key), f"{what}.{key}" if what else key)
    elif isinstance(was, list) and isinstance(now, list):
        pairs = enumerate(itertools.zip_longest(was, now))
        yield from itertools.islice((text for k, (a, b) in pairs for text in differences(a, b, f"{what}[{k}]")), 1)
    elif is_data and isinstance(was, float) and isinstance(now, float):
        if not math.isclose(was, now, rel_tol=1e-4, abs_tol=1e-4):
            yield f"{what} was {was:.4g} and is now {now:.4g}: the samples are others"
    elif was != now:
        yield f"{what} was {was!r} and is now {now!r}"


def lambdas(description: Any, what: str = "") -> Iterator[str]:
    """Where a description has a function without a name of its own."""
    if isinstance(description, dict):
        for key, part in description.items():
            yield from lambdas(part, f"{what}.{key}" if what else key)
    elif isinstance(description, list):
        for part in description:
            yield from lambdas(part, what)
    elif description == LAMBDA:
        yield what
