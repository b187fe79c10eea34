"""One progress bar for everything that takes a while."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import Any, TypeVar

from tqdm.auto import tqdm

from course_utils.inputs import shown

T = TypeVar("T")

# What watches every training that shows its progress: each makes a callback for a run, or None. `live.watch` adds one.
WATCHERS: list[Callable[[Any], Callable[[Any, bool], object] | None]] = []
PATIENCE = 0.5  # seconds that a measure may take without a bar
SPANS = "COURSE_BARS"  # names a file, to which each bar adds when it began and ended, for commands/silence.py
_alive = 0  # how many bars there are now


@contextmanager
def progress_bar(
    total: int | None, unit: str, description: str | None = None, wanted: bool = True, done: int = 0
) -> Iterator[tqdm]:
    """A bar with rate and time left, which goes away when it is done. What was `done` before it does not count as fast.

    TQDM_DISABLE turns all bars off, for stored outputs (a saved bar is a frozen 0 %). tqdm reads it too, but not in a
    notebook.
    """
    global _alive
    off = os.environ.get("TQDM_DISABLE", "") not in ("", "0")
    began, _alive = time.time(), _alive + wanted
    try:
        with tqdm(
            total=total, unit=unit, desc=description, leave=False, disable=off or not wanted, initial=done
        ) as bar:
            yield bar
    finally:
        _alive -= wanted
        if wanted and SPANS in os.environ:
            _note(began, time.time())


def _note(began: float, ended: float) -> None:
    """Tell who executes this notebook, where bars are turned off, when there would have been one."""
    with open(os.environ[SPANS], "a", encoding="utf-8") as file:
        file.write(f"{began:.3f} {ended:.3f}\n")


def progress(items: Iterable[T], description: str | None = None, delay: float = 0.0) -> Iterator[T]:
    """`for item in progress(items, "what is done"): …`, with a bar that goes away when all are done.

    Items are taken one by one, as the loop does; a bar of those that have no length shows no end. With a `delay`, for
    what is often done in no time, there is no bar before so many seconds, and none inside another.
    """
    if not isinstance(items, Iterable):
        raise ValueError(f"progress needs what a for loop can run over, not {shown(items)}: write range({items!r})?")
    return _with_bar(iter(items), len(items) if isinstance(items, Sized) else None, description, delay)


def _with_bar(items: Iterator[T], total: int | None, description: str | None, delay: float) -> Iterator[T]:
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < delay:
        try:
            item = next(items)
        except StopIteration:
            return
        yield item
        done += 1
    with progress_bar(total, "item", description, not (delay and _alive), done) as bar:
        for item in items:
            yield item
            bar.update()
