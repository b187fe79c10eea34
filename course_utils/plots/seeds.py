"""Several methods over several seeds: every run as a dot, the mean with its interval, the floor beside them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_utils.inputs import require_flag, require_mapping
from course_utils.intervals import confidence_interval
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import NEUTRAL, OPTIMAL, REAL, course_style, new_figure, put_title


def seed_dots(
    measures: Mapping[str, Mapping[str, object]],
    floors: Mapping[str, float] | None = None,
    title: str | None = None,
    mean: bool = True,
) -> Caption:
    """One panel a measure, one row a method: {"measure": {"method": values [K]}}. The same methods in each measure.

    Dots are runs; the bar is the mean with the 95 % t-interval of the mean; the dotted line is what a perfect model
    scores, `floors[measure]`. Without `mean` the bar is the median alone, for runs of two kinds, of which a mean is
    neither.
    """
    require_flag("mean", mean)
    require_mapping("what seed_dots needs", measures, '{"measure": {"method": values}, ...}')
    for measure, groups in measures.items():
        require_mapping(f"measure {measure!r}", groups, '{"method": values, ...}')
    if floors is not None and not isinstance(floors, Mapping):
        raise ValueError(f'floors must be {{"measure": number}}, not {type(floors).__name__}')
    if not 1 <= len(measures) <= 4:
        raise ValueError(f"seed_dots draws 1 to 4 measures side by side, got {len(measures)}")
    methods = list(next(iter(measures.values())))
    if not methods or any(list(groups) != methods for groups in measures.values()):
        raise ValueError("seed_dots needs the same methods, in the same order, under each measure")
    floors = floors or {}
    if unknown := set(floors) - set(measures):
        raise ValueError(f"no such measure: {', '.join(sorted(unknown))}; there are {', '.join(measures)}")
    floors = {measure: arrays.scalar(floor, f"floor of {measure!r}") for measure, floor in floors.items()}
    checked = {
        measure: {
            method: arrays.array(values, f"{measure} of {method!r}", (None,)) for method, values in groups.items()
        }
        for measure, groups in measures.items()
    }
    with course_style():
        figure, grid = new_figure(8.6, 1.1 + 0.36 * len(methods), 1, len(measures), sharey=True)
        put_title(figure, title)
        for axes, (measure, groups) in zip(grid[0], checked.items(), strict=True):
            _panel(axes, groups, floors.get(measure), ticks=max(3, 10 // len(measures)), mean=mean)
            axes.set_title(measure, pad=4)
        grid[0][0].set_yticks(range(len(methods)), methods)
        grid[0][0].invert_yaxis()
        return show(
            figure,
            " ".join(_sentence(measure, groups, floors.get(measure), mean) for measure, groups in checked.items()),
        )


def _panel(axes: Axes, groups: Mapping[str, np.ndarray], floor: float | None, ticks: int, mean: bool) -> None:
    if floor is not None:
        axes.axvline(floor, color=OPTIMAL.colour, linestyle=OPTIMAL.line)
    for row, values in enumerate(groups.values()):
        heights = np.zeros(len(values))
        heights[np.argsort(values, kind="stable")] = np.resize([0.0, 0.16, -0.16], len(values))  # equal dots stay apart
        axes.plot(values, row + heights, "o", color=REAL.colour, markersize=4, alpha=0.55, markeredgewidth=0)
        middle, half_width = confidence_interval(values) if mean else (np.median(values), None)
        axes.errorbar(
            middle, row, xerr=half_width, fmt="|", color=OPTIMAL.colour, markersize=13, capsize=3, linewidth=1.6
        )
    axes.margins(x=0.07)
    counts = all(float(value).is_integer() for values in groups.values() for value in values)
    axes.xaxis.set_major_locator(MaxNLocator(ticks, integer=counts))
    for row in range(1, len(groups)):
        axes.axhline(row - 0.5, color=NEUTRAL.colour, linewidth=0.3)


def _sentence(measure: str, groups: Mapping[str, np.ndarray], floor: float | None, mean: bool) -> str:
    parts = []
    for method, values in groups.items():
        if mean:
            middle, half_width = confidence_interval(values)
            parts.append(f"{method} {arrays.number(middle)} ± {arrays.number(half_width, 2)}")
        else:
            middle, low, high = (arrays.number(f(values)) for f in (np.median, np.min, np.max))
            parts.append(f"{method} {middle}, {low} to {high}")
    sizes = sorted({len(values) for values in groups.values()})
    runs = arrays.count(sizes[-1], "run") if len(sizes) == 1 else f"{sizes[0]} to {arrays.count(sizes[-1], 'run')}"
    at_best = f"; the floor {arrays.number(floor)}" if floor is not None else ""
    said = "mean and 95 % interval" if mean else "median, lowest to highest"
    return f"{measure} ({said}, {runs}): {'; '.join(parts)}{at_best}."
