"""The student's turns in a lesson: what is said of an answer, and whose answer the lesson goes on with."""

import ast
import contextlib
import importlib.util
import json
import re
import statistics
import time

import nbformat
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.checks import record, shelf, student
from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT, WRONG, judge
from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome, weights_of
from course_utils.checks.student import CHECK_SEED, MARK_SEED
from course_utils.checks.tally import standing
from course_utils.commands.lessons import all_lessons
from course_utils.lesson import Lesson

# --- every turn of the course ------------------------------------------------------------------------------

SEEDS = (CHECK_SEED, MARK_SEED, 7)
ALL = [
    pytest.param(lesson, turn, id=turn.number)
    for lesson in shelf.lessons_with_turns()
    for turn in shelf.turns(lesson).values()
]
MISTAKES = [
    pytest.param(part, mistake, id=f"{turn.number}-{mistake.name}")
    for _, turn in (param.values for param in ALL)
    for part in turn.parts
    for mistake in part.mistakes
]


def others(kind: str) -> list:
    """What `exercise_variants/turns_NN.py` lists, if it is there: VARIANTS are right, MUTANTS have a mistake's name."""
    found = []
    for lesson, turn in (param.values for param in ALL):
        if importlib.util.find_spec(f"exercise_variants.turns_{lesson}"):
            listed = getattr(importlib.import_module(f"exercise_variants.turns_{lesson}"), kind, {})
            mine = listed.get(turn.number, ())
            found += [pytest.param(turn, one, id=f"{turn.number}-{k}") for k, one in enumerate(mine)]
    return found


def states(turn: Exercise, answers: tuple, seed: int) -> list[str]:
    return [judge(part, answer, seed).state for part, answer in zip(turn.parts, answers, strict=True)]


def definitions(lesson: str, number: str) -> tuple[dict[str, object], ast.Assign]:
    """What a lesson imports and defines before the turn, and the statement that takes it."""
    names: dict[str, object] = {}
    for cell in nbformat.read(all_lessons()[lesson], as_version=4).cells:
        if cell.cell_type != "code" or "google.colab" in cell.source:
            continue
        for node in ast.parse(re.sub(r"^%.*", "", cell.source, flags=re.M)).body:
            if f"your_turn('{number}'" in ast.unparse(node):
                return names, node
            constant = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
            if constant or isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef):
                with contextlib.suppress(NameError):  # a default that is made of what the lesson has measured
                    exec(compile(ast.Module([node], []), lesson, "exec"), names)
    raise AssertionError(f'lesson {lesson} never calls course.your_turn("{number}", …)')


@pytest.mark.parametrize(("lesson", "turn"), ALL)
def test_a_turn_is_numbered_hinted_and_solved(lesson, turn):
    assert list(shelf.turns(lesson)) == [f"{lesson}.{k + 1}" for k in range(len(shelf.turns(lesson)))]
    assert len(set(turn.hints)) == 2 and all(turn.hints) and turn.title
    assert turn.solution().strip() and "your code here" not in turn.solution()
    names = [mistake.name for part in turn.parts for mistake in part.mistakes]
    assert len(set(names)) == len(names) >= 2


@pytest.mark.parametrize(("lesson", "turn"), ALL)
def test_the_reference_of_a_turn_is_right(lesson, turn):
    for seed in SEEDS:
        assert set(states(turn, tuple(part.reference for part in turn.parts), seed)) == {RIGHT}


@pytest.mark.parametrize(("part", "mistake"), MISTAKES)
def test_a_known_mistake_in_a_turn_is_caught_by_its_own_name(part, mistake):
    for seed in SEEDS:
        verdict = judge(part, mistake.answer, seed)
        assert (verdict.state, verdict.mistake, verdict.text) == (WRONG, mistake.name, mistake.reply)


@pytest.mark.parametrize(("turn", "answers"), others("VARIANTS"))
def test_a_right_answer_to_a_turn_passes_in_any_style(turn, answers):
    for seed in SEEDS:
        assert set(states(turn, answers, seed)) == {RIGHT}


@pytest.mark.parametrize(("turn", "mutant"), others("MUTANTS"))
def test_a_known_mistake_in_a_turn_in_other_words_has_the_same_name(turn, mutant):
    name, answers = mutant
    for seed in SEEDS:
        verdicts = [judge(part, answer, seed) for part, answer in zip(turn.parts, answers, strict=True)]
        assert [verdict.mistake for verdict in verdicts if verdict.state == WRONG] == [name], verdicts


