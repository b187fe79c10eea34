"""A game in the plane that one can play with: on the screen, or headless."""

from course_utils.playground.play import Play, run
from course_utils.playground.presets import PRESETS, Preset
from course_utils.playground.settings import Settings
from course_utils.playground.showing import show

__all__ = ["PRESETS", "Play", "Preset", "Settings", "run", "show"]
