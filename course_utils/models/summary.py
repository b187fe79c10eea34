"""What a network does to a batch, layer by layer: the table to look at before training anything."""

import torch
from torch import Tensor, nn

from course_utils.inputs import require_kind, require_widths
from course_utils.models.evaluating import evaluating


def _shape(value: object) -> str:
    return "×".join(map(str, value.shape[1:])) or "1" if isinstance(value, Tensor) else "–"


def _describe(layer: nn.Module) -> str:
    name = type(layer).__name__
    if isinstance(layer, nn.Linear):
        return f"{name} {layer.in_features} → {layer.out_features}"
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
        kernel = "×".join(map(str, layer.kernel_size))
        return f"{name} {layer.in_channels} → {layer.out_channels}, {kernel}, stride {layer.stride[0]}"
    return name


def summary(module: nn.Module, *input_shape: int) -> str:
    """A table of `module`'s layers for one input of `input_shape` (without the batch dimension).

    One row a leaf layer, in the order in which they run: its name, the output's shape without the batch dimension and
    its number of trainable parameters; then the total. The network runs once, in evaluation mode, on zeros, and is
    left as it was. `print(summary(generator, 64))`.
    """
    require_kind("module", module, nn.Module)
    input_shape = tuple(require_widths("input_shape", input_shape))
    rows: list[tuple[str, str, int]] = []

    def record(layer: nn.Module, _inputs: object, output: object) -> None:
        n_parameters = sum(p.numel() for p in layer.parameters(recurse=False) if p.requires_grad)
        rows.append((_describe(layer), _shape(output), n_parameters))

    leaves = [layer for layer in module.modules() if not list(layer.children())]
    hooks = [layer.register_forward_hook(record) for layer in leaves]
    parameter = next(module.parameters(), torch.zeros(()))
    try:
        with torch.no_grad(), evaluating(module):
            module(torch.zeros(1, *input_shape, device=parameter.device, dtype=parameter.dtype))
    except (RuntimeError, TypeError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"{type(module).__name__} does not accept an input of shape {input_shape}: {why}") from error
    finally:
        for hook in hooks:
            hook.remove()

    total = sum(p.numel() for p in module.parameters() if p.requires_grad)
    table = [("layer", "output", "parameters"), ("input", "×".join(map(str, input_shape)), "")]
    table += [(name, shape, f"{n:,}" if n else "") for name, shape, n in rows]
    table.append(("total", "", f"{total:,}"))
    widths = [max(len(row[i]) for row in table) for i in range(3)]
    lines = [f"{name:<{widths[0]}}  {shape:>{widths[1]}}  {n:>{widths[2]}}" for name, shape, n in table]
    return "\n".join([lines[0], "─" * len(lines[0]), *lines[1:]])
