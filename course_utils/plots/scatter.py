"""Two-dimensional samples, real and generated, with the two distances that tell quality from coverage."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.plane import Extent, aspect, check_extent, draw_samples, dress, inside, window
from course_utils.plots.style import course_style, new_figure, put_title


def scatter_2d(real, fake, title: str | None = None, extent: Extent | None = None) -> Caption:
    """Real and generated samples [n, 2] in one plane; a dict of generated ones makes panels (at most four).

    The caption gives two mean nearest-neighbour distances, each with its floor (real samples among
    themselves, same numbers): generated → real is large when samples lie off the data, real → generated is
    large when parts of the data are missed.
    """
    real = arrays.array(real, "real", (None, 2))
    panels = fake if isinstance(fake, Mapping) else {"": fake}
    if any(isinstance(points, Mapping) for points in panels.values()):
        raise ValueError("fake must be points [n, 2] or {label: points}, and a label holds a dictionary")
    if not 1 <= len(panels) <= 4:
        raise ValueError(f"scatter_2d draws 1 to 4 panels, got {len(panels)}; choose the ones the text speaks of")
    panels = {label: arrays.array(points, f"fake {label}".strip(), (None, 2)) for label, points in panels.items()}
    # Without a given window the real samples set it: one generated sample gone astray must not shrink the
    # picture.
    extent = window(real) if extent is None else check_extent(extent)
    # The same number everywhere, for the distance to the nearest neighbour shrinks with the number of
    # neighbours.
    n = min(1000, len(real), *(len(points) for points in panels.values()))
    parts = []
    for label, points in panels.items():
        part = (
            f"{len(points):,} generated and {len(real):,} real samples; mean distance to the nearest of "
            f"{n:,} "
            f"neighbours: generated → real {arrays.number(nearest(points[:n], real[:n]))}, "
            f"real → generated {arrays.number(nearest(real[:n], points[:n]))}"
        )
        outside = int((~inside(points, extent)).sum())
        part += f"; outside the window: {arrays.count(outside, 'generated sample')}" if outside else ""
        parts.append(f"{label}: {part}" if label else part)
    floor = ""
    if n > 1:
        among = arrays.number(nearest(real[:n], real[:n], itself=True))
        floor = f" Floor: {among} for real samples among themselves."
    with course_style():
        side = (8.05 / len(panels) if len(panels) > 2 else 3.9) if len(panels) > 1 else 4.6
        height = side * aspect(extent) + 0.9 + 0.25 * bool(title) + 0.22 * (len(panels) > 1)
        figure, (row,) = new_figure(side * len(panels) + 0.9, height, 1, len(panels), sharey=True)
        put_title(figure, title)
        for axes, (label, points) in zip(row, panels.items(), strict=True):
            dress(axes, extent)
            draw_samples(axes, real, points)
            axes.set_title(label)
            axes.label_outer()
        handles, names = row[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2, markerscale=1.8)
        return show(figure, ". ".join(parts) + "." + floor)


def nearest(queries: np.ndarray, points: np.ndarray, itself: bool = False) -> float:
    """Mean Euclidean distance from each query to the nearest point (other than itself)."""
    squared = (queries**2).sum(1)[:, None] + (points**2).sum(1) - 2 * queries @ points.T
    if itself:
        np.fill_diagonal(squared, np.inf)
    return float(np.sqrt(np.maximum(squared.min(1), 0)).mean())
