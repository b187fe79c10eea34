"""Running a student's code: within a time limit, and without moving anything outside."""

import _thread
import contextlib
import random
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from course_utils.training.randomness import forked_random_state

TICK = 0.1  # seconds from one look at the time to the next
PATIENCE = 3  # how many times its limit an answer may take on the clock while it hardly computes
IDLE = 0.05  # of the time on the clock: a thread that gets less waits; even a crowded machine would give it more


class TimeLimit(BaseException):
    """The answer computed for too long. Not an Exception: an answer's own `except Exception` lets it pass."""


class Waiting(TimeLimit):
    """The answer did not compute at all: it waits for something that does not come."""


@contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Draw from `seed` inside; afterwards every random state, the default dtype and autograd's switch are as before.

    Tensors are made on the CPU, whatever default device the notebook has set. Warnings and the error stream are kept
    back: nbgrader gives no points to a cell that writes to it.
    """
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    python, numpy = random.getstate(), np.random.get_state()
    dtype, grad, place = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_default_device()
    _make_tensors_on(torch.device("cpu"))
    try:
        with forked_random_state(device, seed), warnings.catch_warnings(), contextlib.redirect_stderr(sys.stdout):
            warnings.simplefilter("ignore")
            random.seed(seed)
            np.random.seed(seed)
            torch.set_grad_enabled(True)
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        torch.set_default_dtype(dtype)
        _make_tensors_on(place)
        torch.set_grad_enabled(grad)


def _make_tensors_on(device: torch.device) -> None:
    if torch.get_default_device() != device:  # setting it, even to the same, would slow every later call
        torch.set_default_device(device)


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit inside after `seconds` of processor time of this thread, wherever Python is then.

    Processor time is the same on a machine that is busy with other things. One who waits (for input, a lock, a sleep)
    uses none: Waiting is raised after PATIENCE times `seconds` on the clock. Only the main thread can be interrupted.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    computing, clock = time.thread_time(), time.monotonic()
    reached: list[type[TimeLimit]] = []

    def look(*_: object) -> None:
        computed, passed = time.thread_time() - computing, time.monotonic() - clock
        if computed >= seconds:
            reached.append(TimeLimit)
        elif passed >= PATIENCE * seconds and computed < IDLE * passed:
            reached.append(Waiting)
        if reached:
            raise reached[0]

    with _alarms(look) if hasattr(signal, "SIGALRM") else _simulated_signals(look):
        yield
    if reached:  # the answer swallowed it
        raise reached[0]


@contextmanager
def _alarms(look: Callable) -> Iterator[None]:
    """Call `look` in the main thread again and again, also in the middle of a sleep."""
    before = signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, TICK, TICK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@contextmanager
def _simulated_signals(look: Callable) -> Iterator[None]:
    """The same for Windows, which has no alarm: another thread acts as if a signal came. A sleep ends first."""
    before = signal.signal(signal.SIGTERM, look)  # which Windows itself never sends
    over = threading.Event()

    def tick() -> None:
        while not over.wait(TICK):
            _thread.interrupt_main(signal.SIGTERM)

    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    try:
        yield
    finally:
        over.set()
        ticking.join()
        signal.signal(signal.SIGTERM, before)
