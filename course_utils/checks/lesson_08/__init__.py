"""The exercises of lesson 08."""

from course_utils.checks.lesson_08 import bug_hunt, draws, kl_of_two, score

EXERCISES = (kl_of_two.EXERCISE, draws.EXERCISE, score.EXERCISE, bug_hunt.EXERCISE)
