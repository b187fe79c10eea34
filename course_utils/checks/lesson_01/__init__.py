"""The exercises of lesson 01."""

from course_utils.checks.lesson_01 import averaged_path, extragradient, game_value, pixels_as_scores, smoothed_labels

EXERCISES = (
    smoothed_labels.EXERCISE,
    game_value.EXERCISE,
    extragradient.EXERCISE,
    averaged_path.EXERCISE,
    pixels_as_scores.EXERCISE,
)
