"""`show`: the playground where somebody can play, a film of the same game everywhere else."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_utils.live.opinion import opinion_of
from course_utils.playground import measures
from course_utils.playground.play import Play
from course_utils.playground.session import Session
from course_utils.playground.settings import Settings
from course_utils.playground.views import extent_of, real_points
from course_utils.plots import Caption, Film
from course_utils.plots.controls import is_live
from course_utils.plots.raster import scatter_frame
from course_utils.progress import PATIENCE, progress

FRAMES, PER_FRAME, SIZE = 20, 50, 300  # of the film: pictures, steps between two of them, pixels of a side
POINTS = 300


def show(settings: Settings | Mapping[str, Any] | None = None, *, preset: str | None = None) -> Caption | None:
    """The playground, with these settings or those of a preset: `show({"loss": "hinge"})`, `show(preset="collapse")`.

    Where a kernel and anywidget can serve a front end it is shown, and None is returned. Elsewhere, and always when
    COURSE_STATIC is set, the game is played for 1,000 steps, and its film shown. Raises ValueError for settings that
    cannot be, and for both at once.
    """
    if settings is not None and preset is not None:
        raise ValueError("give settings or a preset, not both: a preset brings its own settings")
    session = Session(settings, preset)
    if not is_live() or importlib.util.find_spec("anywidget") is None:
        return film_of(session.seats[0].play)
    from IPython.display import display

    from course_utils.playground.widget import Playground

    display(Playground(session))
    return None


def film_of(play: Play) -> Caption:
    """A film of the game's next 1,000 steps, and in its caption how the samples measure at the end."""
    film, extent = Film("The game, as a film"), extent_of(play.settings)
    real = real_points(play.settings).numpy()[:POINTS]
    for k in progress(range(FRAMES + 1), "a film of the game", delay=PATIENCE):
        if k:
            play.advance(PER_FRAME)
        generated = play.samples(POINTS).numpy()
        judge = play.networks()[1] if play.settings.model == "GAN" else None
        opinion = opinion_of(judge, play.settings.objective, np.concatenate([real, generated]))
        film.add(scatter_frame(real, generated, extent, SIZE, opinion and opinion.of), f"step {play.step:,}")
    film.show()
    told = measures.in_words(play.measured(), play.floors)
    return Caption(f"After {play.step:,} steps: {told}. With a kernel, this cell shows the playground instead.")
