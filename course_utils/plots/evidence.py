"""Your run beside stored runs: each metric with its spread over seeds and the floor of a perfect model."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_utils.inputs import require_mapping, require_text
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import NEUTRAL, OPTIMAL, REAL, YOURS, course_style, new_figure, put_title


def evidence_dots(
    name: str | Mapping[str, Mapping],
    evidence_values=None,
    yours: float | None = None,
    floor: float | None = None,
    band: tuple[float, float] | None = None,
    title: str | None = None,
) -> Caption:
    """Stored runs over seeds as dots, the band shaded, your run as a diamond, the floor as a dashed line.

    Several metrics make several small panels: {"metric": {"values": [...], "yours": ..., "floor": ...,
    "band": (low, high)}}, where all but values may be left out. Without a band the range of the stored runs
    is shaded.
    """
    if isinstance(name, Mapping):
        metrics = dict(name)
    else:
        require_text("name", name)
        metrics = {name: {"values": evidence_values, "yours": yours, "floor": floor, "band": band}}
    if not 1 <= len(metrics) <= 8:
        raise ValueError(f"evidence_dots draws 1 to 8 metrics, got {len(metrics)}; choose the ones the text speaks of")
    metrics = {metric: checked_entry(metric, entry) for metric, entry in metrics.items()}
    with course_style():
        figure, grid = new_figure(7.6, 0.75 + 1.2 * len(metrics), len(metrics), 1)
        put_title(figure, title or finding(metrics))
        for (axes,), (metric, entry) in zip(grid, metrics.items(), strict=True):
            _strip(axes, metric, entry)
        handles = {
            label: handle for (axes,) in grid for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
        }
        columns = len(handles) if len(handles) < 5 else 3
        figure.legend(
            handles.values(),
            handles.keys(),
            loc="outside lower center",
            ncols=columns,
            handletextpad=0.5,
            columnspacing=1.4,
        )
        return show(figure, " ".join(_sentence(metric, entry) for metric, entry in metrics.items()))


def checked_entry(metric: str, entry: Mapping) -> dict:
    require_mapping(f"evidence for {metric!r}", entry, '{"values": [...], "yours": ...}')
    unknown = set(entry) - {"values", "yours", "floor", "band"}
    if unknown or entry.get("values") is None:
        raise ValueError(
            f'evidence for {metric!r} needs "values" and may have "yours", "floor" and "band", got {sorted(entry)}'
        )
    values = arrays.array(entry["values"], f"evidence values of {metric!r}", (None,))
    single = {}
    for key in ("yours", "floor"):
        single[key] = None if entry.get(key) is None else arrays.scalar(entry[key], f"{key} of {metric!r}")
    band = entry.get("band")
    low, high = (values.min(), values.max()) if band is None else arrays.array(band, f"band of {metric!r}", (2,))
    if low > high:
        raise ValueError(f"band of {metric!r} must be (low, high) with low ≤ high, got ({low:.3g}, {high:.3g})")
    return {"values": values, "band": (float(low), float(high)), "given": band is not None, **single}


def _strip(axes: Axes, metric: str, entry: Mapping) -> None:
    values, (low, high) = entry["values"], entry["band"]
    shown = [*values, low, high, *(entry[key] for key in ("yours", "floor") if entry[key] is not None)]
    margin = 0.07 * (max(shown) - min(shown)) or max(0.05 * abs(shown[0]), 0.05)
    axes.set_xlim(min(shown) - margin, max(shown) + margin)
    axes.set_ylim(-1.05, 1.1)
    axes.axvspan(
        low,
        high,
        facecolor=NEUTRAL.colour,
        edgecolor=NEUTRAL.colour,
        hatch="///",
        alpha=0.16,
        linewidth=0,
        label="band" if entry["given"] else "range of stored runs",
    )
    if entry["floor"] is not None:
        axes.axvline(
            entry["floor"],
            color=OPTIMAL.colour,
            linestyle=NEUTRAL.line,
            linewidth=1.6,
            label="floor (a perfect model)",
        )
    # Dots take turns on three lanes in order of value, so that equal values remain countable; your run has
    # its own lane.
    heights = np.zeros(len(values))
    heights[np.argsort(values, kind="stable")] = np.resize([0.4, 0.75, 0.05], len(values))
    axes.plot(
        values,
        heights,
        linestyle="",
        marker=REAL.marker,
        markersize=7,
        color=REAL.colour,
        markeredgecolor="white",
        label="stored runs",
    )
    if entry["yours"] is not None:
        axes.plot(
            entry["yours"],
            -0.5,
            linestyle="",
            marker=YOURS.marker,
            markersize=11,
            color=YOURS.colour,
            markeredgecolor="black",
            markeredgewidth=1.4,
            label="your run",
            zorder=5,
        )
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_title(metric, pad=4)
    counts = all(float(value).is_integer() for value in shown)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=counts))


def finding(metrics: Mapping[str, Mapping]) -> str | None:
    yours = [entry for entry in metrics.values() if entry["yours"] is not None]
    inside = sum(where(entry) == "inside" for entry in yours)
    if not yours:
        return None
    given = {entry["given"] for entry in yours}
    what = "the band or range" if len(given) > 1 else "the band" if True in given else "the range of stored runs"
    if len(yours) == 1:
        return f"Your run lies {where(yours[0])} {what}"
    return f"Your run lies inside {what} in {inside} of {len(yours)} metrics"


def where(entry: Mapping) -> str:
    low, high = entry["band"]
    return "below" if entry["yours"] < low else "above" if entry["yours"] > high else "inside"


def _sentence(metric: str, entry: Mapping) -> str:
    values, (low, high) = entry["values"], entry["band"]
    text = f"{metric}: {arrays.count(len(values), 'stored run')}, mean {arrays.number(values.mean())}"
    text += f", {arrays.number(values.min())} to {arrays.number(values.max())}"
    if entry["given"]:
        text += f"; band {arrays.number(low)} to {arrays.number(high)}"
    if entry["yours"] is not None:
        text += (
            f"; your run {arrays.number(entry['yours'])}, {where(entry)} the {'band' if entry['given'] else 'range'}"
        )
    if entry["floor"] is not None:
        text += f"; floor {arrays.number(entry['floor'])}"
    return text + "."
