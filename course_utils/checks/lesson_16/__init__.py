"""The exercises of lesson 16."""

from course_utils.checks.lesson_16 import intensity, random_rounding, scaled_step, snapshot, unequal_shares

EXERCISES = (
    intensity.EXERCISE,
    scaled_step.EXERCISE,
    unequal_shares.EXERCISE,
    random_rounding.EXERCISE,
    snapshot.EXERCISE,
)
