"""Verdicts and hints in words, for exercises and for the turns of a lesson."""

from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT, WRONG, Verdict
from course_utils.checks.exercise import Exercise

SIGNS = {NOT_ATTEMPTED: "○", RIGHT: "✔", WRONG: "✘"}


def overall(verdicts: list[Verdict]) -> str:
    """The state of an exercise whose parts got these verdicts."""
    states = {verdict.state for verdict in verdicts}
    if states == {RIGHT}:
        return RIGHT
    return WRONG if WRONG in states else NOT_ATTEMPTED


def report(exercise: Exercise, verdicts: list[Verdict], called: str, helps: str) -> str:
    """The verdict on what is `called` "Exercise 2.1"; one with several parts has a line for each.

    `helps` is what a student types for a hint: `hint("2.1")`.
    """
    state = overall(verdicts)
    if len(verdicts) == 1 or state == NOT_ATTEMPTED and RIGHT not in {verdict.state for verdict in verdicts}:
        return f"{SIGNS[state]} {called}: {_words(verdicts[0], helps)}"
    lines = [f"{SIGNS[state]} {called}: {state if state != NOT_ATTEMPTED else 'begun'}."]
    for part, verdict in zip(exercise.parts, verdicts, strict=True):
        name = f"{part.name[0].upper()}{part.name[1:]}"
        lines.append(f"  {SIGNS[verdict.state]} {name}: {_words(verdict, helps)}")
    return "\n".join(lines)


def hints(exercise: Exercise, given: int, prefix: str = "") -> str:
    """The first `given` of the two hints, and what says more; `prefix` is `course.` in a lesson."""
    lines = [f"Hint {step} of 2. {text}" for step, text in enumerate(exercise.hints[:given], 1)]
    call = f'{prefix}hint("{exercise.number}") once more says more.'
    return "\n".join([*lines, call if given == 1 else f'{prefix}solution("{exercise.number}") shows an answer.'])


def answer(exercise: Exercise, called: str) -> str:
    """The reference answers of what is `called` "Exercise 2.1"."""
    return f"# {called}, one right answer\n\n{exercise.solution()}"


def _words(verdict: Verdict, helps: str) -> str:
    if verdict.state == NOT_ATTEMPTED:
        return "not attempted yet."
    if verdict.state == RIGHT:
        return f"right. {verdict.text}".rstrip()
    known = f" This looks like {verdict.mistake}." if verdict.mistake else ""
    return f"wrong.{known} {verdict.text} ({helps} helps.)"
