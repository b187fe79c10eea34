"""Film frames drawn straight into pixel arrays: a thousand samples in milliseconds, without matplotlib."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.colors import to_rgb
from PIL import Image

from course_utils.plots.plane import Extent
from course_utils.plots.style import FAKE, GENERATOR, OKABE_ITO, REAL, VERDICT

Opinion = Callable[[np.ndarray], np.ndarray]  # points [n, 2] → D(x) [n], from 0 (generated) to 1 (real)
_PALETTE = np.rint(VERDICT(np.linspace(0, 1, 256))[:, :3] * 255).astype(np.uint8)


def scatter_frame(
    real: np.ndarray, fake: np.ndarray, extent: Extent, size: int, opinion: Opinion | None = None
) -> np.ndarray:
    """Real samples as circles, generated ones as triangles, over D(x) if given: uint8 [size, size, 3]."""
    canvas = np.full((size, size, 3), 255.0) if opinion is None else heat_frame(opinion, extent, size).astype(float)
    _stamp(canvas, _pixels(real, extent, size), _RING, REAL.colour)
    _stamp(canvas, _pixels(fake, extent, size), _TRIANGLE_EDGE, FAKE.ink)
    _stamp(canvas, _pixels(fake, extent, size), _TRIANGLE, FAKE.colour)
    canvas[[0, -1]] = canvas[:, [0, -1]] = 150  # a thin frame
    return np.rint(canvas).astype(np.uint8)


def with_paths(frame: np.ndarray, paths: np.ndarray, extent: Extent) -> np.ndarray:
    """The frame with paths [steps, n, 2] on it, dotted."""
    canvas = frame.astype(float)
    _stamp(canvas, _pixels(paths.reshape(-1, 2), extent, len(frame)), _DOT, GENERATOR.colour)
    return np.rint(canvas).astype(np.uint8)


def heat_frame(opinion: Opinion, extent: Extent, size: int, cells: int = 48) -> np.ndarray:
    """D(x) over the window, orange (0, generated) to white to blue (1, real): uint8 [size, size, 3]."""
    xs = extent[0] + (np.arange(cells) + 0.5) / cells * (extent[1] - extent[0])
    ys = extent[3] - (np.arange(cells) + 0.5) / cells * (extent[3] - extent[2])
    surface = opinion(np.stack(np.meshgrid(xs, ys), -1).reshape(-1, 2)).reshape(cells, cells)
    levels = Image.fromarray(np.rint(surface * 255).astype(np.uint8)).resize((size, size), Image.Resampling.BILINEAR)
    return _PALETTE[np.asarray(levels)] // 2 + 127  # paler than the samples on it


def shrink(picture: np.ndarray, longest: int) -> np.ndarray:
    """uint8 [h, w, 3] with neither side above `longest`, in proportion."""
    scale = longest / max(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (max(1, round(side * scale)) for side in picture.shape[:2])
    return np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.LANCZOS))


def light_png(png: bytes, limit: int) -> bytes:
    """The same picture in at most `limit` bytes, as far as fewer colours (down to 4) can bring it there."""
    for colours in (128, 48, 24, 12, 4):
        if len(png) <= limit:
            break
        buffer = io.BytesIO()
        with_fewer_colours(Image.open(io.BytesIO(png)).convert("RGB"), colours).save(buffer, "png", optimize=True)
        png = min(png, buffer.getvalue(), key=len)
    return png


def with_fewer_colours(picture: Image.Image, colours: int) -> Image.Image:
    """The RGB picture with a palette of at most `colours`, in which the roles keep theirs, however small their marks.

    A palette made for the picture alone gives its colours to what covers most of it, and turns all marks to one grey.
    """
    kept = [round(255 * channel) for colour in OKABE_ITO[: colours - 2] for channel in to_rgb(colour)]
    own = colours - len(kept) // 3
    palette = Image.new("P", (1, 1))
    palette.putpalette(picture.quantize(own, dither=Image.Dither.NONE).getpalette()[: 3 * own] + kept)
    return picture.quantize(palette=palette, dither=Image.Dither.NONE)


def _pixels(points: np.ndarray, extent: Extent, size: int) -> np.ndarray:
    """Row and column [n, 2] of the points that fall within the window."""
    columns = (points[:, 0] - extent[0]) / (extent[1] - extent[0]) * size
    rows = (extent[3] - points[:, 1]) / (extent[3] - extent[2]) * size
    place = np.stack([rows, columns], 1)
    return np.floor(place[((place >= 0) & (place < size)).all(1)]).astype(int)


def _stamp(canvas: np.ndarray, places: np.ndarray, mask: np.ndarray, colour: str) -> None:
    """Blend `mask` [k, k] (opacity) of one colour over the canvas at every place."""
    reach, limit = len(mask) // 2, len(canvas) - 1
    rgb = np.array(to_rgb(colour)) * 255
    for dy, dx in zip(*np.nonzero(mask), strict=True):
        y = np.clip(places[:, 0] + dy - reach, 0, limit)
        x = np.clip(places[:, 1] + dx - reach, 0, limit)
        canvas[y, x] += mask[dy, dx] * (rgb - canvas[y, x])


def _mask(inside: Callable[[np.ndarray, np.ndarray], np.ndarray], reach: int = 5, fine: int = 8) -> np.ndarray:
    """Antialiased opacity [2 reach + 1, same] of a shape given in pixels about its centre, y upwards."""
    steps = (np.arange((2 * reach + 1) * fine) + 0.5) / fine - reach - 0.5
    shape = inside(steps[None, :], -steps[:, None]).astype(float)
    return shape.reshape(2 * reach + 1, fine, 2 * reach + 1, fine).mean((1, 3))


def _triangle(radius: float) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    corners: Sequence[float] = np.deg2rad([90, 210, 330])
    normals = [(-np.cos(angle), -np.sin(angle)) for angle in corners]  # each side faces away from one corner
    return lambda x, y: np.logical_and.reduce([nx * x + ny * y <= radius / 2 for nx, ny in normals])


_RING = _mask(lambda x, y: np.abs(np.hypot(x, y) - 2.7) < 0.65) * 0.85
_TRIANGLE_EDGE = _mask(_triangle(5.0))
_TRIANGLE = _mask(_triangle(3.7))
_DOT = _mask(lambda x, y: np.hypot(x, y) < 1.1) * 0.7
