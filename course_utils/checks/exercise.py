"""What an exercise is made of: parts, each with a reference answer, a probe and the mistakes that are known by name."""

import inspect
import math
import re
import textwrap
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from course_utils.checks.observe import Observations, Roughly


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that people give.

    `name` completes the sentence "this looks like …"; `reply` says what follows from the mistake and where to look, but
    not what to write. `answer` makes the mistake: a function, a class or a value, whatever the part asks for.
    """

    name: str
    reply: str
    answer: object


@dataclass(frozen=True)
class Part:
    """One answer that is checked on its own.

    `probe(answer)` looks at an answer and returns what it saw, by name. It is called once a trial, each time with
    other random numbers, but with the same ones for the student's answer, the reference and every mistake; two answers
    are the same if nothing that was seen differs. `seconds` of processor time are the limit for all trials of the
    student's answer together. `expects` says in words what an answer looks like; `why` is told to those who have it
    right.
    """

    reference: object
    mistakes: tuple[Mistake, ...]
    probe: Callable[[object], Observations]
    name: str = "the answer"
    trials: int = 3
    seconds: float = 10.0
    expects: str = ""
    why: str = ""


@dataclass(frozen=True)
class Exercise:
    """An exercise of a notebook: its number ("2.1"), title, two hints (the second says more) and parts.

    A turn inside a lesson is one too, with the number "02.1". `predictions`: the letters that are offered before the
    experiment, as in "ABCD", if there is one.
    """

    number: str
    title: str
    hints: tuple[str, str]
    parts: tuple[Part, ...]
    predictions: str = ""

    @property
    def lesson(self) -> str:
        """The two digits of its lesson: "02"."""
        return self.number.split(".")[0].zfill(2)

    def solution(self) -> str:
        """The reference answers as text."""
        return "\n\n".join(_shown(part) for part in self.parts)


def choice(right: str, wrong: Mapping[str, tuple[str, str]], why: str, name: str = "the diagnosis") -> Part:
    """A part whose answer is a letter; `wrong` maps every other letter to the name of the mistake and the reply."""
    letters = sorted([right, *wrong])
    mistakes = tuple(Mistake(called, reply, letter) for letter, (called, reply) in wrong.items())
    expects = f"one of the letters {', '.join(letters[:-1])} and {letters[-1]}, in quotation marks"
    return Part(right, mistakes, _letter, name, trials=1, expects=expects, why=why)


def number(
    right: float, within: float, wrong: Mapping[str, tuple[float, str]], why: str = "", name: str = "the answer"
) -> Part:
    """A part whose answer is a number, right to ± `within`; `wrong` maps a mistake's name to its number and reply."""
    mistakes = tuple(Mistake(called, reply, value) for called, (value, reply) in wrong.items())

    def probe(answer: object) -> Observations:
        return {"value": Roughly(_single(answer), within)}

    return Part(right, mistakes, probe, name, trials=1, expects="a number", why=why)


def edited(function: Callable, *replacements: tuple[str, str]) -> Callable:
    """The function that results when pieces of `function`'s source are replaced: `(old, new)`, each `old` found once.

    A mistake is often one small edit away from the right answer; so it is written as just that. Raises ValueError if an
    old piece is not there exactly once.
    """
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in replacements:
        if source.count(old) != 1:
            raise ValueError(f"{old!r} is in {function.__name__} {source.count(old)} times; it must be there once")
        source = source.replace(old, new)
    made: dict[str, object] = {}
    module = inspect.getmodule(function)
    code = compile(source, f"<{function.__name__}, edited>", "exec")
    exec(code, vars(module), made)  # the course's own source, never a student's
    return made[function.__name__]


def letter(answer: object) -> str | None:
    """The letter in an answer such as "b", " B." or "(b)", also typed full width; None if it is not just one letter."""
    text = re.sub(r"\W", "", unicodedata.normalize("NFKC", answer)).upper() if isinstance(answer, str) else ""
    return text if len(text) == 1 and text.isalpha() else None


def _single(answer: object) -> object:
    """The number in a tensor or array that holds just one."""
    return answer.item() if isinstance(answer, Tensor | np.ndarray) and math.prod(answer.shape) == 1 else answer


def _letter(answer: object) -> Observations:
    return {"letter": letter(answer)}


def _shown(part: Part) -> str:
    code = inspect.isroutine(part.reference) or inspect.isclass(part.reference)
    text = textwrap.dedent(inspect.getsource(part.reference)) if code else f"{part.name}: {part.reference!r}\n"
    return "\n".join(filter(None, [text.rstrip(), part.why]))
