"""What the student writes in lesson 04."""

from course_utils.checks.turns.lesson_04 import batch_deviation, birthday, packs

TURNS = (birthday.EXERCISE, packs.EXERCISE, batch_deviation.EXERCISE)
