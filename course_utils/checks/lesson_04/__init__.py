"""The exercises of lesson 04."""

from course_utils.checks.lesson_04 import (
    closeness,
    honest_count,
    out_of_the_clump,
    what_samples_tell,
    worn_out_noise,
)

EXERCISES = (
    what_samples_tell.EXERCISE,
    honest_count.EXERCISE,
    closeness.EXERCISE,
    out_of_the_clump.EXERCISE,
    worn_out_noise.EXERCISE,
)
