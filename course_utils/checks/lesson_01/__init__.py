"""The exercises of lesson 01."""

from course_utils.checks.lesson_01 import game_value, held_pull, pixels_as_scores, smoothed_labels, two_divergences

EXERCISES = (
    smoothed_labels.EXERCISE,
    game_value.EXERCISE,
    held_pull.EXERCISE,
    two_divergences.EXERCISE,
    pixels_as_scores.EXERCISE,
)
