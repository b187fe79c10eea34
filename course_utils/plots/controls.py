"""`interactive`: sliders where someone can move them, the same figure standing still everywhere else."""

from __future__ import annotations

import importlib.util
import itertools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from course_utils.inputs import require_function, require_number, require_text, shown
from course_utils.plots.caption import Caption, has_front_end, publish, publish_captioned, quiet

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Slider:
    """A control from `low` to `high`, at first at `value`; whole numbers if all that is given is whole."""

    low: float
    high: float
    value: float
    step: float | None = None
    label: str | None = None

    def __post_init__(self):
        low, high, value = (require_number(f"a slider's {end}", getattr(self, end)) for end in ("low", "high", "value"))
        if self.step is not None:
            require_number("a slider's step", self.step, above=0)
        if self.label is not None:
            require_text("a slider's label", self.label)
        if not (low <= value <= high and low < high):
            raise ValueError(f"a slider needs low ≤ value ≤ high and low < high, not {low:g}, {value:g} and {high:g}")

    @property
    def whole(self) -> bool:
        return all(isinstance(n, int) for n in (self.low, self.high, self.value, self.step or 1))

    @property
    def increment(self) -> float:
        return self.step or (1 if self.whole else (self.high - self.low) / 50)


def interactive(fn: Callable[..., Caption], **sliders: Slider | tuple) -> Caption | None:
    """Draw `fn(**values)` with one slider for each argument: name=(low, high, value[, step[, label]]).

    `fn` draws one figure and returns its Caption. Where a kernel and ipywidgets can serve a live front end,
    sliders (mouse or arrow keys; redrawn when let go) are shown with figure and caption, and None is
    returned. Otherwise, and always when COURSE_STATIC is set, the figure is drawn once at the starting values
    and its Caption returned.
    """
    require_function("fn", fn, "a function that draws one figure and returns its Caption")
    controls = {name: _slider(name, slider) for name, slider in sliders.items()}
    if not controls:
        raise ValueError("interactive needs at least one slider, e.g. mean=(-3.0, 3.0, 0.5)")
    values = {name: slider.value for name, slider in controls.items()}
    if not is_live():
        return _draw(fn, values)
    with quiet():  # an error at the starting values surfaces here, in the cell, and not inside a widget
        still = _draw(fn, values)
    _show_controls(fn, controls, still)
    return None


def is_live() -> bool:
    """Whether sliders can work here: somebody may be watching, and ipywidgets is installed."""
    return has_front_end() and importlib.util.find_spec("ipywidgets") is not None


def _slider(name: str, given) -> Slider:
    if isinstance(given, Slider):
        return given
    why = "it is no tuple of 3 to 5"
    try:
        if isinstance(given, tuple | list) and 3 <= len(given) <= 5:
            return Slider(*given)
    except ValueError as error:
        why = str(error)
    given = repr(given) if isinstance(given, tuple) else shown(given)
    raise ValueError(
        f"slider {name!r} must be (low, high, value[, step[, label]]) with low ≤ value ≤ high, got {given}: {why}"
    )


def _draw(fn: Callable[..., Caption], values: Mapping[str, float]) -> Caption:
    caption = fn(**values)
    if not isinstance(caption, Caption):
        raise ValueError(
            f"the function given to interactive must return the Caption of its figure, got {type(caption).__name__}"
        )
    return caption


def _show_controls(fn: Callable[..., Caption], controls: Mapping[str, Slider], still: Caption) -> None:
    """Sliders, and below them a figure that each move replaces: an output of its own, which stays where they cannot be
    (a notebook that is opened again, GitHub, an HTML export).
    """
    import ipywidgets
    from IPython.display import display

    made = {name: _widget(ipywidgets, name, slider) for name, slider in controls.items()}
    place = f"figure-{os.getpid()}-{next(_numbers)}"

    def redraw(_: object) -> None:
        try:
            with quiet():
                caption = _draw(fn, {name: widget.value for name, widget in made.items()})
            publish_captioned(caption, place, replace=True)
        except Exception as error:  # nobody would see it: the front end keeps what a slider's move raises to itself
            publish({"text/plain": f"{type(error).__name__}: {error}"}, display_id=place, update=True)

    for widget in made.values():
        widget.observe(redraw, "value")
    display(ipywidgets.VBox([*made.values()]))
    publish_captioned(still, place)


def _widget(ipywidgets, name: str, slider: Slider):
    kind = ipywidgets.IntSlider if slider.whole else ipywidgets.FloatSlider
    return kind(
        min=slider.low,
        max=slider.high,
        value=slider.value,
        step=slider.increment,
        description=slider.label or name.replace("_", " "),
        continuous_update=False,
        style={"description_width": "10em"},
        layout=ipywidgets.Layout(width="min(100%, 32em)"),
    )
