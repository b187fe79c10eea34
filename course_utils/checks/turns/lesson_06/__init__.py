"""What the student writes in lesson 06."""

from course_utils.checks.turns.lesson_06 import alternating, extragradient, field

TURNS = (field.TURN, alternating.TURN, extragradient.TURN)
