"""What the student writes in lesson 12."""

from course_utils.checks.turns.lesson_12 import copies, coverage, deal, frechet

TURNS = (deal.TURN, frechet.TURN, coverage.TURN, copies.TURN)
