"""`watch`: every training is seen, without being asked for."""

from __future__ import annotations

from collections.abc import Callable

from course_utils.live.boards import Board
from course_utils.plots.caption import has_front_end
from course_utils.progress import WATCHERS
from course_utils.training import Run


def watch() -> None:
    """From now on every training that shows its progress, and takes more than a second, is seen as on a `board`."""
    if _unasked not in WATCHERS:
        WATCHERS.append(_unasked)


def _unasked(run: Run) -> Callable[[Run, bool], object] | None:
    """A board for a run that has none of its own; whatever goes wrong with it, the training goes on."""
    if not has_front_end() or any(isinstance(callback, Board) for callback in run.loop.callbacks):
        return None
    watching = [Board(filmed=False, wait=1.0)]

    def look(run: Run, at_end: bool) -> None:
        try:
            for one in watching:
                one(run, at_end)
        except Exception as error:
            watching.clear()
            print(f"The picture of this training ends here ({type(error).__name__}: {error}); the training goes on.")

    return look
