"""What the student writes in lesson 10."""

from course_utils.checks.turns.lesson_10 import dropout, film, projection

TURNS = (film.TURN, projection.TURN, dropout.TURN)
