"""The exercises of lesson 11."""

from course_utils.checks.lesson_11 import backward_cycle, chain_losses, perfect_maps, what_decides, wrong_judge

EXERCISES = (
    perfect_maps.EXERCISE,
    chain_losses.EXERCISE,
    backward_cycle.EXERCISE,
    what_decides.EXERCISE,
    wrong_judge.EXERCISE,
)
