"""The exercises of lesson 09."""

from course_utils.checks.lesson_09 import backward_cycle, chain_losses, perfect_maps, what_decides, wrong_judge

EXERCISES = (
    perfect_maps.EXERCISE,
    chain_losses.EXERCISE,
    backward_cycle.EXERCISE,
    what_decides.EXERCISE,
    wrong_judge.EXERCISE,
)
