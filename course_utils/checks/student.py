"""What an exercise notebook calls: check, hint, solution; predict, predicted and is_right; and mark, for grading."""

import os
from collections.abc import Callable

from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT, STUBS, WRONG, Verdict, examine
from course_utils.checks.exercise import Exercise, letter
from course_utils.checks.record import recall, remember
from course_utils.checks.shelf import NoSuchExercise, exercises, find

SIGNS = {NOT_ATTEMPTED: "○", RIGHT: "✔", WRONG: "✘"}
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
    state = _overall(verdicts)
    (_right_here.add if state == RIGHT else _right_here.discard)(exercise.number)
    if state != NOT_ATTEMPTED:  # a fresh notebook has not undone what was right
        remember(exercise.lesson, exercise.number, state=state)
    print(progress(exercise.lesson))


def hint(number: str) -> None:
    """Print the next of the exercise's two hints; after the second, both."""
    if (exercise := _find(number)) is None:
        return
    number = exercise.number
    given = _hints_given[number] = min(_hints_given.get(number, 0) + 1, 2)
    for step, text in enumerate(exercise.hints[:given], 1):
        print(f"Hint {step} of 2. {text}")
    print(f'hint("{number}") once more says more.' if given == 1 else f'solution("{number}") shows an answer.')


def solution(number: str) -> None:
    """Print a right answer to the exercise."""
    if (exercise := _find(number)) is not None:
        print(f"# Exercise {number}, one right answer\n\n{exercise.solution()}")


def predict(number: str, prediction: str | None) -> None:
    """Record what you expect of the experiment in exercise `number`. The first prediction stands."""
    if (exercise := _find(number)) is None:
        return
    number, first = exercise.number, recall(exercise.lesson).get(exercise.number, {}).get("prediction")
    if first is not None:
        print(f"Exercise {number}: your first prediction, {first}, stands.")
    elif (expected := letter(prediction)) is None:
        print(f"○ Exercise {number}: no prediction yet. Write a letter above and run this cell; the experiment waits.")
    else:
        remember(exercise.lesson, number, prediction=expected)
        print(f"Exercise {number}: you expect {expected}. Now run the experiment.")


def predicted(number: str, *needed: Callable) -> bool:
    """Whether the experiment of exercise `number` can run; if not, say what it waits for.

    It waits for a recorded prediction, and for the functions that it `needed` from the student to be written.
    """
    exercise = _find(number)
    made = exercise is not None and "prediction" in recall(exercise.lesson).get(exercise.number, {})
    if not made:
        print("The experiment runs once your prediction is recorded.")
    missing = [function.__name__ for function in needed if STUBS[0] in function.__code__.co_consts]
    if made and missing:
        print(f"The experiment runs once you have written {' and '.join(missing)}.")
    return made and not missing


def is_right(number: str) -> bool:
    """Whether the check of exercise `number` has been right since the kernel started; if not, say what waits for it."""
    done = str(number).strip() in _right_here
    if not done:
        print(f"This runs once the check of exercise {number} says that it is right.")
    return done


def progress(lesson: str) -> str:
    """One line: how many of the lesson's exercises are right, and the state of each."""
    listed = exercises(lesson)
    if not listed:
        return f"Lesson {lesson}: your teacher has the checks of these exercises."
    states = {number: recall(lesson).get(number, {}).get("state", NOT_ATTEMPTED) for number in listed}
    each = "  ".join(f"{SIGNS[state]} {number}" for number, state in states.items())
    return f"Lesson {lesson}: {sum(state == RIGHT for state in states.values())} of {len(states)} right   ({each})"


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


def _find(number: str) -> Exercise | None:
    try:
        return find(number)
    except NoSuchExercise as reason:
        print(f"○ {str(reason)[0].upper()}{str(reason)[1:]}.")
        return None


def _overall(verdicts: list[Verdict]) -> str:
    states = {verdict.state for verdict in verdicts}
    if states == {RIGHT}:
        return RIGHT
    return WRONG if WRONG in states else NOT_ATTEMPTED


def _report(exercise: Exercise, verdicts: list[Verdict]) -> str:
    """The verdict in words; an exercise with several parts has a line for each."""
    state = _overall(verdicts)
    if len(verdicts) == 1 or state == NOT_ATTEMPTED and RIGHT not in {verdict.state for verdict in verdicts}:
        return f"{SIGNS[state]} Exercise {exercise.number}: {_words(verdicts[0], exercise)}"
    lines = [f"{SIGNS[state]} Exercise {exercise.number}: {state if state != NOT_ATTEMPTED else 'begun'}."]
    for part, verdict in zip(exercise.parts, verdicts, strict=True):
        name = f"{part.name[0].upper()}{part.name[1:]}"
        lines.append(f"  {SIGNS[verdict.state]} {name}: {_words(verdict, exercise)}")
    return "\n".join(lines)


def _words(verdict: Verdict, exercise: Exercise) -> str:
    if verdict.state == NOT_ATTEMPTED:
        return "not attempted yet."
    if verdict.state == RIGHT:
        return f"right. {verdict.text}".rstrip()
    known = f" This looks like {verdict.mistake}." if verdict.mistake else ""
    return f'wrong.{known} {verdict.text} (hint("{exercise.number}") helps.)'
