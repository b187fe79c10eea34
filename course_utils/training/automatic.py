"""Trainings of a lesson save themselves, so that a kernel that is lost costs a minute of them.

A file has the hash of all that the run depends on for its name (`digest`): the call, the data, the code, and the state
in which it begins. Only the very same run finds it, and goes on from it bit for bit. A run saves itself where that
is certain and loses nothing: see `train_gan`.
"""

from __future__ import annotations

import random
import sys
import time
from contextlib import ExitStack, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import course_utils
from course_utils.storage import DamagedFile, FileInUse, load_tensors, locked, save_tensors
from course_utils.training import distributed
from course_utils.training.digest import digest
from course_utils.training.state import restore, state_of

if TYPE_CHECKING:
    from course_utils.training.loop import Loop

EVERY = 60.0  # seconds of training between two saves; a shorter run never writes
SHARE = 0.01  # of the training's time that saving may take: where it takes long, it is done less often
DAYS, FILES = 7, 10  # how long a file waits for its run, and how many do

folder: Path | None = None  # where, once a lesson has begun
_used: set[Path] = set()  # files that this process has written or gone on from: here the run was stopped, or failed


def save_in(where: Path) -> None:
    """From now on trainings save themselves in this folder. What nobody has come back for is removed."""
    global folder
    folder = where
    with suppress(OSError):
        newest_first = sorted(where.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        runs = [path for path in newest_first if path.suffix == ".pt"]
        for path in newest_first:
            if time.time() - path.stat().st_mtime > DAYS * 86_400 or path in runs[FILES:]:
                _remove(path)


def _remove(path: Path) -> None:
    """Remove a file, unless another process uses it, or it may not be removed."""
    with suppress(OSError, FileInUse):
        if path.suffix != ".pt":  # left by a writer that was killed
            path.unlink()
        elif path.exists():
            with locked(path, wait=False):
                path.unlink()


class Automatic:
    """The file of a run from where it stands to its end, or none. It is this process's alone from the first save on.

    A run that ends early in this process, by the stop button or an error, is in memory, and `go_on` continues it: the
    same call begins again. Its file stays all the same, because Jupyter presses stop before it ends a kernel.
    """

    def __init__(self, loop: Loop, parts: dict[str, Any]):
        self.loop, self.parts = loop, parts
        self.path: Path | None = None
        self.lock = ExitStack()
        self.held = False

    def __enter__(self) -> Automatic:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        self.lock.close()
        if kind is None and self.loop.run.steps_done == len(self.loop.run.rows):
            for path in self.loop.saves:
                _remove(path)
            self.loop.saves.clear()

    def take_up(self) -> None:
        """Find the run's file, and go on from it if a process that is no more has left it."""
        loop, run = self.loop, self.loop.run
        collects = any(callback.collects for callback in loop.callbacks)
        if folder is None or not loop.progress or loop.checkpoint is not None or loop.moved or collects:
            return
        if distributed.processes() > 1:
            return
        try:
            self.outside = self._outside()
            state = self._state() | {"seconds": 0.0}
            path = folder / f"{digest([self.outside[0], state, *_machine(run.device.type)])}.pt"
        except Exception:  # not all can be told; and whatever goes wrong with it, the training begins
            return
        loop.saves.add(path)
        if loop.afresh:
            _remove(path)
            return
        self.path = path
        if path not in _used and path.exists():
            self._resume()
        self.next = run.seconds + EVERY

    def _resume(self) -> None:
        begun, run = self.loop.run.steps_done, self.loop.run
        try:
            self._hold()
            state = load_tensors(self.path)
        except FileInUse:
            self.path = None  # a run of another kernel, which is alive
            return
        except (DamagedFile, FileNotFoundError):
            return
        except OSError as error:
            self._go_without(error)
            return
        restore(run, self.parts, self.loop.step.streams, state)
        _used.add(self.path)
        print(f"resumed at step {run.steps_done:,}{'' if begun else '; checkpoint=False starts again'}")

    def save_if_due(self) -> None:
        """Save the run if it is time to; whatever goes wrong with it, the training goes on."""
        run = self.loop.run
        if self.path is None or run.seconds < self.next:
            return
        began = time.perf_counter()
        try:
            if self._outside() != self.outside:  # a counter, a log: what a file would not bring back
                self.path = None
                return
            self._hold()
            save_tensors(self.path, self._state())
        except FileInUse:
            self.path = None
            return
        except Exception as error:
            self._go_without(error)
            return
        _used.add(self.path)
        self.next = run.seconds + max(EVERY, (time.perf_counter() - began) / SHARE)

    def _hold(self) -> None:
        if not self.held:
            self.lock.enter_context(locked(self.path, wait=False))
            self.held = True

    def _go_without(self, error: Exception) -> None:
        reason = getattr(error, "strerror", None) or error
        print(f"This training does not save itself any more, and goes on: cannot use {self.path} ({reason}).")
        self.path = None

    def _state(self) -> dict[str, Any]:
        return state_of(self.loop.run, self.parts, self.loop.step.streams)

    def _outside(self) -> tuple[str, str]:
        """Hashes of what the run depends on and no file brings back: it must be the same all the time.

        The second one is of random streams that belong to nobody, and so differ from process to process.
        """
        loop, step = self.loop, self.loop.step
        weights = [x for network in step.networks.values() for x in network.state_dict(keep_vars=True).values()]
        data = [batches.sample for batches in step.samples.values()]
        run = [type(step).__name__, loop.identity, loop.schedule, loop.seed, loop.engine, step.networks, data]
        streams = [random.getstate(), np.random.get_state()]
        return digest([*run, step.optimizers], saved=[*weights, *step.optimizers.values()]), digest(streams)


def _machine(device: str) -> list[object]:
    versions = [sys.version, str(torch.__version__), np.__version__, _course()]
    return [*versions, device, torch.get_num_threads(), torch.get_default_dtype()]


@cache
def _course() -> str:
    """A hash of the course's own code: a newer course does not go on with the run of an older one."""
    return digest([path.read_bytes() for path in sorted(Path(course_utils.__file__).parent.rglob("*.py"))])