@pytest.mark.parametrize(("lesson", "turn"), ALL)
def test_the_lesson_has_a_stub_that_is_not_attempted_and_goes_on_with_what_comes_back(lesson, turn):
    names, taken = definitions(lesson, turn.number)
    assert isinstance(taken, ast.Assign) and ast.unparse(taken.value.func) == "course.your_turn"
    answers = tuple(eval(ast.unparse(argument), names) for argument in taken.value.args[1:])
    assert set(states(turn, answers, CHECK_SEED)) == {NOT_ATTEMPTED}
    assert ast.unparse(taken.targets[0]).strip("()") == ", ".join(map(ast.unparse, taken.value.args[1:]))


@pytest.mark.parametrize(("lesson", "turn"), ALL)
def test_a_turn_is_checked_quickly(lesson, turn):
    """A wrong answer takes longest: it is compared with every mistake. In seconds of processor time, on one thread:
    .35 at most on a quiet machine, and three times as many on a slow one.
    """
    seconds = []
    for _ in range(3):
        began = time.process_time()
        for part in turn.parts:
            judge(part, part.mistakes[-1].answer, CHECK_SEED)
        seconds.append(time.process_time() - began)
    assert statistics.median(seconds) <= 2, seconds


# --- two turns of a lesson that is none ----------------------------------------------------------------------


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def probe_loss(loss) -> Observations:
    """Two batches of different sizes."""
    return outcome(loss, real_logits=2 * torch.randn(7), fake_logits=2 * torch.randn(5) - 1)


LOSS = Exercise(
    number="98.1",
    title="The discriminator's loss",
    hints=("Two batches, two wishes.", "softplus(−r) for the real ones, softplus(f) for the others; means, added."),
    parts=(
        Part(
            discriminator_loss,
            probe=probe_loss,
            mistakes=(
                Mistake(
                    "real and generated exchanged",
                    "Which of the two should get large logits?",
                    edited(
                        discriminator_loss,
                        ("softplus(-real_logits)", "softplus(real_logits)"),
                        ("softplus(fake_logits)", "softplus(-fake_logits)"),
                    ),
                ),
                Mistake(
                    "sums where means were meant",
                    "The larger batch would count for more.",
                    lambda real, fake: softplus(-real).sum() + softplus(fake).sum(),
                ),
                Mistake(
                    "one mean over both batches",
                    "V is a sum of two means.",
                    lambda r, f: torch.cat([softplus(-r), softplus(f)]).mean(),
                ),
            ),
        ),
    ),
)  # fmt: skip


class Critic(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, width), nn.Tanh(), nn.Linear(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x).squeeze(1)


class CriticOfColumns(Critic):
    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


class LinearCritic(Critic):
    def __init__(self, width: int):
        super().__init__(width)
        self.layers[1] = nn.Identity()


def probe_critic(critic) -> Observations:
    """Its logits once its weights are all drawn anew, so that no initialisation counts."""
    network = critic(5)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape))
    x = torch.randn(6, 2)
    return {"the number of weights": len(weights_of(network)), "the logits": network(x).detach()}


def balance(real: int, fake: int) -> int:
    return real - fake


NETWORK = Exercise(
    number="98.2",
    title="A small critic",
    hints=("One hidden layer.", "Linear, Tanh, Linear; then drop the last axis."),
    parts=(
        Part(
            Critic,
            name="the network",
            probe=probe_critic,
            mistakes=(
                Mistake("logits in a column", "A batch of n points has n logits, of shape [n].", CriticOfColumns),
                Mistake("a network without its tanh", "Two linear layers in a row are one.", LinearCritic),
            ),
        ),
        Part(
            balance,
            name="the balance",
            probe=lambda count: {"the balance": count(5, 3)},
            mistakes=(Mistake("a flipped sign", "Real first.", lambda real, fake: fake - real),),
        ),
    ),
)


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    """A student's progress that is nobody's."""
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(record, "_memory", {})
    monkeypatch.setattr(student, "_hints_given", {})
    return tmp_path / "progress"


