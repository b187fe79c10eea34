"""A machine's two limits and what was reached under them: the roofline of Williams, Waterman & Patterson (2009)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from course_utils.inputs import require_mapping, require_number
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import (
    NEUTRAL,
    OPTIMAL,
    ROLES,
    course_style,
    new_figure,
    put_title,
)

GIGA = 1e9


def roofline(
    peak: float, bandwidth: float, points: Mapping[str, tuple[float, float]], title: str | None = None
) -> Caption:
    """The roof min(peak, intensity · bandwidth) on logarithmic axes, and `points` {"name": (intensity, reached)}.

    `peak` and `reached` in operations a second, `bandwidth` in bytes a second, intensity in operations a byte of memory
    traffic. Where the roof slopes, memory limits; where it is flat, arithmetic. A point may stand above the slope if
    its data came from a cache, which is faster than memory. Raises ValueError for what is not above 0, and for more
    points than looks.
    """
    peak, bandwidth = require_number("peak", peak, above=0), require_number("bandwidth", bandwidth, above=0)
    require_mapping("what roofline needs", points, '{"name": (intensity, operations a second), ...}')
    for name, point in points.items():
        arrays.pair(point, f"point {name!r}", "intensity, operations a second")
    if len(points) > len(ROLES):
        raise ValueError(f"roofline tells at most {len(ROLES)} points apart, got {len(points)}")
    at = arrays.array(list(points.values()), "points", (len(points), 2))
    if not (at > 0).all():
        raise ValueError("intensities and operations a second must be above 0 to stand on logarithmic axes")
    reached = np.minimum(peak, at[:, 0] * bandwidth)
    with course_style():
        figure, ((axes,),) = new_figure(7.6, 3.9, 1, 1)
        put_title(figure, title)
        knee = peak / bandwidth
        x = np.geomspace(min(at[:, 0].min(), knee) / 2, max(at[:, 0].max(), knee) * 2, 200)
        axes.plot(x, np.minimum(peak, x * bandwidth) / GIGA, color=OPTIMAL.colour, linestyle="-", label="the roof")
        axes.axvline(knee, color=NEUTRAL.colour, linestyle=NEUTRAL.line, linewidth=1, label="both limits meet")
        axes.set(xscale="log", yscale="log", xlabel="operations a byte", ylabel="billion operations a second")
        for (name, (intensity, speed)), roof, role in zip(points.items(), reached, ROLES, strict=False):
            label = f"{name}: {100 * speed / roof:.0f} %"
            axes.plot(intensity, speed / GIGA, role.marker, color=role.colour, markersize=8, label=label)
        axes.legend(loc="lower right")
        axes.margins(y=0.12)
        axes.set_xlim(x[0], x[-1])
        shares = "; ".join(
            f"{name} {arrays.number(speed / GIGA)} ({100 * speed / roof:.0f} % of the roof)"
            for (name, (_, speed)), roof in zip(points.items(), reached, strict=True)
        )
        return show(
            figure,
            f"Billions of operations a second: at most {arrays.number(peak / GIGA)} by arithmetic, and "
            f"{arrays.number(bandwidth / GIGA)} for each operation a byte by memory; both limits meet at "
            f"{arrays.number(knee)} operations a byte (dashed). Reached: {shares}.",
        )
