"""`board`: what a training looks like while it runs, without changing it."""

from __future__ import annotations

import itertools
import os
import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

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
    shown,
)
from course_utils.live import pages, pictures, readings
from course_utils.live.buttons import offer
from course_utils.live.readings import Panel
from course_utils.live.traces import Trace
from course_utils.plots import Film
from course_utils.plots.caption import has_front_end, publish
from course_utils.training import Run, every, forked_random_state

TITLE = "The training, as it goes"
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
    title: str = TITLE,
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
    Nothing of it changes the run, unless a network counts its own calls. The film of what was seen is in `.film`; where
    nobody watches (stored notebooks, scripts) it is drawn at 20 steps, and shown at the end. A run that was stopped
    gets buttons: on to its end, one step, one move of a player alone. `slow`: slow motion, five steps a second. A loop
    of your own calls `board.update(…)`. Raises ValueError for what cannot be shown.
    """
    known = {require_text("a measure's name", name): f for name, f in _mapping("measures", measures).items()}
    for name, measure in known.items():
        require_function(f"the measure {name!r}", measure, "a function of the run that returns a number", takes=1)
    floors = {name: require_number(f"floors[{name!r}]", x) for name, x in _mapping("floors", floors).items()}
    if unknown := set(floors) - set(known):
        raise ValueError(f"floors names {', '.join(map(str, unknown))}, and there is no such measure")
    require_number("fps", fps, above=0, most=30)
    require_number("share", share, above=0, most=1)
    require_flag("slow", slow), require_text("title", title)
    return Board(pictures.given(real), known, floors, title, fps, share, slow=slow)


def _mapping(name: str, given: Mapping | None) -> dict:
    return {} if given is None else dict(require_mapping(name, given, '{"name": …, ...}'))


class Board(every):
    """The callback that `board` makes. `html` is the latest frame, `summary` what it says in words."""

    def __init__(
        self,
        real: np.ndarray | None = None,
        measures: Mapping[str, Callable[[Run], float]] | None = None,
        floors: Mapping[str, float] | None = None,
        title: str = TITLE,
        fps: float = 2.0,
        share: float = SHARE,
        *,
        filmed: bool = True,
        wait: float = 0.0,
        slow: bool = False,
    ):
        super().__init__(1, self._look)
        self.measures, self.floors, self.title = measures or {}, floors or {}, title
        self.fps, self.share, self.slow = fps, share, slow
        self._real, self._filmed, self._wait = real, filmed, wait
        self._begin(None)

    @property
    def collects(self) -> bool:
        """Measures are curves of the whole run; the other curves are in its history, and a film is of what was seen."""
        return bool(self.measures)

    def _begin(self, run: Run | None) -> None:
        """A run that it has not seen before: nothing of an earlier one is left."""
        self.html, self.summary = "", ""
        self.frames, self.seconds = 0, 0.0  # how many were drawn so far, and what that took
        self.film = Film(self.title) if self._filmed else None
        self._run, self._id = run, f"board-{os.getpid()}-{next(_numbers)}"
        self._watched: bool | None = None  # known from the first call on
        self._next, self._spoken, self._shown, self._offered = 0.0, 0.0, False, False
        self._levels: dict[str, float] | None = None  # known from the first look on, as is what stands beside
        self._beside: np.ndarray | None = None
        self._traces: dict[str, dict[str, Trace]] = {}  # by panel and curve
        self._pictures = pictures.Pictures(self._real)

    def __call__(self, run: Run, at_end: bool) -> bool:
        """Look at the run, if it is time to; whether it was. Its random numbers stay as they were."""
        if run is not self._run:
            self._begin(run)
        drawn = self._if_due(run.steps_done, len(run.rows), at_end, lambda: self._look(run), run.device)
        stopped = at_end and run.steps_done < len(run.rows)
        if stopped and self._watched and not self._offered:
            offer(run, self)
        self._offered = (self._offered or stopped) and not (at_end and not stopped)
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
        until they are drawn. A smaller step than the one before begins a new run. Returns whether a frame was drawn.
        """
        of = require_count("of", of)
        step = require_count("step", step, most=of)
        given = _mapping("losses", losses)
        if any(step < trace.step for trace in self._traces.get("losses", {}).values()):
            self._begin(None)
        for name, loss in given.items():
            self._note("losses", require_text("a loss's name", name), step, _one_number(name, loss))
        weight = next(generator.parameters(), None) if isinstance(generator, nn.Module) else None

        def look() -> None:
            drawn = None if generator is None else readings.drawn_by(generator)
            self._frame(step, of, [], drawn, discriminator)

        return self._if_due(step, of, step == of, look, torch.device("cpu") if weight is None else weight.device)

    def _if_due(self, done: int, steps: int, at_end: bool, look: Callable[[], None], device: torch.device) -> bool:
        began = time.perf_counter()
        if self._watched is None:
            self._watched, self._next = has_front_end(), began + self._wait
        if not (self._is_time(began, at_end) if self._watched else self._is_filmed(done, steps, at_end)):
            return False
        with forked_random_state(device, readings.SEED), _numpy_and_python_forked():
            look()
        spent = time.perf_counter() - began
        self.frames, self.seconds = self.frames + 1, self.seconds + spent
        self._next = began + max(1 / self.fps, spent / self.share)
        if self.slow and self._watched:
            time.sleep(max(0.0, 1 / SLOW - spent))
        if done == steps and at_end and not self._watched and len(self.film):
            self.film.show()
        return True

    def _is_time(self, now: float, at_end: bool) -> bool:
        return now >= self._next or self.slow or (at_end and (self._shown or not self._wait))

    def _is_filmed(self, done: int, steps: int, at_end: bool) -> bool:
        return self.film is not None and (at_end or done % -(-steps // STORED) == 0)

    def _look(self, run: Run) -> None:
        game = run.loop.identity.get("game")
        if self._levels is None:
            self._levels = readings.loss_levels(game)
            self._beside = readings.real_samples(run) if self._real is None else None  # the same in each frame
        for name, value in readings.gradient_norms(run).items():
            self._note("gradient norm", name, run.steps_done, value)
        for name, measure in self.measures.items():
            self._note(name, name, run.steps_done, _one_number(name, measure(run), "the measure"))
        panels = readings.curve_panels(run, self._levels) if run.steps_done else []
        discriminator = None if getattr(run, "conditional", False) else getattr(run, "discriminator", None)
        paths = readings.flow_paths(run)
        drawn = readings.drawn_samples(run) if paths is None else paths[-1]
        self._frame(run.steps_done, len(run.rows), panels, drawn, discriminator, paths, game)

    def _note(self, title: str, name: str, step: int, value: float | Tensor) -> None:
        self._traces.setdefault(title, {}).setdefault(name, Trace()).note(step, value)

    def _frame(
        self, step: int, of: int, panels: list[Panel], drawn, discriminator: nn.Module | None, paths=None, game=None
    ) -> None:
        seen = self._pictures.of(drawn, self._beside, discriminator, paths, game)
        if self.film is not None and seen:
            self.film.add(next(iter(seen.values())), f"step {step:,}")
        for title, traces in self._traces.items():
            floor = {"floor": self.floors[title]} if title in self.floors else {}
            panels = [*panels, Panel(title, {name: trace.points() for name, trace in traces.items()}, floor)]
        self.summary, now = _in_words(step, of, panels), time.perf_counter()
        spoken = now >= self._spoken + SPOKEN or step == of
        self._spoken = now if spoken else self._spoken
        if self._watched:
            self._show(pages.page(self.title, self.summary, seen, panels, spoken))

    def _show(self, html: str) -> None:
        self.html = html
        publish({"text/html": html, "text/plain": f"{self.title}. {self.summary}"}, None, self._id, self._shown)
        self._shown = True


def _one_number(name: object, value: object, what: str = "the loss") -> Tensor:
    """A number or a tensor of one element, NaN and infinity too: they are what one wants to see."""
    try:
        found = value if isinstance(value, Tensor) else torch.tensor(float(value))
        if found.numel() == 1 and not found.is_complex():
            return found
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{what} {name!r} must be one number, not {shown(value)}")


@contextmanager
def _numpy_and_python_forked() -> Iterator[None]:
    """A measure may draw from these; a sampler of the run's own may, too."""
    kept = np.random.get_state(), random.getstate()
    try:
        yield
    finally:
        np.random.set_state(kept[0]), random.setstate(kept[1])


def _in_words(step: int, of: int, panels: list[Panel]) -> str:
    return " ".join([f"Step {step:,} of {of:,}.", *(f"{panel.words}." for panel in panels)])
