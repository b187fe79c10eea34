"""The exercises of lesson 03."""

from course_utils.checks.lesson_03 import batchnorm_apart, brightest_pixel, generator, moving_average, sizes

EXERCISES = (
    sizes.EXERCISE,
    generator.EXERCISE,
    moving_average.EXERCISE,
    batchnorm_apart.EXERCISE,
    brightest_pixel.EXERCISE,
)
