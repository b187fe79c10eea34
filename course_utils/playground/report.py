"""What a game of the playground reports: its curves and measures as HTML, a sentence, and the form of its settings."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, fields
from typing import Any

from course_utils.live import pages, readings
from course_utils.live.readings import Panel
from course_utils.live.traces import Trace
from course_utils.playground import measures, presets
from course_utils.playground.play import Moment, Play
from course_utils.playground.settings import LOSSES, Settings
from course_utils.playground.views import pulls_of
from course_utils.plots.arrays import number
from course_utils.training import GANRun

MEASURES = {
    "JSD": f"JSD (nats; both with noise of {measures.BLUR:g})",
    "modes": "modes with 20 of 2,000 points",
    "in place": "share within 3 σ of a mode",
}


@dataclass
class Seat:
    """One game of the sitting, and what is kept for its curves."""

    name: str
    play: Play
    moment: int | None = None  # of the play's moments, where one looks back
    note: str = ""
    sentence: str = ""

    def __post_init__(self):
        self.begin()

    def begin(self) -> None:
        """Nothing of an earlier game is left."""
        self.traces: dict[str, Trace] = {}
        self.measured: dict[str, float] = {}
        self.floors: dict[str, float] = {}
        self.measured_step = 0
        self.marked: object = None  # the state of the game at the latest mark on the curves
        self.charted = -math.inf
        self.moment = None


def measure(seat: Seat, moment: Moment | None) -> None:
    """Take the measures of the moment that is shown, and mark those of now on the curves."""
    play = seat.play
    seat.measured, seat.floors = play.measured(moment), measures.floors(play.settings_at(moment))
    seat.measured_step = play.step if moment is None else moment.step
    state = (play.step, play.log[-1:])
    if moment is None and state != seat.marked:
        seat.marked = state
        for name, value in seat.measured.items():
            seat.traces.setdefault(name, Trace()).note(play.step, value)


def charts(seat: Seat, moment: Moment | None) -> str:
    """Curves of the run, of the measures beside those of real data, and the pull of each loss, as HTML."""
    play, panels = seat.play, []
    if play.step:
        levels = readings.loss_levels(play.settings.objective) if play.settings.model == "GAN" else {}
        panels += readings.curve_panels(play.run, levels)
    panels += [
        Panel(MEASURES[name], {name: trace.points()}, {"real data": play.floors[name]})
        for name, trace in seat.traces.items()
    ]
    curves = "".join(pages.chart(panel) for panel in panels)
    return f'<div style="display:flex;flex-wrap:wrap;gap:6px 12px">{curves}</div>{_pulls(seat, moment)}'


def _pulls(seat: Seat, moment: Moment | None) -> str:
    """A table: saturation is a loss whose pull is small where another's is not."""
    play = seat.play
    if not isinstance(play.run, GANRun):
        return ""
    if not (found := pulls_of(play, moment)):
        return ""
    heads = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in found)
    cells = "".join(f"<td>{number(value, 2)}</td>" for value in found.values())
    return (
        '<table class="playground-pulls"><caption>How strongly each loss would pull a generated point now '
        "(median of |−∂L_G/∂x|, by the same D)</caption>"
        f"<tr>{heads}</tr><tr>{cells}</tr></table>"
    )


def spoken(seat: Seat) -> str:
    """The game in a sentence: its step, and its measures with the step at which they were taken."""
    told = measures.in_words(seat.measured, seat.floors)
    now = "" if seat.moment is None else f" of {seat.play.step:,}, looking back"
    return f"Game {seat.name}, step {seat.measured_step:,}{now}: {told or 'its points are not finite'}."


def title(settings: Settings) -> str:
    if settings.model != "GAN":
        return f"{settings.model} on {settings.data}"
    charged = "" if settings.penalty == "none" else f" + {settings.penalty} ({settings.penalty_weight:g})"
    return f"GAN, {settings.loss}{charged}, on {settings.data}"


def form() -> dict[str, Any]:
    """The settings as a form: what a front end needs to know of each."""
    known = []
    for one in fields(Settings):
        if one.name == "points":
            continue
        about = dict(one.metadata)
        kind = {"kind": "number", "whole": one.type == "int", "log": about.get("log", False)}
        if "choices" in about:
            kind = {"kind": "choice", "choices": [[choice, choice] for choice in about.pop("choices")]}
        known.append({"name": one.name, "restarts": False} | about | kind)
    return {
        "fields": known,
        "presets": [{"name": one.name, "title": one.title} for one in presets.PRESETS],
        "losses": [[name, name] for name in LOSSES],
    }
