"""The exercises of lesson 13."""

from course_utils.checks.lesson_13 import flow_matching, mostly_noise, paired_interval, two_directions, two_looks

EXERCISES = (
    two_directions.EXERCISE,
    paired_interval.EXERCISE,
    flow_matching.EXERCISE,
    mostly_noise.EXERCISE,
    two_looks.EXERCISE,
)
