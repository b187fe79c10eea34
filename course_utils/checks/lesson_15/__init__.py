"""The exercises of lesson 15."""

from course_utils.checks.lesson_15 import best_start, membership, mixed_codes, principal_directions, what_axes_follow

EXERCISES = (
    mixed_codes.EXERCISE,
    principal_directions.EXERCISE,
    membership.EXERCISE,
    what_axes_follow.EXERCISE,
    best_start.EXERCISE,
)
