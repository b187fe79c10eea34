"""`Film`: frames collected while something trains, shown as a strip and as a player."""

from __future__ import annotations

import hashlib
import itertools
import math
import textwrap
from collections.abc import Callable
from functools import partial

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from course_utils.inputs import require_count, require_text
from course_utils.plots import arrays, raster
from course_utils.plots.caption import Caption, close, publish, publish_png, to_png
from course_utils.plots.plane import Extent, check_extent, probabilities, window
from course_utils.plots.player import player
from course_utils.plots.scatter import nearest
from course_utils.plots.style import course_style, new_figure, put_title

LONGEST = 360  # pixels of a frame's longer side
BUDGET = 250_000  # characters that strip and player together may add to a notebook
_films = itertools.count(1)


class Film:
    """Collects frames and their labels, e.g. from a training callback; `show()` displays them.

    However many are added, at most `most` evenly spaced ones (and always the latest) are kept. All are one
    size.
    """

    def __init__(self, title: str = "Training film", most: int = 24) -> None:
        self.title = require_text("title", title)
        self.most = require_count("most", most, 2, 24, hint="a film keeps so many frames; more make the notebook heavy")
        self.added = 0
        self._stride = 1
        self._kept: list[tuple[np.ndarray, str, str]] = []
        self._latest: tuple[np.ndarray, str, str] | None = None
        self._extent: Extent | None = None
        self.html = ""  # the player, once shown

    def __len__(self) -> int:
        return len(self._reel())

    @property
    def frames(self) -> list[np.ndarray]:
        """The kept frames, uint8 [height, width, 3]."""
        return [frame for frame, _, _ in self._reel()]

    @property
    def labels(self) -> list[str]:
        """The label of each kept frame."""
        return [label for _, label, _ in self._reel()]

    def add(self, picture: Figure | np.ndarray, label: str) -> None:
        """Add a matplotlib figure (closed by this) or an array uint8 [height, width, 3]."""
        if isinstance(picture, Figure):
            canvas = FigureCanvasAgg(picture)
            with course_style():
                canvas.draw()
            pixels = np.asarray(canvas.buffer_rgba())[..., :3].copy()
            close(picture)
        else:
            pixels = np.asarray(picture)
            if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.size == 0:
                raise ValueError(
                    f"a frame must be a figure or uint8 [height, width, 3], got {pixels.dtype} "
                    f"{list(pixels.shape)}; use add_images"
                )
        self._add(raster.shrink(pixels, LONGEST), label, "")

    def add_scatter(
        self, real, fake, label: str, discriminator: Callable | None = None, extent: Extent | None = None
    ) -> None:
        """Add samples [n, 2] as a scatter, over D(x) if the discriminator (points [n, 2] → logits) is given.

        The first frame's window (`extent`, or about its real samples) holds for the whole film.
        """
        real, fake = arrays.array(real, "real", (None, 2)), arrays.array(fake, "fake", (None, 2))
        if self._extent is None:
            self._extent = window(real, 0.7) if extent is None else check_extent(extent)
        opinion = None if discriminator is None else partial(probabilities, discriminator)
        frame = raster.scatter_frame(real, fake, self._extent, 300, opinion)
        n = min(300, len(real), len(fake))
        measure = (
            "mean distance to the nearest neighbour generated → real "
            f"{arrays.number(nearest(fake[:n], real[:n]))}, "
            f"real → generated {arrays.number(nearest(real[:n], fake[:n]))}"
        )
        self._add(frame, label, measure)

    def add_images(self, images, label: str, columns: int | None = None) -> None:
        """Add images [n, c, h, w] (float in [-1, 1] or uint8) as a grid, nearly square by default."""
        pixels = arrays.images(images)
        columns = None if columns is None else require_count("columns", columns)
        measure = f"mean brightness {arrays.fixed(pixels.mean() / 2.55, 1)} %"
        grid = arrays.montage(pixels, columns or math.ceil(math.sqrt(len(pixels))), LONGEST)
        self._add(raster.shrink(grid, LONGEST), label, measure)

    def show(self, columns: int = 6, title: str | None = None) -> Caption:
        """Display a strip of at most `columns` (1 to 6) frames and the player; returns the caption."""
        reel = self._reel()
        if not reel:
            raise ValueError("this film has no frames; call film.add(...) at least once, e.g. from a training callback")
        columns = require_count("columns", columns, 1, 6, hint="the strip has so many frames")
        chosen = np.linspace(0, len(reel) - 1, min(columns, len(reel))).round().astype(int)
        strip = [reel[i] for i in chosen]
        caption = self._caption(reel, len(strip))
        with course_style():
            png = raster.light_png(to_png(self._strip(strip, title)), BUDGET // 4)
        publish_png(png, caption)
        self.html = self._player(reel, BUDGET - math.ceil(len(png) / 3) * 4)
        publish({"text/html": self.html, "text/plain": f"Player of {len(reel)} frames: {self.title}"})
        return Caption(caption, png)

    def _reel(self) -> list[tuple[np.ndarray, str, str]]:
        tail = [] if self._latest is None or self._latest is self._kept[-1] else [self._latest]
        return self._kept + tail

    def _add(self, frame: np.ndarray, label: str, measure: str) -> None:
        if self._kept and frame.shape != self._kept[0][0].shape:
            first, new = (f"{shape[1]}×{shape[0]}" for shape in (self._kept[0][0].shape, frame.shape))
            raise ValueError(f"all frames of a film have one size: the first was {first} pixels, this one is {new}")
        self._latest = (frame, str(label), measure)
        if self.added % self._stride == 0:
            self._kept.append(self._latest)
            if len(self._kept) >= self.most:  # too many: from now on keep every second of those kept so far
                self._kept = self._kept[::2]
                self._stride *= 2
        self.added += 1

    def _caption(self, reel, strip: int) -> str:
        (_, first, before), (_, last, after) = reel[0], reel[-1]
        text = (
            f"{self.title}: {len(reel)} of {self.added} frames kept, {strip} in the strip, from “{first}” to “{last}”."
        )
        if before and after:
            text += f" {first}: {before}." + (f" {last}: {after}." if len(reel) > 1 else "")
        return text

    def _strip(self, strip, title: str | None) -> Figure:
        height, width = strip[0][0].shape[:2]
        side = min(LONGEST / 100, 8.9 / len(strip) - 0.08)
        labels = [textwrap.fill(label, max(8, int(side * 12))) for _, label, _ in strip]
        lines = max(label.count("\n") for label in labels) + 1
        page = max((side + 0.08) * len(strip), 4.0 if title else 0)
        figure, (row,) = new_figure(
            page, side * height / width + 0.2 * lines + 0.1 + (0.3 if title else 0), 1, len(strip)
        )
        figure.get_layout_engine().set(w_pad=0.02, h_pad=0.04, wspace=0.02)
        put_title(figure, title)
        for axes, label, (frame, _, _) in zip(row, labels, strip, strict=True):
            axes.imshow(frame, interpolation="antialiased")
            axes.set_axis_off()
            axes.set_title(label, fontsize=10, pad=3)
        return figure

    def _player(self, reel, budget: int) -> str:
        content = hashlib.sha256(b"".join(frame.tobytes() for frame, _, _ in reel)).hexdigest()[:8]
        frames, labels = [frame for frame, _, _ in reel], [label for _, label, _ in reel]
        return player(frames, labels, self.title, f"film-{next(_films)}-{content}", budget)
