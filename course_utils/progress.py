"""One progress bar for everything that takes a while."""

import os
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, TypeVar

from tqdm.auto import tqdm

from course_utils.inputs import shown

T = TypeVar("T")

# What watches every training that shows its progress: each makes a callback for a run, or None. `live.watch` adds one.
WATCHERS: list[Callable[[Any], Callable[[Any, bool], object] | None]] = []


def progress_bar(total: int | None, unit: str, description: str | None = None, wanted: bool = True) -> tqdm:
    """A bar with rate and time left, which goes away when it is done.

    TQDM_DISABLE turns all bars off, for stored outputs (a saved bar is a frozen 0 %). tqdm reads it too, but not in a
    notebook.
    """
    off = os.environ.get("TQDM_DISABLE", "") not in ("", "0")
    return tqdm(total=total, unit=unit, desc=description, leave=False, disable=off or not wanted)


def progress(items: Iterable[T], description: str | None = None) -> Iterator[T]:
    """`for item in progress(items, "what is done"): …`, with a bar that goes away when all are done.

    Items are taken one by one, as the loop does; a bar of those that have no length shows no end.
    """
    if not isinstance(items, Iterable):
        raise ValueError(f"progress needs what a for loop can run over, not {shown(items)}: write range({items!r})?")
    return _with_bar(items, description)


def _with_bar(items: Iterable[T], description: str | None) -> Iterator[T]:
    with progress_bar(len(items) if isinstance(items, Sized) else None, "item", description) as bar:
        for item in items:
            yield item
            bar.update()
