"""Finding an exercise or a lesson's turn by its number.

The exercises of a lesson are a folder, which a teacher may hold back; its turns come with the lesson.
"""

import importlib
import pkgutil
from functools import cache

from course_utils.checks import turns as turn_folder
from course_utils.checks.exercise import Exercise

# those with exercises
LESSONS = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13", "15", "16")


class NoSuchExercise(LookupError):
    """There is no exercise of that number in this copy of the course; the message says why, and what there is."""


@cache
def exercises(lesson: str) -> dict[str, Exercise]:
    """The exercises of lesson "02" by number, in order; empty if this copy of the course does not have them."""
    return {exercise.number: exercise for exercise in _listed(f"course_utils.checks.lesson_{lesson}", "EXERCISES")}


@cache
def turns(lesson: str) -> dict[str, Exercise]:
    """What is the student's to write inside lesson "02", by number ("02.1"), in order; empty if there is nothing."""
    return {turn.number: turn for turn in _listed(f"{turn_folder.__name__}.lesson_{lesson}", "TURNS")}


@cache
def lessons_with_turns() -> tuple[str, ...]:
    """The lessons in which a student writes something."""
    found = [module.name for module in pkgutil.iter_modules(turn_folder.__path__)]
    return tuple(sorted(name.removeprefix("lesson_") for name in found if name.startswith("lesson_")))


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


def find_turn(number: str, lesson: str | None = None) -> Exercise:
    """The turn "02.1" of its lesson, or only of `lesson`. Raises NoSuchExercise."""
    number = str(number).strip()
    lesson = lesson or number.split(".")[0]
    listed = turns(lesson)
    if number not in listed:
        has = f"has {', '.join(listed)}" if listed else "has none"
        raise NoSuchExercise(f"there is no turn {number}; lesson {lesson} {has}")
    return listed[number]


def _listed(module: str, name: str) -> tuple[Exercise, ...]:
    """What a module lists under a name; empty if there is no such module."""
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        return ()
