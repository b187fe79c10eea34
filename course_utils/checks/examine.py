"""From an answer to a verdict: not attempted, right, or wrong, and which mistake it looks like."""

import contextlib
import io
import reprlib
import sysconfig
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import shorten

from course_utils.checks.compare import difference, numeric, same
from course_utils.checks.exercise import Exercise, Part
from course_utils.checks.guard import PATIENCE, TimeLimit, Waiting, time_limit, undisturbed
from course_utils.checks.stub import LEFTOVER, is_stub, is_untouched

# Where code lies that is not the student's.
ELSEWHERE = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))
ELSEWHERE += (str(Path(__file__).parents[1]), "<frozen")

NOT_ATTEMPTED, RIGHT, WRONG = "not attempted", "right", "wrong"


@dataclass(frozen=True)
class Verdict:
    """`state` is one of NOT_ATTEMPTED, RIGHT and WRONG; `mistake` the name of the known mistake, if it is one."""

    state: str
    text: str
    mistake: str = ""


class _NotAttempted(Exception):
    """The answer ended in the stub's error."""


@dataclass(frozen=True)
class _Raised:
    """An answer that ended in an error: two are the same if kind and message are."""

    kind: str
    message: str
    line: str = field(compare=False)


def examine(exercise: Exercise, answers: tuple[object, ...], seed: int) -> list[Verdict]:
    """A verdict for each part, in order. Raises ValueError if there are more or fewer answers than parts."""
    if len(answers) != len(exercise.parts):
        raise ValueError(f"exercise {exercise.number} asks for {len(exercise.parts)} answers, and got {len(answers)}")
    return [judge(part, answer, seed) for part, answer in zip(exercise.parts, answers, strict=True)]


def judge(part: Part, answer: object, seed: int) -> Verdict:
    """Compare one answer with the reference and, if it differs, with every known mistake."""
    if answer is None or answer is Ellipsis:
        return Verdict(NOT_ATTEMPTED, "")
    if callable(part.reference) and not callable(answer):
        wanted = "class" if isinstance(part.reference, type) else "function"
        return Verdict(WRONG, f"It is {_shown(answer)}; asked for is the {wanted} itself, not a value.")
    began = time.thread_time()
    expected = list(_trials(part, part.reference, seed))  # first, in case the answer changes what both stand on
    needed = time.thread_time() - began
    seen: list[object] = []
    try:
        with time_limit(part.seconds):
            for observation in _trials(part, answer, seed):
                seen.append(observation)
    except _NotAttempted as stopped:
        return Verdict(NOT_ATTEMPTED, "") if is_untouched(stopped.__cause__) else Verdict(WRONG, LEFTOVER)
    except TimeLimit as limit:
        return Verdict(WRONG, _stopped(part, limit, len(seen), needed))
    if _agree(seen, expected):
        return Verdict(RIGHT, part.why)
    for mistake in part.mistakes:
        if _agree(seen, list(_trials(part, mistake.answer, seed))):
            return Verdict(WRONG, mistake.reply, mistake.name)
    return Verdict(WRONG, _unknown(part, answer, seen, expected))


def _trials(part: Part, answer: object, seed: int) -> Iterator[object]:
    """What the probe saw in each trial; an error is something seen, too. What an answer prints, it prints once."""
    for trial in range(part.trials):
        once = contextlib.redirect_stdout(io.StringIO()) if trial else contextlib.nullcontext()
        with undisturbed(seed + trial), once:
            try:
                seen = part.probe(answer)
            except (TimeLimit, KeyboardInterrupt):
                raise
            except BaseException as error:  # a student's code may raise anything, also SystemExit
                message = _text(error)
                if is_stub(error, message):
                    raise _NotAttempted from error
                seen = _Raised(type(error).__name__, message, _line(error))
        yield seen


def _agree(seen: list[object], expected: list[object]) -> bool:
    try:
        return all(map(same, seen, expected))
    except Exception:  # a value that cannot even be compared, as a tensor of an unusual kind
        return False


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _shown(answer: object) -> str:
    try:
        return reprlib.repr(answer)
    except Exception:
        return f"a {type(answer).__name__}"


def _line(error: BaseException) -> str:
    """The last line of the student's own code that an error passed through; empty if there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if not frame.filename.startswith(ELSEWHERE)]
    return (own[-1].line or "").strip() if own else ""


def _stopped(part: Part, limit: TimeLimit, trials: int, needed: float) -> str:
    """What to say of an answer that was stopped after so many complete trials (all of them, if it caught the stop)."""
    if isinstance(limit, Waiting):
        return (
            f"It waited for {PATIENCE * part.seconds:g} seconds without computing anything and was stopped: "
            "does it ask for input, sleep, or wait for something that never comes?"
        )
    own = f"The course's own answer takes {max(needed, 0.01):.2g}."
    if 0 < trials < part.trials:
        return (
            f"It ends, but it is too slow: it was stopped after {part.seconds:g} seconds of processor time, "
            f"in trial {trials + 1} of {part.trials}. {own} Can one operation on whole tensors replace a loop?"
        )
    return (
        f"It was still running after {part.seconds:g} seconds of processor time and was stopped. {own} "
        "Does a loop never end, or does one take a single number at a time?"
    )


def _unknown(part: Part, answer: object, seen: list[object], expected: list[object]) -> str:
    """What to say of a wrong answer that is none of the known mistakes."""
    got, right = next((s, e) for s, e in zip(seen, expected, strict=True) if not _agree([s], [e]))
    if isinstance(got, _Raised):
        message = f"{got.kind}: {shorten(got.message, 200).rstrip('.')}" if got.message else got.kind
        if got.line:
            return f"It stops with an error, {message}, in the line `{got.line}`."
        what = "What it gives" if callable(answer) else _shown(answer)
        expects = f"Expected is {part.expects}." if part.expects else "What does the task say is taken, and returned?"
        return f"{what} cannot be used here ({message}). {expects}"
    if part.expects and not callable(answer):
        if numeric(answer) and numeric(part.reference):
            return f"{_shown(answer)} is not the number, and no mistake that is known here leads to it."
        return f"Yours is {_shown(answer)}; expected is {part.expects}."
    try:
        return difference(got, right)
    except Exception:
        return "What it gives cannot be compared with the right answer: is it an ordinary tensor or number?"
