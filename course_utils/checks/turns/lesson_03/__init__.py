"""What the student writes in lesson 03."""

from course_utils.checks.turns.lesson_03 import generator, he, stamps

TURNS = (stamps.TURN, generator.TURN, he.TURN)
