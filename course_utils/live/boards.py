"""`board`: what a training looks like while it runs, without changing it."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.inputs import (
    require_count,
    require_flag,
    require_function,
    require_mapping,
    require_number,
    require_text,
)
from course_utils.live import pages, readings
from course_utils.live.buttons import offer
from course_utils.live.pictures import pictures_of
from course_utils.live.readings import Panel
from course_utils.plots import Film, arrays
from course_utils.plots.arrays import number
from course_utils.plots.caption import has_front_end, publish
from course_utils.plots.plane import Extent, window
from course_utils.progress import WATCHERS
from course_utils.training import Run, every, forked_random_state

SHARE = 0.05  # of the training's time that drawing may take
SPOKEN = 5.0  # seconds between two sentences for a screen reader
SLOW = 5  # steps a second in slow motion
STORED = 20  # frames of the film where nobody watches
_numbers = itertools.count(1)


def board(
    real: Tensor | None = None,
    *,
    measures: Mapping[str, Callable[[Run], float]] | None = None,
    floors: Mapping[str, float] | None = None,
    title: str = "The training, as it goes",
    fps: float = 2.0,
    share: float = SHARE,
    slow: bool = False,
) -> Board:
    """What a training looks like while it runs: `train_gan(…, callbacks=[live.board()])`.

    Samples (over D's opinion, in the plane), both losses with the levels at which nobody can tell real from generated,
    D's probabilities, the norm of each player's gradient, and `measures` {"modes found": function of the run, …}, with
    `floors` {"modes found": what a perfect model gets, …}. For a VAE the terms of its bound. `real`: the real samples
    that stand beside the generated ones; without it the course's own data sets are asked, other sources left alone.

    Drawn at most `fps` times a second (1 to 30), and less often where it would take more than `share` of the time.
    Nothing of it changes the run. The film of what was seen is in `.film`; where nobody watches (stored notebooks,
    scripts) it is drawn at 20 steps, and shown at the end. A run that was stopped gets buttons: on to its end, one
    step, one move of a player alone. `slow`: slow motion, five steps a second. A loop of your own: `board.update(…)`.
    """
    for name, measure in (measures := _mapping("measures", measures)).items():
        require_function(f"the measure {name!r}", measure, "a function of the run that returns a number", takes=1)
    floors = {name: require_number(f"floors[{name!r}]", x) for name, x in _mapping("floors", floors).items()}
    if unknown := set(floors) - set(measures):
        raise ValueError(f"floors names {', '.join(sorted(unknown))}, and there is no such measure")
    require_number("fps", fps, above=0, most=30)
    require_number("share", share, above=0, most=1)
    shown = None if real is None else arrays.array(real, "real")
    return Board(
        shown, measures, floors, require_text("title", title), fps, share, Film(title), slow=require_flag("slow", slow)
    )


def _mapping(name: str, given: Mapping | None) -> dict:
    return {} if given is None else dict(require_mapping(name, given, '{"modes found": …}'))


class Board(every):
    """The callback that `board` makes. `html` is the latest frame, `summary` what it says in words."""

    def __init__(
        self,
        real: np.ndarray | None,
        measures: Mapping[str, Callable[[Run], float]],
        floors: Mapping[str, float],
        title: str,
        fps: float,
        share: float,
        film: Film | None = None,
        wait: float = 0.0,
        slow: bool = False,
    ):
        super().__init__(1, self._look)
        self.measures, self.floors, self.title = measures, floors, title
        self.fps, self.share, self.film, self.slow = fps, share, film, slow
        self.html, self.summary = "", ""
        self.frames, self.seconds = 0, 0.0  # how many were drawn so far, and what that took
        self._real = real
        self._id = f"board-{os.getpid()}-{next(_numbers)}"
        self._wait, self._next, self._spoken, self._shown = wait, 0.0, 0.0, False
        self._watched: bool | None = None  # known from the first call on
        self._offered = False
        self._levels: dict[str, float] | None = None
        self._marks: dict[str, dict[str, tuple[list[float], list[float]]]] = {}
        self._rows: list[list[Tensor]] = []  # of a loop of your own
        self._extent: Extent | None = None

    def __call__(self, run: Run, at_end: bool) -> bool:
        """Look at the run, if it is time to; whether it was. Its random numbers stay as they were."""
        drawn = self._if_due(run.steps_done, len(run.rows), at_end, lambda: self._look(run), run.device)
        if at_end and run.steps_done < len(run.rows) and self._watched and not self._offered:
            self._offered = True
            offer(run, self)
        return drawn

    def look(self, run: Run) -> None:
        """Draw the run as it is now, whether or not it is time to."""
        self._if_due(run.steps_done, len(run.rows), True, lambda: self._look(run), run.device)

    def update(
        self,
        step: int,
        of: int,
        losses: Mapping[str, Tensor | float],
        generator: nn.Module | None = None,
        discriminator: nn.Module | None = None,
    ) -> bool:
        """For a loop of your own: call it after step `step` of `of`, with the losses {"D": …, "G": …} of this step.

        `generator` (with a `latent_dim`) draws the samples, `discriminator` colours the plane. Losses stay tensors
        until a frame is drawn. Whether one was.
        """
        of = require_count("of", of)
        step = require_count("step", step, most=of)
        given = _mapping("losses", losses)
        self._rows.append([torch.as_tensor(loss).detach().reshape(()) for loss in given.values()])
        device = next(generator.parameters()).device if generator is not None else torch.device("cpu")

        def look() -> None:
            xs, columns = readings.means_over_stretches(torch.stack([torch.stack(row).cpu() for row in self._rows]))
            curves = {name: (xs, ys) for name, ys in zip(given, columns, strict=True)}
            drawn = None if generator is None else readings.drawn_by(generator)
            self._frame(step, of, [Panel("losses", curves)], drawn, self._real, discriminator)

        return self._if_due(step, of, step == of, look, device)

    def _if_due(self, done: int, steps: int, at_end: bool, look: Callable[[], None], device: torch.device) -> bool:
        began = time.perf_counter()
        if self._watched is None:
            self._watched, self._next = has_front_end(), began + self._wait
        if not (self._is_time(began, at_end) if self._watched else self._is_filmed(done, steps, at_end)):
            return False
        with forked_random_state(device, readings.SEED):
            look()
        spent = time.perf_counter() - began
        self.frames, self.seconds = self.frames + 1, self.seconds + spent
        self._next = began + max(1 / self.fps, spent / self.share)
        if self.slow and self._watched:
            time.sleep(max(0.0, 1 / SLOW - spent))
        if at_end and not self._watched and len(self.film):
            self.film.show()
        return True

    def _is_time(self, now: float, at_end: bool) -> bool:
        return now >= self._next or self.slow or (at_end and (self._shown or not self._wait))

    def _is_filmed(self, done: int, steps: int, at_end: bool) -> bool:
        return self.film is not None and (at_end or done % -(-steps // STORED) == 0)

    def _look(self, run: Run) -> None:
        if self._levels is None:
            self._levels = readings.loss_levels(run.loop.identity.get("game"))
        for name, value in readings.gradient_norms(run).items():
            self._mark("gradient norm", name, run.steps_done, value)
        for name, measure in self.measures.items():
            self._mark(name, name, run.steps_done, arrays.scalar(measure(run), f"the measure {name!r}"))
        real = readings.real_samples(run) if self._real is None else self._real
        panels = readings.curve_panels(run, self._levels) if run.steps_done else []
        self._frame(run.steps_done, len(run.rows), panels, readings.drawn_samples(run), real, readings.judge_of(run))

    def _mark(self, title: str, name: str, step: int, value: float) -> None:
        xs, ys = self._marks.setdefault(title, {}).setdefault(name, ([], []))
        xs.append(float(step)), ys.append(value)

    def _frame(self, step: int, of: int, panels: list[Panel], drawn, real, judge) -> None:
        if self._extent is None and drawn is not None and drawn.ndim == 2:
            self._extent = window(drawn if real is None else real, 0.7)  # that of the first frame holds for all
        pictures = pictures_of(drawn, real, judge, self._extent)
        if self.film is not None and pictures:
            self.film.add(next(iter(pictures.values())), f"step {step:,}")
        for title, curves in self._marks.items():
            few = {name: (xs[:: _stride(xs)], ys[:: _stride(xs)]) for name, (xs, ys) in curves.items()}
            panels = [*panels, Panel(title, few, {"floor": self.floors[title]} if title in self.floors else {})]
        self.summary, now = _in_words(step, of, panels), time.perf_counter()
        spoken = now >= self._spoken + SPOKEN or step == of
        self._spoken = now if spoken else self._spoken
        if self._watched:
            self._show(pages.page(self.title, self.summary, pictures, panels, spoken))

    def _show(self, html: str) -> None:
        self.html = html
        publish({"text/html": html, "text/plain": f"{self.title}. {self.summary}"}, None, self._id, self._shown)
        self._shown = True


def _stride(marks: list[float]) -> int:
    return -(-len(marks) // readings.MARKS)


def _in_words(step: int, of: int, panels: list[Panel]) -> str:
    told = [
        f"{p.title}: " + ", ".join(f"{name} {number(ys[-1])}" for name, (_, ys) in p.curves.items()) for p in panels
    ]
    return " ".join([f"Step {step:,} of {of:,}.", *(f"{sentence}." for sentence in told)])


def watch() -> None:
    """From now on every training that shows its progress, and takes more than a second, is seen as on a `board`."""
    if not WATCHERS:
        WATCHERS.append(_unasked)


def _unasked(run: Run) -> Callable[[Run, bool], object] | None:
    """A board for a run that has none of its own; whatever goes wrong with it, the training goes on."""
    if not has_front_end() or any(isinstance(callback, Board) for callback in run.loop.callbacks):
        return None
    watching = [Board(None, {}, {}, "The training, as it goes", 2.0, SHARE, wait=1.0)]

    def look(run: Run, at_end: bool) -> None:
        try:
            for one in watching:
                one(run, at_end)
        except Exception as error:
            watching.clear()
            print(f"The picture of this training ends here ({type(error).__name__}: {error}); the training goes on.")

    return look
