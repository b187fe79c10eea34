"""The first look at a network: what it returns, what it does to its input, and whether its weights can learn."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.inputs import shown
from course_utils.tensor_inputs import require_tensor
from course_utils.training.batches import left_alone
from course_utils.training.judge import Verdict
from course_utils.training.modes import awake
from course_utils.training.ownership import require_gradient
from course_utils.training.step import trained


def ask(who: str, network: Callable[..., Any], *inputs: Tensor) -> Any:
    """`network(*inputs)`; what a layer cannot take is a ValueError that names the shapes."""
    try:
        return network(*inputs)
    except (RuntimeError, TypeError, IndexError) as error:
        given = f"an input of {' and '.join(map(_in_short, inputs))}" if inputs else "two samples"
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(f"{who} cannot take {given}: {why}") from error


def _in_short(x: Tensor) -> str:
    """Its type and shape; and the range of integers, which may be labels beyond an embedding."""
    integers = x.numel() and x.dtype in (torch.int64, torch.int32)
    low_high = " from {} to {}".format(*map(int, x.aminmax())) if integers else ""
    return f"{x.dtype} {list(x.shape)}{low_high}".removeprefix("torch.")


def made_by(who: str, network: Callable[..., Any], *inputs: Tensor) -> Tensor:
    """What it makes of these inputs: one tensor of floats, with the inputs left as they were; else ValueError."""
    with left_alone(who, *inputs):
        made = ask(who, network, *inputs)
    return require_made(who, made)


def require_made(who: str, made: Any) -> Tensor:
    """Raises ValueError unless a network has returned one tensor of floats."""
    return require_tensor(f"what {who} returns", made, what="one tensor of floats", hint="return that alone")


def require_trainable(who: str, network: nn.Module, function: Callable[..., Any], *inputs: Tensor) -> None:
    """Raises ValueError if what `function`, a part of `network`, returns depends on none of its trained weights."""
    if not (weights := trained(network.parameters())):
        return
    with awake(network), torch.enable_grad():
        try:
            made = function(*inputs)
            joint = sum(part.sum() for part in (made if isinstance(made, tuple) else (made,)))
        except Exception:  # in training a network may need more than two samples: the first step will tell
            return
        require_gradient(f"what {who} returns", joint, "its weights", weights)


def require_logits_shape(verdict: Verdict, members: int | None, when: str = "") -> None:
    """One logit for each of two samples, or packs."""
    logits = require_made("the discriminator", verdict[0] if isinstance(verdict, tuple) else verdict)
    axis = [] if members is None else [members]
    if logits.shape not in ((*axis, 2), (*axis, 2, 1)):
        raise ValueError(
            f"the discriminator must return one logit a sample, shape {(*axis, 2)} for 2 samples, but returns "
            f"{tuple(logits.shape)}{when}" + (": flatten it" if logits.numel() == 2 * (members or 1) else "")
        )


def require_same_in_training(
    discriminator: nn.Module, real: Tensor, labels: list[Tensor], members: int | None, classifies: bool
) -> None:
    """Raises ValueError for a discriminator whose verdicts are of another form in training mode."""
    with awake(discriminator), left_alone("the discriminator, in training mode,", real):
        try:
            verdict = discriminator(real, *labels)
        except Exception:  # in training a network may need more than two samples: the first step will tell
            return
    if isinstance(verdict, tuple) != classifies:
        raise ValueError(
            "the discriminator must return the same in training mode as in evaluation mode, logits or (logits, "
            f"class_logits), but in training it returns {shown(verdict)}"
        )
    require_logits_shape(verdict, members, " in training mode")
