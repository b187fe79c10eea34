"""Failures of the lessons, ready to be watched: each with its sentence, what it measures, and its control."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from course_utils.inputs import require_choice
from course_utils.playground.play import Play


@dataclass(frozen=True)
class Preset:
    """A game whose outcome is known: after `steps` steps `measure(play)` lies on the side of `above` or `below`, and
    with the settings of `control` it does not. `head_start`: moves that D makes alone before the first step.
    """

    name: str
    title: str
    sentence: str
    settings: dict[str, Any]
    steps: int
    measure: Callable[[Play], float]
    control: dict[str, Any]
    above: float | None = None
    below: float | None = None
    head_start: int = 0
    look: dict[str, Any] = field(default_factory=dict)

    def play(self, control: bool = False, **changes: Any) -> Play:
        """The game before its first step, with the control's settings if asked for, and some changed."""
        play = Play(self.settings | (self.control if control else {}) | changes)
        return play.move("discriminator", self.head_start) if self.head_start else play

    @property
    def note(self) -> str:
        """What has happened before the first step."""
        return f"D has made {self.head_start:,} moves alone." if self.head_start else ""


PRESETS: tuple[Preset, ...] = ()


def preset(name: object) -> Preset:
    """The preset of this name. Raises ValueError for one that is not there."""
    known = {one.name: one for one in PRESETS}
    return known[require_choice("preset", name, known)]