@pytest.fixture
def course(monkeypatch):
    """Lesson 98, with the two turns above; no other lesson has any."""
    listed = {turn.number: turn for turn in (LOSS, NETWORK)}
    monkeypatch.setattr(shelf, "turns", lambda lesson: listed if lesson == "98" else {})
    monkeypatch.setattr(shelf, "lessons_with_turns", lambda: ("98",))
    return Lesson("98", torch.device("cpu"), "cpu", 0)


def stub(real_logits, fake_logits):
    """What is asked."""
    raise NotImplementedError("your code here")


def with_the_raise_left(real_logits, fake_logits):
    """What is asked."""
    total = softplus(-real_logits).mean() + softplus(fake_logits).mean()
    raise NotImplementedError("your code here")
    return total


def mine(real, fake):
    return softplus(fake).mean() - torch.nn.functional.logsigmoid(real).mean()


def exchanged(real, fake):
    return mine(fake, real)


class StubOfANetwork(nn.Module):
    def __init__(self, width):
        super().__init__()
        raise NotImplementedError("your code here")


def test_what_is_right_is_used(course, capsys):
    assert course.your_turn("98.1", mine) is mine
    out = capsys.readouterr().out
    assert out == "✔ Your turn 98.1: right.\n  The lesson goes on with your answer.\n"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (stub, "○ Your turn 98.1: not attempted yet."),
        (None, "not attempted yet."),
        (exchanged, "wrong. This looks like real and generated exchanged. Which of the two should get large logits?"),
        (with_the_raise_left, "Delete the raise line."),
        (lambda r, f: mine(r, f) * float("nan"), "is not finite"),
        (lambda r, f: r.nothing_of_the_kind, "stops with an error, AttributeError"),
        (3.0, "asked for is the function itself"),
    ],
)
@pytest.mark.parametrize("budget", ["smoke", "cpu"])
def test_what_is_not_right_is_replaced_by_the_courses(course, capsys, answer, says, budget):
    course.budget = budget
    assert course.your_turn("98.1", answer) is discriminator_loss
    out = capsys.readouterr().out
    assert says in out and "\n  The lesson goes on with the course's answer, folded below." in out
    assert out.count('(course.hint("98.1") helps.)') == 1


def test_an_answer_that_never_ends_does_not_stop_the_lesson(course, capsys, monkeypatch):
    (part,) = LOSS.parts
    hasty = Exercise(
        LOSS.number, LOSS.title, LOSS.hints, (Part(part.reference, part.mistakes, part.probe, seconds=0.2),)
    )
    monkeypatch.setattr(shelf, "turns", lambda lesson: {"98.1": hasty})

    def endless(real, fake):
        while True:
            pass

    assert course.your_turn("98.1", endless) is discriminator_loss
    assert "was stopped" in capsys.readouterr().out


def test_of_several_parts_each_is_used_where_it_is_right(course, capsys):
    def own(real, fake):
        return -(fake - real)

    assert course.your_turn("98.2", StubOfANetwork, own) == (Critic, own)
    out = capsys.readouterr().out
    assert "○ Your turn 98.2: begun." in out and "✔ The balance: right." in out
    assert "The lesson goes on with yours for the balance, and the course's for the network." in out
    assert course.your_turn("98.2", StubOfANetwork, None) == (Critic, balance)
    assert "not attempted yet." in capsys.readouterr().out


def test_the_courses_answer_handed_back_is_not_called_the_students(course, capsys):
    returned = course.your_turn("98.1", stub)
    assert course.your_turn("98.1", returned) is discriminator_loss
    assert (
        "not attempted yet.\n  (This cell ran before, and went on with the course's answer." in capsys.readouterr().out
    )
    assert record.recall("98-lesson") == {}


def test_the_courses_answer_is_folded_below_what_is_not_right(course, monkeypatch):
    shown = []
    monkeypatch.setattr("course_utils.plots.caption.publish", lambda data: shown.append(data))
    course.your_turn("98.1", mine)
    assert shown == []
    course.your_turn("98.1", stub)
    course.your_turn("98.1", exchanged)
    first, second = shown
    assert first == second
    assert first["text/html"].startswith("<details><summary>The course's answer</summary><pre>def discriminator_loss")
    assert "-&gt; Tensor" in first["text/html"] and "style" not in first["text/html"]
    assert first["text/plain"] == 'The course\'s answer: course.solution("98.1") shows it.'


def test_a_turn_leaves_the_random_states_as_it_found_them(course):
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    course.your_turn("98.1", mine)
    course.your_turn("98.1", exchanged)
    assert torch.equal(torch.rand(2), expected)


