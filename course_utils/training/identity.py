"""What a run is, in plain values: by this a checkpoint tells its own run from others, and says what differs."""

import inspect
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import partial
from types import CellType
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LAMBDA = "<lambda>"
CHANGES = "what changes in training"
_DEEP, _LONG = 4, 64  # a setting is no deeper in others and no longer than that; what is, is data
_NO_SETTINGS = ("params", "lr", "initial_lr", "fused", "foreach", "capturable")  # the weights, and how fast it is


def describe(value: Any) -> Any:
    """`value` in numbers, strings, lists and dicts: a function by its name and what it was made with, an object by its
    class and settings, a network by its layers, its weights' shapes and its layers' settings.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, nn.Parameter):
        return _weight("weight", value)  # it is trained
    if isinstance(value, Tensor):
        return {"shape": list(value.shape), "sum": float(value.cpu().double().sum())}
    if isinstance(value, dict):
        return {str(key): describe(part) for key, part in value.items()}
    if isinstance(value, list | tuple | range):
        return [describe(part) for part in value]
    if isinstance(value, partial):
        made = describe(value.func)
        given = {**{str(k): describe(v) for k, v in enumerate(value.args)}, **describe(value.keywords)}
        return (made if isinstance(made, dict) else {"function": made}) | given if given else made
    if isinstance(value, nn.Module):
        weights = [_weight(name, weight) for name, weight in value.named_parameters()]
        return {"layers": repr(value).splitlines(), "weights": weights, "attributes": _of_layers(value)}
    if isinstance(value, Optimizer):
        return {"kind": type(value).__name__, "groups": [_of_group(group) for group in value.param_groups]}
    if is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: describe(getattr(value, f.name)) for f in fields(value)}
        return {"kind": type(value).__name__} | _settings(getattr(value, "__dict__", {})) | parts
    if hasattr(type(value), "tolist"):  # numpy's numbers and arrays
        return value.tolist()
    if inspect.isfunction(value):
        return _function(value)
    name = getattr(value, "__name__", type(value).__name__)
    given = _settings(getattr(value.__self__ if inspect.ismethod(value) else value, "__dict__", {}))
    return {"kind": name, **given} if given else name


def _function(function: Callable, deep: int = _DEEP) -> str | dict[str, Any]:
    """Its name; and, unless its maker has given it one of its own, the settings that it was made with."""
    name, code = function.__name__, function.__code__
    if name == LAMBDA or name != code.co_name or (function.__module__ or "").startswith("torch."):
        return name
    arguments = code.co_varnames[: code.co_argcount]
    defaults = dict(zip(reversed(arguments), reversed(function.__defaults__ or ()), strict=False))
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    made_with = {key: cell.cell_contents for key, cell in cells.items() if cell != CellType()}  # filled by now
    given = _settings(made_with | defaults | (function.__kwdefaults__ or {}), deep)
    return {"function": name, **given} if given else name


def _weight(name: str, weight: nn.Parameter) -> str:
    kind = "" if weight.dtype == torch.float32 else f" {weight.dtype}"
    return f"{name} {list(weight.shape)}{kind}{'' if weight.requires_grad else ' frozen'}"


def _of_layers(network: nn.Module) -> dict[str, Any]:
    """The settings of its layers by their paths; torch's own show theirs, but for functions, and grow others."""
    found = {}
    for path, layer in network.named_modules():
        values = {key: value for key, value in vars(layer).items() if key != "training"}
        if type(layer).__module__.startswith("torch."):
            values = {key: value for key, value in values.items() if inspect.isroutine(value)}
        found |= {f"{path}.{key}".lstrip("."): setting for key, setting in _settings(values).items()}
    return found


def _settings(values: dict[str, Any], deep: int = _DEEP) -> dict[str, Any]:
    """By what functions and objects of one name differ; what is private may be a counter."""
    found = {str(key): _setting(value, deep) for key, value in values.items() if not str(key).startswith("_")}
    return {key: setting for key, setting in found.items() if setting is not None}


def _setting(value: Any, deep: int) -> Any:
    """A number, a string, a function or class by its name, or a few of them together; None for all else.

    A lambda has no name, a weight is trained, and many numbers are data.
    """
    if isinstance(value, bool | int | float | str):
        return value
    if not deep or isinstance(value, nn.Parameter):
        return None
    if hasattr(type(value), "tolist") and hasattr(value, "shape"):  # a tensor, numpy's numbers and arrays
        try:
            return _setting(value.tolist(), deep) if math.prod(value.shape) <= _LONG else None
        except RuntimeError:  # sparse, or without values: a mere shape, or left over from torch.vmap
            return None
    if isinstance(value, list | tuple) and len(value) <= _LONG:
        return [_setting(part, deep - 1) for part in value]
    if isinstance(value, dict) and len(value) <= _LONG:
        return _settings(value, deep - 1)
    if isinstance(value, partial):
        return _settings({"function": value.func, "arguments": value.args} | value.keywords, deep - 1)
    if is_dataclass(value) and not isinstance(value, type):
        return {"kind": type(value).__name__} | _settings(vars(value), deep - 1)
    if not inspect.isroutine(value) and not isinstance(value, type):
        return None
    named = _function(value, deep - 1) if inspect.isfunction(value) else value.__name__
    return None if named == LAMBDA else named


def marked(was: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """`was`, renewed by the descriptions in `now`; what differs in them, but for optimisers and data, is `CHANGES`.

    A counter, or a noise level that a callback lowers, tells no run from another.
    """
    fixed = ("optimizers", "data")  # whose rates follow a schedule, and whose samples may be those of another machine
    return was | {
        key: _marked(was[key], part) if key in was and key not in fixed else part for key, part in now.items()
    }


def _marked(was: Any, now: Any) -> Any:
    if isinstance(was, dict) and isinstance(now, dict):
        return {key: _marked(was.get(key), now.get(key)) for key in {**was, **now}}
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        return [_marked(*pair) for pair in zip(was, now, strict=True)]
    return now if _same(was, now) else CHANGES


def _same(was: Any, now: Any) -> bool:
    return was == now or (was != was and now != now)  # as is NaN


def _of_group(group: dict[str, Any]) -> dict[str, Any]:
    """All that the loop leaves alone. What is off is left out, as versions of torch differ in what there is."""
    there = {key: value for key, value in group.items() if value is not None and value is not False}
    rest = {key: describe(value) for key, value in there.items() if key not in _NO_SETTINGS}
    return {"lr": float(group["lr"])} | rest


def differences(was: Any, now: Any, what: str = "") -> Iterator[str]:
    """The places in which two descriptions differ, as "batch_size was 16 and is now 8"; of lists, the first place.

    Under "data" stand means of samples: they are compared to four digits, as processors differ in those behind, and
    None is a stream of samples that cannot be known.
    """
    if CHANGES in (was, now):
        return
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
    elif not _same(was, now):
        yield f"{what} was {_short(was)} and is now {_short(now)}"


def _short(description: Any) -> str:
    text = repr(description)
    return text if len(text) <= 120 else f"{text[:119]}…"


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
