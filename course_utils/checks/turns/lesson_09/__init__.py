"""What the student writes in lesson 09."""

from course_utils.checks.turns.lesson_09 import aggregate, draws, free_bits, quantise

TURNS = (draws.TURN, free_bits.TURN, aggregate.TURN, quantise.TURN)
