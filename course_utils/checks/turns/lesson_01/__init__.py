"""What the student writes in lesson 01."""

from course_utils.checks.turns.lesson_01 import best_discriminator, losses, non_saturating, value

TURNS = (value.TURN, losses.TURN, best_discriminator.TURN, non_saturating.TURN)
