"""Balls around some points of the plane, and which other points lie in them: precision and recall as a picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import EllipseCollection

from course_utils.inputs import require_flag, require_mapping, shown
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.plane import Extent, aspect, check_extent, dress, window
from course_utils.plots.style import FAKE, REAL, Role, course_style, new_figure, put_title


def balls(panels: Mapping[str, tuple], title: str | None = None, extent: Extent | None = None) -> Caption:
    """One to three panels {"label": (centres [n, 2], radii [n], points [m, 2], balls_are_real)} side by side.

    `balls_are_real`: True draws balls of real points and asks where the generated points lie, False the reverse. Points
    inside at least one ball are filled, those outside are crosses; a point on a surface is outside. The caption gives
    the share inside. Raises ValueError for other shapes, and for negative radii.
    """
    require_mapping("panels", panels, '{"label": (centres, radii, points, balls_are_real), ...}')
    if not 1 <= len(panels) <= 3:
        raise ValueError(f"balls draws 1 to 3 panels side by side, got {len(panels)}")
    checked = {label: _checked(label, panel) for label, panel in panels.items()}
    everything = np.concatenate([np.concatenate([centres, points]) for centres, _, points, _ in checked.values()])
    extent = window(everything) if extent is None else check_extent(extent)
    sentences = []
    with course_style():
        side = 8.4 / max(len(panels), 2)
        height = side * aspect(extent) + 0.9 + 0.25 * bool(title)
        figure, (row,) = new_figure(side * len(panels), height, 1, len(panels), sharey=True)
        put_title(figure, title)
        for axes, (label, (centres, radii, points, balls_are_real)) in zip(row, checked.items(), strict=True):
            distances = np.linalg.norm(points[:, None] - centres[None], axis=2)
            inside = (distances < radii).any(1)
            dress(axes, extent)
            _draw(axes, centres, radii, points, inside, (REAL, FAKE) if balls_are_real else (FAKE, REAL))
            axes.set_title(label)
            axes.label_outer()
            sentences.append(
                f"{label}: {inside.sum()} of {arrays.count(len(points), 'point')} lie in at least one of "
                f"{arrays.count(len(centres), 'ball')}"
            )
        named = [pair for axes in row for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
        handles = {name: handle for handle, name in named}
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=3)
        return show(figure, "; ".join(sentences) + ". Filled points are inside a ball, crosses outside all.")


def _checked(label: str, panel: tuple) -> tuple:
    if not isinstance(panel, tuple | list) or len(panel) != 4:
        raise ValueError(f"panel {label!r} must be (centres, radii, points, balls_are_real), got {shown(panel)}")
    centres, radii, points, balls_are_real = panel
    require_flag(f"balls_are_real of {label!r}", balls_are_real)
    centres = arrays.array(centres, f"centres of {label!r}", (None, 2))
    radii = arrays.array(radii, f"radii of {label!r}", (len(centres),))
    if radii.min() < 0:
        raise ValueError(f"radii of {label!r} must not be negative, got {radii.min():.3g}")
    return centres, radii, arrays.array(points, f"points of {label!r}", (None, 2)), balls_are_real


def _draw(axes: Axes, centres, radii, points, inside, roles: tuple[Role, Role]) -> None:
    owner, other = roles
    discs = EllipseCollection(
        2 * radii, 2 * radii, np.zeros(len(radii)), units="xy", offsets=centres, transOffset=axes.transData
    )
    discs.set(facecolor=owner.colour, edgecolor=owner.ink, alpha=0.13, linewidth=0.8)
    axes.add_collection(discs, autolim=False)
    axes.plot(*centres.T, ".", color=owner.ink, markersize=4, label=f"{owner.name}, with balls")
    look = {"linestyle": "", "color": other.ink, "markeredgecolor": other.ink}
    axes.plot(*points[inside].T, marker=other.marker, markersize=5.5, label=f"{other.name}, inside", **look)
    axes.plot(
        *points[~inside].T, marker="x", markersize=6.5, markeredgewidth=1.6, label=f"{other.name}, outside", **look
    )
