"""How far a student is: of each lesson, or of the whole course, the turns and the exercises that are right."""

from collections.abc import Mapping

from course_utils.checks import shelf
from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT
from course_utils.checks.exercise import Exercise
from course_utils.checks.record import recall
from course_utils.checks.words import SIGNS


class Tally(str):
    """Lines of text that a notebook shows as they are, also where they are the last thing in a cell."""

    def __repr__(self) -> str:
        return str(self)


def progress(lesson: str | int | None = None) -> Tally:
    """How many turns and exercises are right: of lesson "02" (or "2", or 2), one by one; else of the whole course."""
    known = _known()
    if lesson is None:
        return Tally("\n".join([*map(_line, known), f"Together:  {_total()}"]))
    number = str(lesson).strip().zfill(2)
    if number not in known:
        return Tally(f"There is nothing to count in lesson {lesson}; there is in {', '.join(known)}.")
    turns, exercises = _turn_states(number), _exercise_states(number)
    each = ";  ".join(
        "  ".join(f"{SIGNS[state]} {name}" for name, state in states.items()) for states in (turns, exercises) if states
    )
    return Tally(f"{_line(number)}   ({each})" if each else _line(number))


def standing() -> str:
    """The whole course in one line, for its first screen; empty as long as nothing is right."""
    right = any(RIGHT in {*_turn_states(n).values(), *_exercise_states(n).values()} for n in _known())
    return f"{_total()}; progress() of course_utils.checks lists them" if right else ""


def lesson_page(lesson: str) -> str:
    """Where turns and predictions of a lesson are recorded: beside its exercises, whose numbers may be the same."""
    return f"{lesson}-lesson"


def _line(lesson: str) -> str:
    turns, exercises = _turn_states(lesson), _exercise_states(lesson)
    parts = [f"in the lesson {_share(turns)}"] if turns else []
    if exercises:
        parts.append(f"exercises {_share(exercises)}")
    elif lesson in shelf.LESSONS:
        parts.append("your teacher has the checks of the exercises")
    return f"Lesson {lesson}: {', '.join(parts)}"


def _known() -> tuple[str, ...]:
    return tuple(sorted({*shelf.LESSONS, *shelf.lessons_with_turns()}))


def _total() -> str:
    turns, exercises = {}, {}
    for lesson in _known():
        turns |= {(lesson, name): state for name, state in _turn_states(lesson).items()}
        exercises |= _exercise_states(lesson)
    return f"in the lessons {_share(turns)}, exercises {_share(exercises)}"


def _share(states: Mapping[object, str]) -> str:
    return f"{sum(state == RIGHT for state in states.values())} of {len(states)}"


def _turn_states(lesson: str) -> dict[str, str]:
    return _states(lesson_page(lesson), shelf.turns(lesson))


def _exercise_states(lesson: str) -> dict[str, str]:
    return _states(lesson, shelf.exercises(lesson)) if lesson in shelf.LESSONS else {}


def _states(page: str, listed: Mapping[str, Exercise]) -> dict[str, str]:
    known = recall(page)
    return {number: known.get(number, {}).get("state", NOT_ATTEMPTED) for number in listed}
