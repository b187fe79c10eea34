"""Finding an exercise by its number; the exercises of a lesson are a folder, which a teacher may hold back."""

import importlib
from functools import cache

from course_utils.checks.exercise import Exercise

LESSONS = ("01", "02", "03", "04", "05", "06", "08", "10", "11", "12", "13", "15", "16")  # those with exercises


class NoSuchExercise(LookupError):
    """There is no exercise of that number in this copy of the course; the message says why, and what there is."""


@cache
def exercises(lesson: str) -> dict[str, Exercise]:
    """The exercises of lesson "02" by number, in order; empty if this copy of the course does not have them."""
    package = f"course_utils.checks.lesson_{lesson}"
    try:
        listed = importlib.import_module(package).EXERCISES
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        return {}
    return {exercise.number: exercise for exercise in listed}


def find(number: str) -> Exercise:
    """The exercise "2.1". Raises NoSuchExercise."""
    number = str(number).strip()
    lesson = number.split(".")[0].zfill(2)
    if lesson not in LESSONS:
        raise NoSuchExercise(f"there is no exercise {number}; exercises have numbers such as 2.1, in quotation marks")
    listed = exercises(lesson)
    if not listed:
        raise NoSuchExercise(
            f"exercise {number} is not in this copy of the course: your teacher holds its check back, and has it where "
            "your work is graded. Your answer stays in the notebook"
        )
    if number not in listed:
        raise NoSuchExercise(f"there is no exercise {number}; this lesson has {', '.join(listed)}")
    return listed[number]
