"""What an exercise notebook calls: check, hint, solution; predict, predicted and is_right; and mark, for grading."""

import os
from collections.abc import Callable

from course_utils.checks import predictions
from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT, Verdict, examine
from course_utils.checks.exercise import Exercise
from course_utils.checks.record import remember
from course_utils.checks.shelf import NoSuchExercise, find, find_turn
from course_utils.checks.stub import unwritten
from course_utils.checks.tally import progress
from course_utils.checks.words import answer, hints, overall, report

CHECK_SEED, MARK_SEED = 20_140_610, 20_131_220  # other random inputs in grading than in the check that a student sees

_hints_given: dict[str, int] = {}
_right_here: set[str] = set()  # what this kernel has seen to be right; the record may be of another day


def check(number: str, *answers: object) -> None:
    """Say of the answers to exercise `number` ("2.1") whether they are right, and if not, which mistake it looks like.

    Compares behaviour, not text, on random inputs; leaves every random state as it was. Never raises for anything that
    an answer does.
    """
    if (exercise := _find(number)) is None:
        return
    if len(answers) != len(exercise.parts):
        print(f"○ Exercise {exercise.number} asks for {len(exercise.parts)} answers, and got {len(answers)}.")
        return
    verdicts = examine(exercise, answers, CHECK_SEED)
    print(_report(exercise, verdicts))
    state = overall(verdicts)
    (_right_here.add if state == RIGHT else _right_here.discard)(exercise.number)
    if state != NOT_ATTEMPTED:  # a fresh notebook has not undone what was right
        remember(exercise.lesson, exercise.number, state=state)
    print(progress(exercise.lesson))


def hint(number: str) -> None:
    """Print the next of two hints: of exercise "2.1", or of the turn "02.1" in a lesson; after the second, both."""
    if (found := _find(number)) is not None:
        print(hints(found, next_hint(found.number)))


def solution(number: str) -> None:
    """Print a right answer to the exercise "2.1", or to the turn "02.1" in a lesson."""
    if (found := _find(number)) is not None:
        print(answer(found, _called(found)))


def predict(number: str, prediction: str | None) -> None:
    """Record what you expect of the experiment in exercise `number`. The first prediction stands."""
    if (exercise := _find(number)) is None:
        return
    if not exercise.predictions:
        print(f"○ Exercise {exercise.number} asks for no prediction.")
        return
    predictions.record(exercise.lesson, exercise.number, _called(exercise), prediction, exercise.predictions)


def predicted(number: str, *needed: Callable) -> bool:
    """Whether the experiment of exercise `number` can run; if not, say what it waits for.

    It waits for a recorded prediction, and for what it `needed` from the student (functions, classes, objects that can
    be called) to be written.
    """
    exercise = _find(number)
    if exercise is None or predictions.recorded(exercise.lesson, exercise.number, exercise.predictions) is None:
        print("The experiment runs once your prediction is recorded.")
        return False
    if missing := unwritten(*needed):
        print(f"The experiment runs once you have written {' and '.join(missing)}.")
    return not missing


def is_right(number: str) -> bool:
    """Whether the check of exercise `number` has been right since the kernel started; if not, say what waits for it."""
    done = str(number).strip() in _right_here
    if not done:
        print(f"This runs once the check of exercise {number} says that it is right.")
    return done


def mark(number: str, *answers: object, of: float) -> float:
    """The points earned, out of `of`: each part of the exercise counts the same. For hidden tests; prints why.

    Inputs are drawn from COURSE_GRADING_SEED, which a class can set, and differ from those of `check`. Outside
    nbgrader an answer that is not fully right raises AssertionError: the course's own solutions must earn full marks.
    """
    exercise = find(number)
    verdicts = examine(exercise, answers, int(os.environ.get("COURSE_GRADING_SEED", MARK_SEED)))
    points = of * sum(verdict.state == RIGHT for verdict in verdicts) / len(verdicts)
    report = f"Graded on other inputs: {points:g} of {of:g} points."
    if points < of:
        report += f"\n{_report(exercise, verdicts)}"
        if "NBGRADER_EXECUTION" not in os.environ:
            raise AssertionError(report)
    print(report)
    return points


def next_hint(name: str) -> int:
    """How many of the two hints to show, when they are asked for once more in this kernel."""
    given = _hints_given[name] = min(_hints_given.get(name, 0) + 1, 2)
    return given


def _report(exercise: Exercise, verdicts: list[Verdict]) -> str:
    return report(exercise, verdicts, _called(exercise), f'hint("{exercise.number}")')


def _called(found: Exercise) -> str:
    return f"Your turn {found.number}" if found.number.startswith("0") else f"Exercise {found.number}"


def _find(number: str) -> Exercise | None:
    """The exercise, or the turn that a leading zero asks for; None, and a sentence, where there is no such one."""
    try:
        return find_turn(number) if str(number).strip().startswith("0") else find(number)
    except NoSuchExercise as reason:
        print(f"○ {str(reason)[0].upper()}{str(reason)[1:]}.")
        return None
