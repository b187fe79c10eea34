"""A table of scores, one row a model and one column a measure, in which some cells are marked."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.inputs import require_mapping, require_number, require_text
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import FAKE, NEUTRAL, REAL, course_style, new_figure, put_title

Marks = Mapping[str, Collection[str]]


def scorecard(
    scores: Mapping[str, Mapping[str, float | str | None]],
    marked: Marks,
    meaning: str,
    title: str | None = None,
    better: Marks | None = None,
) -> Caption:
    """Draw {"row": {"column": score}}, marked cells {"row": {"column", ...}} shaded in orange and with a ▼.

    `better`: cells that are marked for the opposite, in blue and with a ▲. Numbers are shown with three digits, strings
    as they are, None as a dash. `meaning` says in the caption what a mark means; which cells are marked is added, row
    by row. Raises ValueError for rows with other columns than the first, for marks outside the table, and for a cell
    that is marked as both.
    """
    require_mapping("what scorecard needs", scores, '{"row": {"column": score, ...}, ...}')
    for row, cells in scores.items():
        require_mapping(f"row {row!r}", cells, '{"column": score, ...}, at least one row and one column')
        for column, score in cells.items():
            if score is not None and not isinstance(score, str):
                require_number(f"{column!r} of row {row!r}", score, hint="or a text, or None")
    require_text("meaning", meaning)
    rows, columns = list(scores), list(next(iter(scores.values()), {}))
    for row, cells in scores.items():
        if list(cells) != columns:
            raise ValueError(f"row {row!r} has the columns {', '.join(cells)}; the first row has {', '.join(columns)}")
    better = {} if better is None else better
    _check("marked", marked, rows, columns)
    _check("better", better, rows, columns)
    for row in rows:
        if both := set(marked.get(row, ())) & set(better.get(row, ())):
            raise ValueError(f"row {row!r}, columns {', '.join(sorted(both))}: marked as worse and as better")
    with course_style():
        figure, ((axes,),) = new_figure(8.8, 0.38 * (len(rows) + 1) + 0.5 + 0.25 * bool(title), 1, 1)
        put_title(figure, title)
        _draw(axes, scores, marked, better, columns)
        found = f"{meaning} Marked cells, row by row: {_listed(marked, rows, columns)}."
        return show(figure, found + (f" Marked with ▲: {_listed(better, rows, columns)}." if better else ""))


def _check(name: str, marks: Marks, rows: list[str], columns: list[str]) -> None:
    if not isinstance(marks, Mapping):
        raise ValueError(f'{name} must be {{"row": {{"column", ...}}}}, not {type(marks).__name__}')
    for row, cells in marks.items():
        if row not in rows or set(cells) - set(columns):
            raise ValueError(f"{name} names row {row!r}, columns {', '.join(cells)}, which the table does not have")


def _listed(marks: Marks, rows: list[str], columns: list[str]) -> str:
    return "; ".join(f"{row}: {', '.join(c for c in columns if c in marks.get(row, ())) or 'none'}" for row in rows)


def _draw(axes: Axes, scores: Mapping, marked: Marks, better: Marks, columns: list[str]) -> None:
    first = 1.9  # width of the row names, in columns
    for x, column in enumerate(columns):
        axes.text(first + x + 0.5, 0.5, column, ha="center", va="center", fontsize=11, fontweight="bold")
    for y, (row, cells) in enumerate(scores.items(), start=1):
        axes.text(0, y + 0.5, row, ha="left", va="center", fontsize=11)
        axes.axhline(y, color=NEUTRAL.colour, linewidth=0.4)
        for x, (column, score) in enumerate(cells.items()):
            text = "–" if score is None else score if isinstance(score, str) else arrays.number(score)
            for sign, role, marks in (("▼", FAKE, marked), ("▲", REAL, better)):
                if column in marks.get(row, ()):
                    place = (first + x + 0.03, y + 0.05)
                    axes.add_patch(Rectangle(place, 0.94, 0.9, color=role.colour, alpha=0.35, lw=0))
                    text = f"{sign} {text}"
            axes.text(first + x + 0.5, y + 0.5, text, ha="center", va="center", fontsize=11)
    axes.set(xlim=(0, first + len(columns)), ylim=(len(scores) + 1, 0))
    axes.set_axis_off()
