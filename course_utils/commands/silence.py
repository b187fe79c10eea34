"""How long a lesson keeps a student waiting without a bar: for each cell, from its own bars, which need not be shown.

Nothing is to run for more than two seconds without one. A lesson is timed by the clock of a machine that may be slow
and busy, so `MOST`, what a test allows a stored lesson, is twice as long.
"""

import os
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

MOST = 4.0  # seconds
SPANS = "COURSE_BARS"  # as in `progress`, which is not loaded here
EXEMPT = "lesson.begin("  # in the set-up cell: Python loads PyTorch before there can be a bar
KEY = "silence"


@dataclass(frozen=True)
class Silence:
    """The longest time without a bar in the code cell that begins with this line."""

    seconds: float
    cell: str

    def __str__(self) -> str:
        return f"longest time without a bar: {self.seconds:.1f} s, in the cell that begins with `{self.cell}`"


class Listener:
    """Told by nbclient when cells begin and end, and by the bars, through a file, when there was one."""

    def __init__(self) -> None:
        handle, path = tempfile.mkstemp(prefix="course-bars-")
        os.close(handle)
        self.path, self.environment = Path(path), {SPANS: path}
        self._began: dict[int, float] = {}
        self._took: list[tuple[str, float, float]] = []

    def begins(self, cell: "NotebookNode", cell_index: int) -> None:
        self._began[cell_index] = time.time()

    def ends(self, cell: "NotebookNode", cell_index: int) -> None:
        if EXEMPT not in cell.source:
            first = next(line.strip() for line in cell.source.splitlines() if line.strip())
            self._took.append((first, self._began[cell_index], time.time()))

    def close(self) -> list[Silence]:
        """All cells that ended, the most silent one first; nothing more is heard."""
        spans = sorted(tuple(map(float, line.split())) for line in self.path.read_text().splitlines())
        self.path.unlink()
        found = [Silence(round(longest(spans, began, ended), 1), first) for first, began, ended in self._took]
        return sorted(found, key=lambda silence: -silence.seconds)


def longest(spans: Iterable[tuple[float, float]], began: float, ended: float) -> float:
    """The longest part of `began` to `ended` outside of these spans, which are sorted by their beginnings."""
    most, silent_since = 0.0, began
    for first, last in spans:
        most = max(most, min(first, ended) - silent_since)
        silent_since = max(silent_since, last)
    return max(most, ended - silent_since)


def note(notebook: "NotebookNode", found: list[Silence]) -> None:
    """Keep the most silent cell with the notebook that was executed."""
    if found:
        notebook.metadata[KEY] = asdict(found[0])


def of(notebook: "NotebookNode") -> Silence | None:
    """What `note` kept; None if no cell came to its end."""
    return Silence(**notebook.metadata[KEY]) if KEY in notebook.metadata else None


def stored(timings: dict) -> dict[str, Silence]:
    """The most silent cell of each lesson, from `timings.json`, as far as it was rendered since this is measured."""
    return {number: Silence(**of["cpu"][KEY]) for number, of in timings.items() if KEY in of.get("cpu", {})}
