"""The exercises of lesson 07."""

from course_utils.checks.lesson_07 import (
    augmentation,
    hinge_and_pairs,
    runaway_critic,
    spectral_step,
    two_penalties,
)

EXERCISES = (
    two_penalties.EXERCISE,
    spectral_step.EXERCISE,
    augmentation.EXERCISE,
    hinge_and_pairs.EXERCISE,
    runaway_critic.EXERCISE,
)
