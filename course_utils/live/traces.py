"""Curves that may grow for ever: means over equal stretches of what was noted, in a bounded place."""

from __future__ import annotations

import torch
from torch import Tensor

MARKS = 120  # means that a curve keeps at least, once there are so many: more cannot be told apart at its width
WAITING = 64  # values that stay on their device until they are read: reading makes an accelerator wait


class Trace:
    """One curve. `note(step, value)` takes a number or a tensor of one element; `points()` are those to be drawn."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, Tensor]] = []
        self._means: list[tuple[float, float]] = []
        self._open: list[tuple[float, float]] = []  # what makes the next mean
        self._each = 1
        self.step = 0.0  # of the latest value

    def note(self, step: float, value: Tensor | float) -> None:
        self._waiting.append((float(step), torch.as_tensor(value).detach().reshape(()).float().clone()))
        self.step = float(step)
        if len(self._waiting) >= WAITING:
            self._read()

    def points(self) -> tuple[list[float], list[float]]:
        """The means, and last the latest value itself."""
        self._read()
        shown = [*self._means, *self._open[-1:]]
        return [step for step, _ in shown], [value for _, value in shown]

    def _read(self) -> None:
        if not self._waiting:
            return
        device = self._waiting[-1][1].device
        values = torch.stack([value.to(device) for _, value in self._waiting]).tolist()  # read at once
        for step, value in zip([step for step, _ in self._waiting], values, strict=True):
            if len(self._open) == self._each:
                self._close()
            self._open.append((step, value))
        self._waiting.clear()

    def _close(self) -> None:
        self._means.append(_mean(self._open))
        self._open = []
        if len(self._means) == 2 * MARKS:
            self._means = [_mean(self._means[k : k + 2]) for k in range(0, 2 * MARKS, 2)]
            self._each *= 2


def _mean(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    steps, values = zip(*pairs, strict=True)
    return sum(steps) / len(steps), sum(values) / len(values)
