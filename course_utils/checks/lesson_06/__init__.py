"""The exercises of lesson 06."""

from course_utils.checks.lesson_06 import averaged_path, lazy_brake, look_ahead, look_back, one_side

EXERCISES = (
    look_back.EXERCISE,
    look_ahead.EXERCISE,
    averaged_path.EXERCISE,
    lazy_brake.EXERCISE,
    one_side.EXERCISE,
)
