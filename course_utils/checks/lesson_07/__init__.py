"""The exercises of lesson 07."""

from course_utils.checks.lesson_07 import (
    lazy_brake,
    look_ahead,
    runaway_critic,
    spectral_step,
    two_penalties,
)

EXERCISES = (
    look_ahead.EXERCISE,
    two_penalties.EXERCISE,
    spectral_step.EXERCISE,
    lazy_brake.EXERCISE,
    runaway_critic.EXERCISE,
)
