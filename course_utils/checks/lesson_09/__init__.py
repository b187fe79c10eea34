"""The exercises of lesson 09."""

from course_utils.checks.lesson_09 import active_units, bound, bug_hunt, hidden_noise

EXERCISES = (bound.EXERCISE, hidden_noise.EXERCISE, active_units.EXERCISE, bug_hunt.EXERCISE)
