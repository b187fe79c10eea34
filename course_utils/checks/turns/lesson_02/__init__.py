"""What the student writes in lesson 02."""

from course_utils.checks.turns.lesson_02 import d_step, discriminator, g_step, image_generator

TURNS = (discriminator.EXERCISE, d_step.EXERCISE, g_step.EXERCISE, image_generator.EXERCISE)
