"""Your run beside stored runs, for more numbers than have a panel each: one row a number, all bands equally wide."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_utils.inputs import require_mapping
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.evidence import checked_entry, finding, where
from course_utils.plots.style import NEUTRAL, OPTIMAL, REAL, YOURS, course_style, new_figure, put_title

REACH = 0.35  # of a band's width, that a row shows beyond either end; what lies further off stands at the edge


def evidence_rows(metrics: Mapping[str, Mapping], title: str | None = None) -> Caption:
    """One row a number: {"number": {"values": stored runs, "yours": ..., "band": (low, high), "floor": ...}}.

    Each row has a scale of its own, on which the band (without one, the range of the stored runs) fills the shaded
    part. Where the stored runs are equal, they stand in its middle. All but values may be left out.
    """
    require_mapping("what evidence_rows needs", metrics, '{"number": {"values": [...], "yours": ...}}')
    if not 1 <= len(metrics) <= 80:
        raise ValueError(f"evidence_rows draws 1 to 80 numbers, got {len(metrics)}")
    checked = {metric: checked_entry(metric, entry) for metric, entry in metrics.items()}
    with course_style():
        figure, ((axes,),) = new_figure(8.6, 1.1 + 0.21 * len(checked), 1, 1)
        put_title(figure, title or finding(checked))
        _rows(axes, list(checked.values()))
        axes.set_yticks(range(len(checked)), checked)
        handles, labels = axes.get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
        return show(figure, _words(checked))


def _rows(axes: Axes, entries: list[dict]) -> None:
    axes.axvspan(0, 1, facecolor=NEUTRAL.colour, alpha=0.16, linewidth=0, label="band")
    runs = [(x, row) for row, entry in enumerate(entries) for x in _placed(entry["values"], entry["band"])]
    axes.plot(*zip(*runs, strict=True), "o", color=REAL.colour, markersize=4, alpha=0.55, label="stored runs")
    for key, role, label, size in (("floor", OPTIMAL, "real data", 10), ("yours", YOURS, "your run", 7)):
        marks = [(float(_placed([e[key]], e["band"])[0]), row) for row, e in enumerate(entries) if e[key] is not None]
        if marks:
            marker, edge = ("|", None) if key == "floor" else (role.marker, "black")
            axes.plot(
                *zip(*marks, strict=True), marker, color=role.colour, label=label,
                markersize=size, markeredgewidth=1.2, markeredgecolor=edge or role.colour,
            )  # fmt: skip
    for row, entry in enumerate(entries):
        low, high = (arrays.number(end) for end in entry["band"])
        yours = "" if entry["yours"] is None else f"{arrays.number(entry['yours'])}   "
        axes.text(1 + REACH + 0.04, row, f"{yours}({low} to {high})", va="center")
    axes.set_xlim(-REACH - 0.03, 1 + REACH + 0.03)
    axes.set_ylim(len(entries) - 0.4, -0.6)
    axes.set_xticks([0, 1], ["low end", "high end"])


def _placed(values: object, band: tuple[float, float]) -> np.ndarray:
    """Where values stand on their row: 0 and 1 are the ends of the band."""
    low, high = band
    apart = np.asarray(values, dtype=float) - low
    place = apart / (high - low) if high > low else 0.5 + np.sign(apart)
    return np.clip(place, -REACH, 1 + REACH)


def _words(checked: Mapping[str, Mapping]) -> str:
    runs = sorted({len(entry["values"]) for entry in checked.values()})
    text = f"{len(checked)} numbers, each beside {' or '.join(map(str, runs))} stored runs."
    off = {metric: entry for metric, entry in checked.items() if entry["yours"] is not None}
    off = {metric: entry for metric, entry in off.items() if where(entry) != "inside"}
    for metric, entry in off.items():
        low, high = (arrays.number(end) for end in entry["band"])
        text += f" {metric}: your run {arrays.number(entry['yours'])}, {where(entry)} {low} to {high}."
    return text
