"""What the student writes in a lesson: turns that are checked and then used, and predictions that are recorded."""

from html import escape

from course_utils.checks import predictions, shelf
from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT, Verdict, examine
from course_utils.checks.exercise import Exercise
from course_utils.checks.record import remember
from course_utils.checks.student import CHECK_SEED, next_hint
from course_utils.checks.tally import lesson_page
from course_utils.checks.words import answer, hints, overall, report


class Pen:
    """The part of a lesson in which the student writes; the lesson has a `number`."""

    number: str

    def your_turn(self, number: str, *answers: object) -> object:
        """Check what the student wrote for turn `number` ("02.1"), and return what the lesson goes on with.

        Takes one answer for each part of the turn. Returns the student's own where it is right, else the course's: one
        answer, or a tuple of one for each part. It says which. Never raises for anything that an answer does, and
        leaves every random state as it was. Where the answer is not right, the course's is shown too, folded.

        Raises ValueError if this lesson has no such turn, or for more or fewer answers than it has parts.
        """
        turn = self._turn(number)
        called = f"Your turn {turn.number}"
        answers, again = _without_the_courses(turn, answers)
        verdicts = examine(turn, answers, CHECK_SEED)
        print(report(turn, verdicts, called, f'course.hint("{turn.number}")'))
        state = overall(verdicts)
        if state != NOT_ATTEMPTED:
            remember(lesson_page(self.number), turn.number, state=state)
        if again:
            print("  (This cell ran before, and went on with the course's answer. Run the cell with your code first.)")
        ask = f'  (course.hint("{turn.number}") helps.)' if state == NOT_ATTEMPTED else ""
        print(f"{_goes_on(turn, verdicts)}{ask}")
        if state != RIGHT:
            _show_folded(turn)
        chosen = zip(answers, turn.parts, verdicts, strict=True)
        return _one_or_all([answer if v.state == RIGHT else part.reference for answer, part, v in chosen])

    def hint(self, number: str) -> None:
        """Print the next of the two hints for turn `number` ("02.1"); after the second, both."""
        turn = self._turn(number)
        print(hints(turn, next_hint(f"turn {turn.number}"), "course."))

    def solution(self, number: str) -> None:
        """Print the course's answer to turn `number` ("02.1")."""
        turn = self._turn(number)
        print(answer(turn, f"Your turn {turn.number}"))

    def predict(self, name: str, prediction: str | None, letters: str) -> None:
        """Record what you expect of experiment `name` ("02.a"): one of `letters` ("ABC"). The first prediction stands.

        Says so plainly where none was made (None); a letter that is not offered is refused, and not recorded.
        Raises ValueError if `name` does not begin with this lesson's number, or `letters` are not capital letters.
        """
        predictions.record(lesson_page(self.number), self._named(name), f"Prediction {name}", prediction, letters)

    def outcome(self, name: str, letter: str) -> None:
        """Say that experiment `name` ("02.a") came out as `letter`, and what was predicted, if something was."""
        predictions.compare(lesson_page(self.number), self._named(name), f"Prediction {name}", letter)

    def _turn(self, number: str) -> Exercise:
        try:
            return shelf.find_turn(number, self.number)
        except shelf.NoSuchExercise as reason:
            raise ValueError(str(reason)) from None

    def _named(self, name: str) -> str:
        if not isinstance(name, str) or not name.startswith(f"{self.number}.") or len(name) <= 3:
            raise ValueError(
                f'a prediction of this lesson is called "{self.number}.a", "{self.number}.b", …, not {name!r}'
            )
        return name


def _without_the_courses(turn: Exercise, answers: tuple[object, ...]) -> tuple[tuple[object, ...], bool]:
    """The answers, with None for each that an earlier call returned and is not the student's; whether there is one."""
    references = [part.reference for part in turn.parts if callable(part.reference)]
    own = tuple(None if any(answer is reference for reference in references) else answer for answer in answers)
    return own, any(after is not before for after, before in zip(own, answers, strict=True))


def _one_or_all(answers: list[object]) -> object:
    return answers[0] if len(answers) == 1 else tuple(answers)


def _goes_on(turn: Exercise, verdicts: list[Verdict]) -> str:
    """Whose answer the lesson uses from here on."""
    own, others = [], []
    for part, verdict in zip(turn.parts, verdicts, strict=True):
        (own if verdict.state == RIGHT else others).append(part.name)
    if not others:
        return "  The lesson goes on with your answer."
    if not own:
        return "  The lesson goes on with the course's answer, folded below."
    return f"  The lesson goes on with yours for {' and '.join(own)}, and the course's for {' and '.join(others)}."


def _show_folded(turn: Exercise) -> None:
    """The course's answer behind a line to click on; it has no colours of its own, so that it suits every theme."""
    from course_utils.plots.caption import publish  # loads matplotlib, which an exercise may not need

    answer = f"<pre>{escape(turn.solution())}</pre>"
    publish({
        "text/html": f"<details><summary>The course's answer</summary>{answer}</details>",
        "text/plain": f'The course\'s answer: course.solution("{turn.number}") shows it.',
    })  # fmt: skip
