"""Guards for tensors that go into the course's functions: type, shape, device, range.

Each raises a ValueError of one sentence: what was given, what is needed, what to do. Only those that say so look at
values, for which an accelerator would have to stop; the others may stand in a training step, and under torch.compile
and vmap.
"""

import math

import torch
from torch import Tensor, nn

from course_utils.inputs import shown

# Of lengths: an int that must be met, a name for any length of at least 1, ... for any axes in front or behind.
Shape = tuple


def readable(x: Tensor) -> bool:
    """Whether values can be looked at for next to nothing: on the CPU, and not while torch traces or vectorises."""
    return (
        x.device.type == "cpu"
        and not torch.compiler.is_compiling()
        and not torch._C._functorch.is_functorch_wrapped_tensor(x)
    )


def _fits(shape: torch.Size, wanted: Shape) -> bool:
    if ... in wanted:
        kept = len(wanted) - 1
        if len(shape) < kept:
            return False
        shape = shape[len(shape) - kept :] if wanted[0] is ... else shape[:kept]
        wanted = tuple(length for length in wanted if length is not ...)
    return len(shape) == len(wanted) and all(
        length == want if isinstance(want, int) else length > 0 for length, want in zip(shape, wanted, strict=True)
    )


def in_words(shape: Shape) -> str:
    """A shape as messages write it: [n, 2], […, d], [n, …]."""
    return f"[{', '.join('…' if length is ... else str(length) for length in shape)}]"


def require_tensor(
    name: str, x: Tensor, shape: Shape = (...,), what: str = "a tensor of floats", hint: str = ""
) -> Tensor:
    """A floating-point tensor of this shape, not empty: `require_tensor("points", x, ("n", 2))`."""
    dense = isinstance(x, Tensor) and x.layout is torch.strided
    if dense and x.is_floating_point() and _fits(x.shape, shape) and x.numel():
        return x
    wanted = what if shape == (...,) else f"{what} {in_words(shape)}"
    if not isinstance(x, Tensor):
        hint = hint or ("torch.as_tensor makes one" if hasattr(x, "__len__") and not isinstance(x, str | dict) else "")
    elif not dense:
        hint = "make it dense, by .to_dense()"
    elif not x.is_floating_point():
        hint = hint or "convert it, by .float() or data.normalise"
    elif not x.numel():
        hint = "it is empty"
    raise ValueError(f"{name} must be {wanted}, not {shown(x)}{hint and f': {hint}'}")


def _first_weight(network: nn.Module) -> Tensor | None:
    """What next(network.parameters()) gives, in a third of the time: it is asked for in each forward pass."""
    for weight in network._parameters.values():
        if weight is not None:
            return weight
    return next(filter(lambda found: found is not None, map(_first_weight, network._modules.values())), None)


def require_input(network: nn.Module, name: str, x: Tensor, *shape: int, more_axes: bool = False) -> None:
    """What `network` is called with: [n, *shape], or with `more_axes` […, n, *shape]; of its precision, on its device.

    It runs in each forward pass, and is not traced by torch.compile.
    """
    if torch.compiler.is_compiling():
        return
    weight = _first_weight(network)
    front = x.ndim - len(shape) if isinstance(x, Tensor) else 0
    fits = front > 0 and (front == 1 or more_axes) and x.shape[front:] == shape
    if fits and x.dtype is weight.dtype and x.device == weight.device:
        return
    who = type(network).__name__
    if not fits or not x.is_floating_point():
        wanted = in_words((*((...,) if more_axes else ()), "n", *shape))
        hint = _image_arguments(shape, x)
        raise ValueError(f"{who} takes {name} as a tensor of floats {wanted}, not {shown(x)}{hint}")
    require_same_device(**{name: x, f"the weights of {who}": weight})
    if not torch.is_autocast_enabled(x.device.type):
        raise ValueError(
            f"{who} has weights in {weight.dtype}, and {name} is {x.dtype}: pass {name}.to({weight.dtype})"
        )


def _image_arguments(shape: tuple[int, ...], x: Tensor) -> str:
    """Where square images have another size, or other channels: the arguments of a network that takes them."""
    if len(shape) != 3 or not isinstance(x, Tensor) or x.ndim != 4 or x.shape[2] != x.shape[3]:
        return ""
    asked = {"image_size": (shape[1], x.shape[2]), "channels": (shape[0], x.shape[1])}
    different = ", ".join(f"{argument}={given}" for argument, (built, given) in asked.items() if given != built)
    return f": build it with {different}, or give it images of its shape" if different else ""


def require_same_shape(why: str, **tensors: Tensor) -> None:
    """Tensors of floats, of one shape and on one device, so that nothing broadcasts; `why` says what they are for."""
    for name, x in tensors.items():
        require_tensor(name, x)
    if len({x.shape for x in tensors.values()}) > 1:
        found = " and ".join(f"{name} {tuple(x.shape)}" for name, x in tensors.items())
        raise ValueError(f"{found} must have the same shape: {why}")
    require_same_device(**tensors)


def require_broadcasts_in_front(name: str, x: Tensor, onto: Tensor, onto_name: str) -> None:
    """`x` has the last axis of `onto`; any in front may be missing or 1, for the same in all. 0-d serves everywhere.

    Other broadcasting, such as that of a column [n, 1] against [n, d], hides mistakes.
    """
    require_tensor(name, x)
    front = zip(x.shape[-2::-1], onto.shape[-2::-1], strict=False)
    fits = x.ndim <= onto.ndim and x.shape[-1:] == onto.shape[-1:] and all(a in (1, b) for a, b in front)
    if x.ndim and not fits:
        raise ValueError(
            f"{name} {tuple(x.shape)} must have the shape of {onto_name} {tuple(onto.shape)}, or of its last axes: "
            "reshape or expand it"
        )
    require_same_device(**{onto_name: onto, name: x})


