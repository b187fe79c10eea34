"""Curves over a common axis: the plain line plot, in the course's look."""

from collections.abc import Iterable, Mapping

import numpy as np
from matplotlib.axes import Axes

from course_utils.inputs import require_mapping, require_text
from course_utils.intervals import confidence_interval
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import ROLES, Role, course_style, new_figure, put_title, require_roles


def lines(
    curves: Mapping[str, tuple],
    xlabel: str,
    ylabel: str,
    caption: str,
    title: str | None = None,
    roles: Mapping[str, Role] | None = None,
    **axes_options: object,
) -> Caption:
    """Curves {"label": (x [n], y [n])} on one pair of axes, told apart by colour and dash.

    A curve of K runs, y [n, K], is drawn as their mean with the 95 % interval of the mean shaded.
    The caller words the caption, as only the caller knows what the curves mean; the range of each is added. Further
    options go to matplotlib's `Axes.set`, such as `xscale="log"`. `roles` fixes the look of some curves; the others
    get what is left. Raises ValueError for more curves than looks, for x and y that do not match, and for a
    curve of which a logarithmic axis would show nothing; single points that it cannot show are counted in the caption.
    """
    require_mapping("what lines needs", curves, '{"label": (x, y), ...}')
    require_text("caption", caption), require_text("xlabel", xlabel), require_text("ylabel", ylabel)
    if len(curves) > len(ROLES):
        raise ValueError(
            f"lines tells at most {len(ROLES)} curves apart, got {len(curves)}; choose the ones the text speaks of"
        )
    drawn = {label: _curve(label, curve) for label, curve in curves.items()}
    roles = _roles(drawn, roles or {})
    with course_style():
        figure, ((axes,),) = new_figure(7.6, 3.4, 1, 1)
        put_title(figure, title)
        _draw(axes, drawn, roles)
        try:
            axes.set(xlabel=xlabel, ylabel=ylabel, **axes_options)
        except (AttributeError, TypeError, ValueError) as error:
            why = str(error).splitlines()[0]
            raise ValueError(
                f"lines hands {', '.join(axes_options)} to matplotlib's Axes.set, which says: {why}"
            ) from error
        caption += _left_out(drawn, xlog=axes.get_xscale() == "log", ylog=axes.get_yscale() == "log")
        ranges = "; ".join(_range(label, y) for label, (_, y) in drawn.items())
        return show(figure, f"{caption} Ranges: {ranges}.")


def _left_out(curves: Mapping[str, tuple], xlog: bool, ylog: bool) -> str:
    """For the caption: how many points no logarithmic axis can show. Raises ValueError where a curve would be gone."""
    hidden = 0
    for label, (x, y) in curves.items():
        seen = (x > 0) | (not xlog)
        seen &= (_means(y) > 0) | (not ylog)
        if not seen.any():
            raise ValueError(
                f"curve {label!r} has no point above 0, and a logarithmic axis shows no others: leave the scale linear"
            )
        hidden += int((~seen).sum())
    return f" Not on the logarithmic axes: {arrays.count(hidden, 'point')} at 0 or below." if hidden else ""


def _means(y: np.ndarray) -> np.ndarray:
    return y.mean(1) if y.ndim == 2 else y


def _curve(label: str, curve: tuple) -> tuple:
    x, y = arrays.pair(curve, f"curve {label!r}", "x, y")
    y = arrays.array(y, f"curve {label!r}")
    if y.ndim != 2:
        y = arrays.array(y, f"curve {label!r}", (None,))
    return arrays.array(x, f"x of curve {label!r}", (len(y),)), y


def _range(label: str, y: np.ndarray) -> str:
    means = _means(y)
    runs = f" (mean of {arrays.count(y.shape[1], 'run')})" if y.ndim == 2 else ""
    return f"{label}{runs}: {arrays.number(means.min())} to {arrays.number(means.max())}"


def _roles(labels: Iterable[str], given: Mapping[str, Role]) -> dict[str, Role]:
    """A look for each curve: the given one, or the next that no other curve has."""
    require_roles(given, labels)
    free = (role for role in ROLES if role not in given.values())
    return {label: given.get(label) or next(free) for label in labels}


def _draw(axes: Axes, curves: Mapping[str, tuple], roles: Mapping[str, Role]) -> None:
    for label, (x, y) in curves.items():
        if y.ndim == 2:
            y, half_width = np.transpose([confidence_interval(row) for row in y])
            axes.fill_between(x, y - half_width, y + half_width, color=roles[label].colour, alpha=0.2, linewidth=0)
        axes.plot(x, y, color=roles[label].colour, linestyle=roles[label].line, label=label)
    axes.legend()
