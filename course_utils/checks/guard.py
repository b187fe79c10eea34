"""Running a student's code: within a time limit, and without moving anything outside."""

import contextlib
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from course_utils.training.randomness import forked_random_state


class TimeLimit(BaseException):
    """The answer ran for too long. Not an Exception, so that an answer's own `except Exception` lets it pass."""


@contextmanager
def undisturbed(seed: int) -> Iterator[None]:
    """Draw from `seed` inside; afterwards every random state, the default dtype and autograd's switch are as before.

    Tensors are made on the CPU, whatever default device the notebook has set. Warnings and the error stream are kept
    back: nbgrader gives no points to a cell that writes to it.
    """
    python, numpy = random.getstate(), np.random.get_state()
    dtype, grad, place = torch.get_default_dtype(), torch.is_grad_enabled(), torch.get_default_device()
    cpu = torch.device("cpu")
    _make_tensors_on(cpu)
    try:
        with forked_random_state(cpu, seed), warnings.catch_warnings(), contextlib.redirect_stderr(sys.stdout):
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
    """Raise TimeLimit inside after `seconds`, wherever Python is then. Only the main thread can be interrupted."""
    if threading.current_thread() is not threading.main_thread():
        yield
    elif hasattr(signal, "SIGALRM"):
        fired = []

        def stop(*_: object) -> None:
            fired.append(True)
            raise TimeLimit

        before = signal.signal(signal.SIGALRM, stop)
        signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)  # and again, should the answer swallow the first
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
        if fired:
            raise TimeLimit
    else:
        with _interrupted_after(seconds):
            yield


@contextmanager
def _interrupted_after(seconds: float) -> Iterator[None]:
    """Windows has no alarm: another thread presses Ctrl-C."""
    import _thread

    fired = threading.Event()

    def interrupt() -> None:
        fired.set()
        _thread.interrupt_main()

    timer = threading.Timer(seconds, interrupt)
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if fired.is_set():
            raise TimeLimit from None
        raise
    finally:
        timer.cancel()