def test_a_turn_that_is_not_there_is_named(course):
    with pytest.raises(ValueError, match=r"there is no turn 98.9; lesson 98 has 98.1, 98.2"):
        course.your_turn("98.9", mine)
    with pytest.raises(ValueError, match="98.2 asks for 2 answers, and got 1"):
        course.your_turn("98.2", Critic)
    other = Lesson("97", torch.device("cpu"), "cpu", 0)
    for call in (other.hint, other.solution, other.your_turn):
        with pytest.raises(ValueError, match=r"there is no turn 98.1; lesson 97 has none"):
            call("98.1")


def test_hints_and_solution_are_reached_through_the_lesson(course, capsys):
    course.hint("98.1")
    first = capsys.readouterr().out
    assert first == 'Hint 1 of 2. Two batches, two wishes.\ncourse.hint("98.1") once more says more.\n'
    course.hint("98.1")
    assert "Hint 2 of 2. softplus" in (second := capsys.readouterr().out) and 'course.solution("98.1")' in second
    course.solution("98.1")
    assert "# Your turn 98.1, one right answer\n\ndef discriminator_loss" in capsys.readouterr().out


def test_turns_and_exercises_of_one_number_are_recorded_apart(monkeypatch, capsys, own_record):
    turn = Exercise("12.1", LOSS.title, LOSS.hints, LOSS.parts)
    monkeypatch.setattr(shelf, "turns", lambda lesson: {"12.1": turn} if lesson == "12" else {})
    monkeypatch.setattr(shelf, "lessons_with_turns", lambda: ("12",))
    monkeypatch.setattr(shelf, "exercises", lambda lesson: {"12.1": NETWORK} if lesson == "12" else {})
    Lesson("12", torch.device("cpu"), "cpu", 0).your_turn("12.1", mine)
    assert str(student.progress("12")) == "Lesson 12: in the lesson 1 of 1, exercises 0 of 1   (✔ 12.1;  ○ 12.1)"
    assert sorted(path.name for path in own_record.iterdir()) == ["12-lesson.json"]
    student.hint("12.1")  # outside a lesson it is the exercise
    assert "One hidden layer." in capsys.readouterr().out
    Lesson("12", torch.device("cpu"), "cpu", 0).hint("12.1")
    assert "Hint 1 of 2. Two batches, two wishes." in capsys.readouterr().out


def test_outside_a_lesson_a_leading_zero_means_a_turn(monkeypatch, capsys):
    turn = Exercise("02.1", LOSS.title, LOSS.hints, LOSS.parts)
    monkeypatch.setattr(shelf, "turns", lambda lesson: {"02.1": turn} if lesson == "02" else {})
    student.hint("02.1")
    student.solution("02.1")
    out = capsys.readouterr().out
    assert "Two batches" in out and "# Your turn 02.1, one right answer" in out
    student.hint("02.7")
    assert "There is no turn 02.7; lesson 02 has 02.1" in capsys.readouterr().out


# --- predictions -------------------------------------------------------------------------------------------


def test_the_first_prediction_in_a_lesson_stands_and_the_outcome_is_said_beside_it(course, capsys, own_record):
    for none in (None, ..., "", "it rises"):
        course.predict("98.a", none, "ABC")
    assert capsys.readouterr().out.count("○ Prediction 98.a: no prediction yet. Write a letter (A, B or C)") == 4
    course.outcome("98.a", "B")
    assert capsys.readouterr().out == "Prediction 98.a: it came out as B.\n"
    course.predict("98.a", "d", "ABC")
    assert "D is not offered, so nothing is recorded. Write A, B or C" in capsys.readouterr().out
    assert not own_record.exists()
    course.predict("98.a", "b", "ABC")
    course.predict("98.a", "C", "ABC")
    assert capsys.readouterr().out.splitlines() == [
        "Prediction 98.a: you expect B. Now run the experiment.",
        "Prediction 98.a: your first prediction, B, stands.",
    ]
    course.outcome("98.a", "B")
    course.outcome("98.a", "C")
    assert capsys.readouterr().out.splitlines() == [
        "Prediction 98.a: you expected B, and so it came out.",
        "Prediction 98.a: you expected B, and it came out as C.",
    ]
    assert record.recall("98-lesson") == {"98.a": {"prediction": "B"}}


