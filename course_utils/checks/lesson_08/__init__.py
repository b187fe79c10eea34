"""The exercises of lesson 08."""

from course_utils.checks.lesson_08 import active_units, bound, bug_hunt, draws, hidden_noise, kl_of_two

EXERCISES = (
    kl_of_two.EXERCISE,
    draws.EXERCISE,
    bound.EXERCISE,
    hidden_noise.EXERCISE,
    active_units.EXERCISE,
    bug_hunt.EXERCISE,
)
