"""What a board shows of the samples: points over D's opinion, or grids of images."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from course_utils.live.readings import IMAGES
from course_utils.plots import arrays, raster
from course_utils.plots.plane import Extent

SIZE = 300  # pixels of a picture's side


def pictures_of(
    drawn: np.ndarray | None, real: np.ndarray | None, judge: Callable | None, extent: Extent | None
) -> dict[str, np.ndarray]:
    """Pictures uint8 [h, w, 3] by their text alternatives; {} for samples that are neither points nor images."""
    if drawn is None:
        return {}
    if drawn.ndim == 2 and drawn.shape[1] == 2:
        words = "Generated points" if real is None else "Real points are circles, generated ones triangles"
        words += "." if judge is None else "; blue where D believes real, orange where generated."
        return {words: raster.scatter_frame(drawn[:0] if real is None else real, drawn, extent, SIZE, judge)}
    if drawn.ndim == 4 and drawn.shape[1] in (1, 3):
        grids = {"Generated images.": drawn} if real is None else {"Generated images.": drawn, "Real images.": real}
        return {words: _grid(images) for words, images in grids.items()}
    return {}


def _grid(images: np.ndarray) -> np.ndarray:
    """Images [n, 1 or 3, h, w], in [−1, 1] as far as they are trained, five to a row."""
    levels = np.rint((images[:IMAGES].clip(-1, 1) + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)
    pixels = levels.repeat(3, axis=3) if levels.shape[3] == 1 else levels
    return raster.shrink(arrays.montage(pixels, 5, SIZE), SIZE)
