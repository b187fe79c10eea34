"""What the student writes in lesson 11."""

from course_utils.checks.turns.lesson_11 import cycle, field, pool

TURNS = (cycle.TURN, field.TURN, pool.TURN)
