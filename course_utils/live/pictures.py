"""What a board shows of the samples: points over D's opinion, or grids of images."""

from __future__ import annotations

import numpy as np
from torch import nn

from course_utils.live.opinion import opinion_of
from course_utils.live.readings import IMAGES, POINTS
from course_utils.plots import arrays, raster
from course_utils.plots.plane import Extent, window

SIZE = 300  # pixels of a picture's side
PATHS = 30  # of a flow's samples


class Pictures:
    """The pictures of one run; the window of the plane is that of the first frame."""

    def __init__(self, real: np.ndarray | None):
        self._real, self._extent = real, None

    def of(
        self,
        drawn: np.ndarray | None,
        real: np.ndarray | None,
        discriminator: nn.Module | None,
        paths: np.ndarray | None = None,
        game: object = None,
    ) -> dict[str, np.ndarray]:
        """uint8 [h, w, 3] by their text alternatives; {} for samples that are neither points nor images, or not finite.

        `paths` [steps, n, 2]: the ways of a flow's samples, some of which are drawn, too. `game`: what D is trained by.
        Raises ValueError where the real samples that were given are of another kind than those drawn.
        """
        if drawn is None:
            return {}
        if self._real is not None and self._real.ndim != drawn.ndim:
            kinds = {2: "points", 4: "images"}
            raise ValueError(
                f"real holds {kinds[self._real.ndim]}, and the generator draws "
                f"{kinds.get(drawn.ndim, 'something else')} {list(drawn.shape)}"
            )
        real = real if self._real is None else self._real
        if drawn.ndim == 2 and drawn.shape[1] == 2:
            return self._points(drawn[np.isfinite(drawn).all(1)], real, discriminator, paths, game)
        if drawn.ndim == 4 and drawn.shape[1] in (1, 3) and np.isfinite(drawn).all():
            grids = {"Generated images.": drawn} | ({} if real is None else {"Real images.": real})
            return {words: _grid(images) for words, images in grids.items()}
        return {}

    def _points(
        self,
        drawn: np.ndarray,
        real: np.ndarray | None,
        discriminator: nn.Module | None,
        paths: np.ndarray | None,
        game: object,
    ) -> dict:
        seen = drawn if real is None else real
        if self._extent is None and len(seen):
            self._extent: Extent = window(seen, 0.7)
        if self._extent is None:
            return {}
        words = "Generated points" if real is None else "Real points are circles, generated ones triangles"
        place = (drawn[:0] if real is None else real, drawn, self._extent, SIZE)
        try:
            if opinion := opinion_of(discriminator, game, np.concatenate(place[:2])):
                return {f"{words}; {opinion.words}.": raster.scatter_frame(*place, opinion.of)}
        except Exception:  # a D that cannot judge every point of the plane, or is not finite there
            pass
        if paths is not None:
            words = f"{words}; dotted, the ways of {PATHS} samples from noise to where they end"
            return {f"{words}.": raster.with_paths(raster.scatter_frame(*place), paths[:, :PATHS], self._extent)}
        return {f"{words}.": raster.scatter_frame(*place)}


def given(real: object) -> np.ndarray | None:
    """The real samples that a user gave, as many as are shown. Raises ValueError for neither points nor images."""
    if real is None:
        return None
    samples = arrays.array(real, "real", finite=False) if getattr(real, "ndim", 0) != 4 else None
    if samples is None:
        pixels = arrays.images(real[:IMAGES], "real")  # checks their range, and takes bytes as well
        return pixels.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1
    if samples.ndim != 2 or samples.shape[1] != 2 or not len(samples):
        raise ValueError(f"real must be points [n, 2] or images [n, 1 or 3, h, w], not {list(samples.shape)}")
    return arrays.array(samples[:POINTS], "real")


def _grid(images: np.ndarray) -> np.ndarray:
    """Images [n, 1 or 3, h, w], in [−1, 1] as far as they are trained, five to a row."""
    levels = np.rint((images[:IMAGES].clip(-1, 1) + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)
    pixels = levels.repeat(3, axis=3) if levels.shape[3] == 1 else levels
    return raster.shrink(arrays.montage(pixels, 5, SIZE), SIZE)
