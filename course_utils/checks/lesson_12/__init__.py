"""The exercises of lesson 12."""

from course_utils.checks.lesson_12 import best_start, membership, mixed_codes, principal_directions, what_axes_follow

EXERCISES = (
    mixed_codes.EXERCISE,
    principal_directions.EXERCISE,
    membership.EXERCISE,
    what_axes_follow.EXERCISE,
    best_start.EXERCISE,
)
