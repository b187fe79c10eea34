"""Checked input of the figures: numbers come out as a numpy array of the right shape, or as a clear error."""

from __future__ import annotations

import math

import numpy as np

from course_utils.inputs import shown
from course_utils.tensor_inputs import FEW_LEVELS, looks_like_zero_to_one


def array(values, name: str, shape: tuple[int | None, ...] | None = None, finite: bool = True) -> np.ndarray:
    """`values` (tensor, array or list) as float64; `shape` uses None for "any positive length"."""
    try:
        if hasattr(values, "detach"):
            values = values.detach().to("cpu")
            values = (values if values.is_complex() else values.double()).numpy()
        result = np.asarray(values)
        if result.dtype.kind in "USc":
            raise ValueError(f"{result.dtype} is no real number")
        result = result.astype(np.float64, copy=False)
    except (TypeError, ValueError, RuntimeError) as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"{name} must hold numbers only, got {type(values).__name__}: {why}") from None
    if result.size == 0:
        raise ValueError(f"{name} is empty (shape {list(result.shape)}): nothing to draw; pass at least one value")
    if shape is not None:
        fits = result.ndim == len(shape) and all(w is None or w == g for w, g in zip(shape, result.shape, strict=True))
        if not fits:
            wanted = ", ".join("n" if w is None else str(w) for w in shape)
            raise ValueError(f"{name} must have shape [{wanted}], got {list(result.shape)}; reshape it before plotting")
    if finite and not np.isfinite(result).all():
        bad = int((~np.isfinite(result)).sum())
        raise ValueError(f"{name} holds {bad} NaN or infinite value(s) of {result.size}; find where they arise first")
    return result


def images(values, name: str = "images") -> np.ndarray:
    """Images [n, 1 or 3, h, w], uint8 or float in [-1, 1], as uint8 [n, h, w, 3]."""
    dtype = str(getattr(values, "dtype", "float"))
    is_bytes = dtype.endswith("uint8")
    if not is_bytes and "float" not in dtype:
        raise ValueError(f"{name} must be uint8, or floats in [-1, 1], got {shown(values)}; convert them first")
    pixels = array(values, name)
    if pixels.ndim != 4 or pixels.shape[1] not in (1, 3):
        raise ValueError(
            f"{name} must have shape [n, 1 or 3, height, width], got {list(pixels.shape)}; reshape it first"
        )
    if is_bytes and 0 < pixels.max() <= FEW_LEVELS:
        brightest = int(pixels.max())
        raise ValueError(
            f"{name} as uint8 must be grey levels 0 to 255, got a brightest pixel of {brightest}, to be seen as black; "
            f"draw 2 * x.float() / {brightest} - 1"
        )
    if not is_bytes:
        low, high = float(pixels.min()), float(pixels.max())
        if low < -1.001 or high > 1.001:
            raise ValueError(
                f"{name} as floats must lie in [-1, 1], got {low:.3g} to {high:.3g}; normalise first, or "
                ".clamp(-1, 1) if meant"
            )
        if looks_like_zero_to_one(low, high):
            raise ValueError(
                f"{name} as floats must lie in [-1, 1] with -1 for black, got {low:.3g} to {high:.3g}, which looks "
                "like [0, 1]; draw 2 * x - 1"
            )
        pixels = (np.clip(pixels, -1, 1) + 1) * 127.5
    rgb = np.rint(pixels).astype(np.uint8).transpose(0, 2, 3, 1)
    return np.repeat(rgb, 3, axis=3) if rgb.shape[3] == 1 else rgb


def montage(pixels: np.ndarray, columns: int, width: int, gap: int = 2) -> np.ndarray:
    """uint8 [n, h, w, 3] as one picture, `columns` to a row, enlarged by a whole number (never blurred)."""
    n, h, w, _ = pixels.shape
    columns = min(columns, n)
    rows = math.ceil(n / columns)
    zoom = max(1, (width - gap * (columns + 1)) // (w * columns))
    cell_h, cell_w = h * zoom + gap, w * zoom + gap
    canvas = np.full((rows * cell_h + gap, columns * cell_w + gap, 3), 255, np.uint8)
    for index, picture in enumerate(pixels):
        top, left = gap + index // columns * cell_h, gap + index % columns * cell_w
        canvas[top : top + h * zoom, left : left + w * zoom] = picture.repeat(zoom, 0).repeat(zoom, 1)
    return canvas


def number(value: float, digits: int = 3) -> str:
    """A number for a caption: `digits` significant digits and a true minus sign."""
    if value != 0 and math.isfinite(value) and 1e-3 <= abs(value) < 1e6:
        decimals = max(0, digits - 1 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{decimals}f}"
    else:
        text = f"{value:.{digits}g}"
    return text.replace("-", "−")


def fixed(value: float, decimals: int = 2) -> str:
    """A number for a caption with a fixed number of decimals and a true minus sign; never "−0.00"."""
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text.replace("-", "−")


def count(n: int, noun: str) -> str:
    """A number of things for a caption: "1 step", "1,200 steps"."""
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def scalar(value, name: str) -> float:
    """One finite number, a 0-d tensor too."""
    found = array(value, name).reshape(-1)
    if len(found) != 1:
        raise ValueError(f"{name} must be one number, got {len(found)}")
    return float(found[0])


def pair(values, name: str, meaning: str) -> tuple:
    """Two things that belong together, such as x and y."""
    if isinstance(values, str) or not hasattr(values, "__len__") or len(values) != 2:
        raise ValueError(f"{name} must be a pair ({meaning}), got {shown(values)}")
    return tuple(values)
