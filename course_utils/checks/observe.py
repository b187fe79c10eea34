"""Looking at an answer: what a function returns and what flows back through it, as observations with names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils import parameters_to_vector

TINY = 1e-30  # a gradient below this is an underflow in one right style, and a zero in another

Observations = dict[str, object]


@dataclass(frozen=True)
class Roughly:
    """An observation with noise or rounding in it: the same as another that is at most `within` away."""

    value: object
    within: float


def outcome(function: Callable, gradients: bool = True, **inputs: object) -> Observations:
    """Call `function` with the inputs, in their order, and note what comes back and how it depends on them.

    Observed: the value (a number, a tensor, or a tuple or dictionary of them) and, with `gradients`, the gradient of
    Σ w·value for fixed w with respect to every floating-point tensor among the inputs (None where nothing flows back).
    The function gets copies of tensors, so it may work in place. A gradient of zeros is noted as None: nothing flows.
    """
    leaves = {name: _leaf(value, gradients) for name, value in inputs.items()}
    with torch.enable_grad():  # whatever the notebook has left switched off
        value = function(*(leaf * 1 if _is_float(leaf) else leaf for leaf in leaves.values()))
    seen: Observations = {"the value": detached(value)}
    if gradients:
        floats = {name: leaf for name, leaf in leaves.items() if _is_float(leaf)}
        devices = {leaf.device for leaf in floats.values()}  # a value that strayed elsewhere is noted as it is
        outputs = [output for output in _tensors(value) if output.requires_grad and output.device in devices]
        total = sum((output * _weights(output)).sum() for output in outputs)
        found = gradients_of(total, list(floats.values()))
        flowing = [g if g is not None and (g.abs() > TINY).any() else None for g in found]
        seen.update({f"the gradient with respect to {name}": g for name, g in zip(floats, flowing, strict=True)})
    return seen


def gradients_of(value: object, inputs: Sequence[Tensor]) -> Sequence[Tensor | None]:
    """The gradient of Σ `value` with respect to each input; None where nothing flows back, as from a plain number."""
    flows = isinstance(value, Tensor) and value.requires_grad
    return torch.autograd.grad(value.sum(), inputs, allow_unused=True) if flows else [None] * len(inputs)


def detached(value: object) -> object:
    """Copies without a graph of the tensors in a value, a tuple, a list or a dictionary; all else as it is."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    if isinstance(value, Mapping):
        return {key: detached(item) for key, item in value.items()}
    return type(value)(map(detached, value)) if type(value) in (list, tuple) else value


def joined(tensors: Sequence[Tensor]) -> Tensor:
    """A copy of all these tensors, of which there may be none, as one vector."""
    return torch.cat([tensor.detach().clone().flatten() for tensor in tensors]) if tensors else torch.zeros(0)


def weights_of(network: nn.Module) -> Tensor:
    """A copy of all parameters of a network as one vector."""
    return parameters_to_vector(network.parameters()).detach().clone()


def _leaf(value: object, gradient: bool) -> object:
    if isinstance(value, Tensor):
        return value.detach().clone().requires_grad_(gradient and _is_float(value))
    return value


def _is_float(value: object) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point()


def _tensors(value: object) -> list[Tensor]:
    if isinstance(value, Tensor):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [tensor for item in value for tensor in _tensors(item)] if isinstance(value, list | tuple) else []


def _weights(output: Tensor) -> Tensor:
    """Fixed weights that differ from element to element, so that no two gradients cancel by chance."""
    steps = torch.arange(output.numel(), dtype=output.dtype, device=output.device)
    return (1 + 0.1 * torch.cos(steps)).reshape(output.shape)
