"""One measure as a scale: what noise, forgeries, copies and real data score, and where models stand among them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_utils.inputs import require_choice, require_mapping, require_text, shown
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import NEUTRAL, REAL, YOURS, Role, course_style, new_figure, put_title, spread

# What stands at the axis, whether the scale is logarithmic, and which end is the good one.
AXES = {
    "frechet": ("Fréchet classifier distance", True, "lower is nearer to real images"),
    "precision": ("precision", False, "real images score highest, but for copies"),
    "recall": ("recall", False, "real images score highest, but for copies"),
    "density": ("density", False, "real images score 1; easy images score more"),
    "coverage": ("coverage", False, "real images score highest, but for copies"),
    "legible": ("share read with confidence", False, "as much as real images is right"),
    "copies": ("share of copies", False, "as little as real images is right"),
}
REAL_RUNGS = ("fresh real images", "test images")


def ladder(
    ladder, models: Mapping[str, float] | None = None, measure: str = "frechet", title: str | None = None
) -> Caption:
    """The rungs of one measure of an ``evaluation.Ladder``, and ``models`` {"your model": score, ...} as diamonds.

    The scale is logarithmic for the Fréchet distance, linear otherwise. The caption gives all rungs in order, and says
    between which of them each model stands. A model's score has to be of as many samples as the ladder's n.

    Raises ValueError for a measure that the ladder does not have, and for scores that are no finite numbers; on a
    logarithmic scale, for scores that are not above 0.
    """
    scores = getattr(ladder, "scores", None)
    if not isinstance(scores, Mapping) or not scores:
        raise ValueError(f"ladder must be one of evaluation.ladder(images, classifier), not {shown(ladder)}")
    rungs = scores[require_choice("measure", measure, scores)]
    models = {} if models is None else require_mapping("models", models, '{"your model": score, ...}')
    label, logarithmic, good = AXES.get(measure, (measure, False, ""))
    rungs = {name: arrays.scalar(score, f"rung {name!r}") for name, score in rungs.items()}
    models = {require_text("a model's name", name): arrays.scalar(s, f"{name!r}") for name, s in models.items()}
    if logarithmic and min(*rungs.values(), *models.values(), np.inf) <= 0:
        low = min((score, name) for name, score in {**rungs, **models}.items())[1]
        raise ValueError(
            f"{low!r} scores {({**rungs, **models})[low]:.3g}, and on a logarithmic scale it must be above 0"
        )
    with course_style():
        figure, ((axes,),) = new_figure(7.6, 0.9 + 0.3 * max(len(rungs), len(models), 9), 1, 1)
        put_title(figure, title)
        _scale(axes, label, logarithmic, [*rungs.values(), *models.values()])
        figure.draw_without_rendering()  # the height of the axes is only known after layout
        source = getattr(ladder, "test_source", "")
        names = {name: f"{name} ({source})" if source and name == "test images" else name for name in rungs}
        marks = [(names[name], score, REAL if name in REAL_RUNGS else NEUTRAL) for name, score in rungs.items()]
        _marks(axes, marks, 1)
        _marks(axes, [(name, score, YOURS) for name, score in models.items()], -1)
        return show(figure, _sentence(label, good, rungs, models, getattr(ladder, "n", None)))


def _scale(axes: Axes, label: str, logarithmic: bool, values: list[float]) -> None:
    axes.set_yscale("log" if logarithmic else "linear")
    low, high = min(values), max(values)
    if logarithmic:
        axes.set_ylim(low / 1.4, high * 1.4)
    else:
        margin = 0.06 * (high - low) or 0.05 * max(abs(high), 1)
        axes.set_ylim(low - margin, high + margin)
    axes.set_xlim(-1, 1.45)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_ylabel(label)
    axes.axvline(0, color=NEUTRAL.colour, linewidth=1.4)


def _marks(axes: Axes, marks: list[tuple[str, float, Role]], side: int) -> None:
    """Names and scores to the right (rungs) or to the left (models) of the pole, apart from each other."""
    size = 10
    height = axes.get_window_extent().height * 72 / axes.figure.dpi
    to_fraction = axes.transData + axes.transAxes.inverted()
    wanted = [to_fraction.transform((0, score))[1] * height for _, score, _ in marks]
    for (name, score, role), y in zip(marks, spread(wanted, [size * 1.35] * len(marks)), strict=True):
        if side > 0:
            axes.plot([-0.05, 0.05], [score, score], color=role.colour, linewidth=3.5, solid_capstyle="butt")
        else:
            axes.plot(
                0, score, linestyle="", marker=role.marker, markersize=10, color=role.colour, markeredgecolor="black",
                markeredgewidth=1.2, zorder=5,
            )  # fmt: skip
        axes.annotate(
            f"{name}  {arrays.number(score)}",
            xy=(0.06 * side, score),
            xytext=((0.3 if side > 0 else -0.2), y / height),
            textcoords=axes.get_xaxis_transform(),  # x in data units, y as a fraction of the height
            va="center",
            ha="left" if side > 0 else "right",
            color=role.ink,
            fontsize=size,
            fontweight="bold" if role is YOURS else "normal",
            arrowprops={
                "arrowstyle": "-",
                "color": role.colour,
                "linewidth": 0.8,
                "shrinkA": 1,
                "shrinkB": 0,
                "relpos": (0.0 if side > 0 else 1.0, 0.5),
            },
            annotation_clip=False,
        )


def _sentence(label: str, good: str, rungs: Mapping, models: Mapping, n: int | None) -> str:
    ordered = sorted(rungs, key=rungs.get)
    text = f"{label}{f' ({good})' if good else ''}, from low to high: "
    text += ", ".join(f"{name} {arrays.number(rungs[name])}" for name in ordered) + "."
    for name, score in models.items():
        below = [rung for rung in ordered if rungs[rung] <= score]
        above = [rung for rung in ordered if rungs[rung] > score]
        where = (
            f"between {below[-1]} and {above[0]}"
            if below and above
            else "above all rungs"
            if below
            else "below all rungs"
        )
        text += f" {name}: {arrays.number(score)}, {where}."
    return text + (f" Each from {arrays.count(n, 'image')}." if n else "")