def test_a_letter_that_was_never_offered_is_replaced_and_not_compared(course, capsys):
    record.remember("98-lesson", "98.a", prediction="E")
    course.predict("98.a", None, "AB")
    course.predict("98.a", "A", "AB")
    assert "no prediction yet" in (out := capsys.readouterr().out) and "you expect A" in out
    assert record.recall("98-lesson")["98.a"]["prediction"] == "A"


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda course: course.predict("2.a", "A", "AB"), 'called "98.a", "98.b", …, not \'2.a\''),
        (lambda course: course.predict("98.", "A", "AB"), "not '98.'"),
        (lambda course: course.predict("98.a", "A", "A"), "two or more, as in \"ABC\", not 'A'"),
        (lambda course: course.predict("98.a", "A", "AAB"), "not 'AAB'"),
        (lambda course: course.predict("98.a", "A", "ab"), "not 'ab'"),
        (lambda course: course.outcome("98.a", "b"), "not 'b'"),
        (lambda course: course.outcome("98.a", True), "not True"),
        (lambda course: course.outcome("a", "B"), "not 'a'"),
    ],
)
def test_an_authors_wrong_prediction_is_named(course, call, says):
    with pytest.raises(ValueError) as caught:
        call(course)
    assert says in str(caught.value)


# --- how far one is ----------------------------------------------------------------------------------------


def test_progress_counts_turns_and_exercises_of_the_whole_course(course, monkeypatch, capsys):
    monkeypatch.setattr(shelf, "LESSONS", ("97", "98"))
    listed = {"98": {"98.1": LOSS, "98.2": NETWORK}}
    monkeypatch.setattr(shelf, "exercises", lambda lesson: listed.get(lesson, {}))
    assert standing() == ""  # nothing is right yet, and nobody is told so
    course.your_turn("98.1", mine)
    course.your_turn("98.2", StubOfANetwork, balance)
    student.check("98.2", Critic, balance)
    assert (
        str(student.progress())
        == repr(student.progress())
        == (
            "Lesson 97: your teacher has the checks of the exercises\n"
            "Lesson 98: in the lesson 1 of 2, exercises 1 of 2\n"
            "Together:  in the lessons 1 of 2, exercises 1 of 2"
        )
    )
    one = "Lesson 98: in the lesson 1 of 2, exercises 1 of 2   (✔ 98.1  ○ 98.2;  ○ 98.1  ✔ 98.2)"
    assert {str(student.progress(asked)) for asked in ("98", 98, " 98 ")} == {one}
    assert standing().startswith("in the lessons 1 of 2, exercises 1 of 2; ")
    assert standing() in Lesson("00", course.device, "smoke", 0).table()
    assert standing() not in course.table()


@pytest.mark.parametrize("asked", ["2", "02", 2])
def test_a_lesson_is_asked_for_in_any_way(asked):
    assert student.progress(asked).startswith("Lesson 02: ")


@pytest.mark.parametrize("asked", ["99", 0.5, "second", "2.1"])
def test_a_lesson_that_is_not_there_gets_a_sentence(asked):
    assert student.progress(asked).startswith(f"There is nothing to count in lesson {asked}; there is in 01, 02, ")


def test_progress_sees_what_another_kernel_has_noted(course, own_record, monkeypatch):
    course.your_turn("98.1", mine)
    monkeypatch.setattr(record, "_memory", {})  # the kernel of the exercises
    record.remember("98-lesson", "98.2", state="right")
    assert set(record.recall("98-lesson")) == {"98.1", "98.2"}


def test_on_colab_progress_is_kept_on_the_drive(course, monkeypatch, tmp_path):
    monkeypatch.delenv("COURSE_PROGRESS")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(record, "DRIVE", tmp_path / "MyDrive")
    course.predict("98.a", "A", "AB")
    assert (tmp_path / "cache" / "progress" / "98-lesson.json").exists()
    (tmp_path / "MyDrive").mkdir()  # mounted in the middle of the lesson
    course.your_turn("98.1", mine)
    kept = tmp_path / "MyDrive" / "generative-models-course" / "progress" / "98-lesson.json"
    assert set(json.loads(kept.read_text())) == {"98.a", "98.1"}
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "chosen"))
    course.your_turn("98.1", mine)
    assert (tmp_path / "chosen" / "98-lesson.json").exists()