def require_same_device(**tensors: Tensor) -> None:
    """Tensors on one device."""
    devices = {name: x.device for name, x in tensors.items()}
    if len(set(devices.values())) > 1:
        found = ", ".join(f"{name} on {device}" for name, device in devices.items())
        raise ValueError(f"all must be on one device, and there are {found}: move them, by .to(device)")


def require_same_length(**tensors: Tensor) -> None:
    """Tensors of equally many rows."""
    for name, x in tensors.items():
        if not isinstance(x, Tensor) or x.ndim == 0:
            raise ValueError(f"{name} must be a tensor with one row for each, not {shown(x)}")
    if len({len(x) for x in tensors.values()}) > 1:
        found = ", ".join(f"{len(x):,} {name}" for name, x in tensors.items())
        raise ValueError(f"each needs a partner, but there are {found}: pass equally many")


def require_finite(name: str, x: Tensor, cause: str = "find where they arise first") -> Tensor:
    """No NaN, no infinity. It waits for the device."""
    if not bool(x.isfinite().all()):
        bad = int((~x.isfinite()).sum())
        raise ValueError(f"{name} must be finite, but {bad:,} of {x.numel():,} values are NaN or infinite: {cause}")
    return x


def require_labels(labels: Tensor, n: int, classes: int) -> Tensor:
    """int64 [n], and on the CPU in 0 … classes − 1; elsewhere the device would have to stop for that."""
    if not isinstance(labels, Tensor) or labels.dtype != torch.int64 or labels.shape != (n,):
        raise ValueError(
            f"labels must be an int64 tensor [{n}], one class for each of the {n} inputs, not {shown(labels)}"
        )
    if n and readable(labels):
        require_label_range(labels, classes)
    return labels


def require_label_range(labels: Tensor, classes: int) -> None:
    """Labels in 0 … classes − 1. It waits for the device."""
    low, high = (int(bound) for bound in labels.aminmax())
    if low < 0 or high >= classes:
        raise ValueError(f"labels must lie in 0 … {classes - 1}, but they range from {low} to {high}")


def require_images(name: str, x: Tensor, shape: Shape = ("n", "channels", "height", "width")) -> Tensor:
    """Images as the course has them: floats of this shape with pixels in −1 … 1. It waits for the device."""
    is_bytes = getattr(x, "dtype", None) == torch.uint8
    hint = "normalise them first (data.normalise)" if is_bytes else ""
    require_tensor(name, x, shape, "float images in −1 … 1,", hint)
    require_image_range(name, x)
    return x


def require_image_range(name: str, x: Tensor) -> None:
    """Pixels in −1 … 1, where −1 is black, and not in 0 … 1 or 0 … 255. It waits for the device."""
    low, high = (float(bound) for bound in x.detach().aminmax())  # both are NaN if any value is
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"{name} must lie in −1 … 1, but holds NaN or infinity: the generator has diverged")
    if low < -1.001 or high > 1.001:  # rounding in half precision is no mistake
        raise ValueError(
            f"{name} must lie in −1 … 1, not {low:.3g} … {high:.3g}: does the generator end in tanh, and are real "
            "images normalised (data.normalise)?"
        )
    if looks_like_zero_to_one(low, high):
        raise ValueError(
            f"{name} must lie in −1 … 1 with −1 for black, but these pixels lie in {low:.3g} … {high:.3g}, which looks "
            "like 0 … 1: pass 2 * x - 1"
        )


def require_about_image_range(name: str, x: Tensor) -> None:
    """As `require_image_range`, but pixels may overshoot −1 … 1, as noise on images does; not as standardising does.

    It waits for the device.
    """
    low, high = (float(bound) for bound in x.detach().aminmax())
    if not (math.isfinite(low) and math.isfinite(high)) or looks_like_zero_to_one(low, high):
        require_image_range(name, x)
    if low >= 0 and high > 2:
        raise ValueError(
            f"{name} must lie in −1 … 1 with −1 for black, but these pixels lie in {low:.3g} … {high:.3g}, like grey "
            "levels: pass data.normalise of them as uint8"
        )
    # Noise never leaves one shade to a background, and moves black down as well as white up.
    if low > -0.95 and high > 1.001 and int((x == low).sum()) > max(1, x.numel() // 100):
        raise ValueError(
            f"{name} must lie in −1 … 1 with −1 for black, but these have a background of {low:.3g} and reach to "
            f"{high:.3g}, as images do that were standardised: undo that first"
        )


FEW_LEVELS = 16  # of 255, scikit-learn's digits have so many: no eye tells the brightest from black


def looks_like_zero_to_one(low: float, high: float) -> bool:
    """Whether pixels from `low` to `high` were meant for 0 … 1: black is near 0, and nothing is darker.

    Of images in −1 … 1 that are all bright, blank or faint, hardly any is darkest so near to the middle grey, and
    bright as well; a false alarm would be worse than a miss.
    """
    return 0.0 <= low < 0.05 and 0.5 < high <= 1.001


def require_device(device: str | torch.device) -> torch.device:
    """A device that torch has here."""
    try:
        found = torch.device(device)
        torch.empty(0, device=found)
    except (RuntimeError, TypeError, AssertionError, NotImplementedError) as error:
        why = str(error).splitlines()[0][:150]
        raise ValueError(f"device must be one that torch has here, such as 'cpu', not {shown(device)}: {why}") from None
    return found
