"""The exercises of lesson 09."""

from course_utils.checks.lesson_09 import active_units, bug_hunt, hidden_noise, wrong_shape

EXERCISES = (wrong_shape.EXERCISE, hidden_noise.EXERCISE, active_units.EXERCISE, bug_hunt.EXERCISE)
