"""What the student writes in lesson 08."""

from course_utils.checks.turns.lesson_08 import bound, head, sampler

TURNS = (head.TURN, sampler.TURN, bound.TURN)
