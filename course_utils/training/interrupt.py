"""Ctrl-C, and the notebook's stop button, without a step left half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from weakref import WeakSet

# The loops that the stop button ended and nothing has finished since: what is measured on their runs is no evidence.
STOPPED: WeakSet = WeakSet()


@contextmanager
def deferred_interrupt() -> Iterator[list[str]]:
    """Turn the first Ctrl-C into a note in the list it yields, so that no step is left half done; the second raises."""
    notes: list[str] = []
    if threading.current_thread() is not threading.main_thread():
        yield notes  # Python delivers signals to the main thread only
        return
    previous = signal.getsignal(signal.SIGINT)

    def note(signum: int, frame: object) -> None:
        if notes:
            raise KeyboardInterrupt
        notes.append("interrupted")

    signal.signal(signal.SIGINT, note)
    try:
        yield notes
    finally:
        signal.signal(signal.SIGINT, previous)
