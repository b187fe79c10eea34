"""The machinery of the checks: a sentence for whatever an answer does, and nothing outside is moved."""

import random
import re
import signal
import sys
import threading
import time
import warnings
from functools import cache, partial

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from course_utils.checks import guard, record, shelf, student
from course_utils.checks.compare import difference, same
from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT, WRONG, examine, judge
from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited, number
from course_utils.checks.guard import TimeLimit, Waiting, time_limit, undisturbed
from course_utils.checks.observe import Roughly, outcome


def loss(logits):
    return softplus(-logits).mean()


def probe(answer):
    return outcome(answer, logits=3 * torch.randn(8, 3))


PART = Part(loss, (Mistake("a flipped sign", "Look at the sign.", lambda logits: -softplus(-logits).mean()),), probe)
LETTER = choice("B", {"A": ("a guess", "Not A."), "C": ("a hunch", "Not C.")}, why="It is B.")
EXERCISE = Exercise("2.1", "Two parts", ("Think.", "Think again."), (PART, LETTER), predictions="ABC")


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    """A student's progress that is nobody's."""
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress"))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(record, "_memory", {})
    monkeypatch.setattr(record, "_warned", set())
    monkeypatch.setattr(student, "_hints_given", {})
    monkeypatch.setattr(student, "_right_here", set())
    return tmp_path / "progress"


@pytest.fixture
def shelved(monkeypatch):
    """EXERCISE as the only one of its lesson, in which nothing else is to be written."""
    monkeypatch.setattr(shelf, "exercises", lambda lesson: {"2.1": EXERCISE} if lesson == "02" else {})
    monkeypatch.setattr(shelf, "turns", lambda lesson: {})


# --- verdicts ----------------------------------------------------------------------------------------------


def stub(logits):
    raise NotImplementedError("your code here")


def loops(logits):
    while True:
        pass


def swallows_every_exception(logits):
    while True:
        try:
            sum(range(1000))
        except Exception:
            continue


def endless_naps():
    while True:
        time.sleep(0.01)


def leaves(logits):
    raise SystemExit("bye")


def deep(logits):
    return deep(logits)


def broken(logits):
    return logits.no_such_method()


@pytest.mark.parametrize("answer", [None, ..., stub])
def test_an_untouched_stub_is_not_attempted(answer):
    assert judge(PART, answer, 0).state == NOT_ATTEMPTED


def with_the_raise_below(logits):
    """A docstring is no code."""
    value = softplus(-logits).mean()
    raise NotImplementedError("your code here")
    return value


def with_the_raise_above(logits):
    raise NotImplementedError("your code here")
    return softplus(-logits).mean()


class StubOfAMethod:
    def __init__(self):
        super().__init__()
        raise NotImplementedError("your code here")


class BegunMethod:
    def __init__(self):
        self.width = 3
        raise NotImplementedError("your code here")


@pytest.mark.parametrize("answer", [with_the_raise_below, with_the_raise_above, lambda logits: BegunMethod()])
def test_a_raise_that_was_left_under_the_code_is_named(answer):
    verdict = judge(PART, answer, 0)
    assert verdict.state == WRONG and "Delete the raise line" in verdict.text and not verdict.mistake


def test_a_stub_may_call_its_parents_constructor_and_be_the_stub_of_another_exercise():
    assert judge(PART, lambda logits: StubOfAMethod(), 0).state == NOT_ATTEMPTED
    assert judge(PART, lambda logits: loss(logits) + stub(logits), 0).state == NOT_ATTEMPTED


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (broken, r"stops with an error, AttributeError.*in the line `return logits.no_such_method\(\)`"),
        (deep, "RecursionError"),
        (leaves, "SystemExit: bye"),
        (lambda logits: 1 / 0, "ZeroDivisionError"),
        (lambda: 1, "TypeError"),
        (lambda logits: loss(logits) * float("nan"), "not finite: it contains nan"),
        (lambda logits: None, "None: a missing return"),
        (lambda logits: "0.3", "is a str, and should be a number"),
        (lambda logits: [loss(logits)], "is a list, and should be a number"),
        (lambda logits: softplus(-logits), r"shape \[8, 3\], and should be a single number"),
        (lambda logits: loss(logits).item(), "gradient with respect to logits is missing"),
        (lambda logits: loss(logits.detach()), "gradient with respect to logits is missing"),
        (lambda logits: loss(logits.to("meta")), "on the device meta, and should be on cpu"),
        (lambda logits: loss(logits) + 1, "The value is .*, and should be"),
        (3.0, "It is 3.0; asked for is the function itself"),
    ],
)
def test_whatever_an_answer_does_is_put_into_a_sentence(answer, says):
    verdict = judge(PART, answer, 0)
    assert verdict.state == WRONG and not verdict.mistake
    assert re.search(says, verdict.text), verdict.text


def hasty(seconds: float, **options) -> Part:
    return Part(loss, PART.mistakes, probe, seconds=seconds, **options)


@pytest.mark.parametrize("answer", [loops, swallows_every_exception])
def test_an_endless_loop_is_stopped_after_its_processor_time(answer):
    began = time.process_time()
    verdict = judge(hasty(0.3), answer, 0)
    assert verdict.state == WRONG and "still running after 0.3 seconds of processor time" in verdict.text
    assert "Does a loop never end" in verdict.text
    assert 0.3 <= time.process_time() - began < 3
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_answer_is_not_stopped_because_the_machine_is_busy(monkeypatch):
    """It gets a tenth of the processor, so that the clock is ten times ahead."""
    monkeypatch.setattr(guard.time, "monotonic", lambda: 10 * time.thread_time())

    def computes(logits):
        until = time.thread_time() + 0.3
        while time.thread_time() < until:
            pass
        return loss(logits)

    assert judge(hasty(0.8, trials=1), computes, 0).state == RIGHT


@pytest.mark.parametrize("wait", [threading.Event().wait, lambda: time.sleep(60), endless_naps])
def test_an_answer_that_waits_is_told_so(wait):
    verdict = judge(hasty(0.2), lambda logits: wait(), 0)
    assert verdict.state == WRONG and "It waited for 0.6 seconds without computing" in verdict.text


def test_slow_is_not_endless():
    def slow(logits):
        until = time.thread_time() + 0.25
        while time.thread_time() < until:
            pass
        return loss(logits)

    verdict = judge(hasty(0.6), slow, 0)
    assert verdict.state == WRONG
    assert "It ends, but it is too slow" in verdict.text and "in trial 3 of 3" in verdict.text


def test_an_answer_that_survives_its_stop_is_still_too_slow():
    def tries_again(logits):
        try:
            loops(logits)
        except BaseException:
            return loss(logits)

    assert "still running" in judge(hasty(0.2), tries_again, 0).text


class Unprintable:
    def __repr__(self):
        raise RuntimeError


class Private(BaseException):
    def __str__(self):
        raise RuntimeError


def raises_its_own(logits):
    raise Private


@pytest.mark.parametrize(
    "answer",
    [
        raises_its_own,
        Unprintable(),
        lambda logits: logits.to_sparse(),
        lambda logits: loss(logits) + 1j,
        lambda logits: 10**400,
        lambda logits: {"a": [loss(logits), Unprintable()]},
        lambda logits: torch.zeros(3, dtype=torch.bool),
        lambda logits: np.array(["a"]),
    ],
)
def test_no_answer_is_odd_enough_for_a_traceback(answer):
    assert judge(PART, answer, 0).state == WRONG


def test_an_answer_that_changes_what_the_reference_stands_on_is_not_right(monkeypatch):
    mean = torch.Tensor.mean

    def patched(logits):
        torch.Tensor.mean = torch.Tensor.sum
        return loss(logits)

    try:
        assert judge(PART, patched, 0).state == WRONG
    finally:
        torch.Tensor.mean = mean


def test_what_an_answer_prints_is_shown_once(capsys):
    judge(PART, lambda logits: print("hello") or loss(logits), 0)
    assert capsys.readouterr().out == "hello\n"


def test_the_users_own_interrupt_gets_through():
    def interrupted(logits):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge(PART, interrupted, 0)


def test_pytorchs_own_not_implemented_is_an_error_and_no_stub():
    verdict = judge(PART, lambda logits: torch.empty(3, device="meta").cpu(), 0)
    assert verdict.state == WRONG and "NotImplementedError" in verdict.text


@pytest.mark.parametrize(
    "answer",
    [
        lambda logits: (1 + (-logits).exp()).log().mean(),
        lambda logits: logits.neg_().exp().add(1).log().mean(),
        lambda logits: sum(softplus(-row).sum() for row in logits) / logits.numel(),
        lambda any_name: -torch.nn.functional.logsigmoid(any_name).mean(),
        lambda logits: loss(logits.double()),
        lambda logits: loss(logits.double()).float(),
    ],
)
def test_a_right_answer_passes_in_any_style(answer):
    assert judge(PART, answer, 0).state == RIGHT


def test_a_known_mistake_has_its_name_and_reply():
    verdict = judge(PART, lambda logits: -loss(logits), 0)
    assert (verdict.state, verdict.mistake, verdict.text) == (WRONG, "a flipped sign", "Look at the sign.")


def test_an_error_can_be_a_known_mistake():
    wrong_shape = Mistake("rows for columns", "Transpose?", lambda logits: loss(logits @ logits))
    part = Part(loss, (wrong_shape,), probe)
    assert judge(part, lambda x: (x @ x).mean(), 0).mistake == "rows for columns"
    assert judge(part, lambda x: x.nope, 0).mistake == ""


def test_a_letter_is_read_generously_and_an_unknown_one_is_told_so():
    states = [judge(LETTER, answer, 0).state for answer in ("B", " b ", "(b).", "\uff22", "A", None)]
    assert states == [RIGHT, RIGHT, RIGHT, RIGHT, WRONG, NOT_ATTEMPTED]
    assert judge(LETTER, "C", 0).mistake == "a hunch"
    for odd in ("Z", 2, ["B"]):
        assert "one of the letters A, B and C" in judge(LETTER, odd, 0).text


def test_a_number_is_right_within_its_tolerance():
    part = number(0.6931, 0.001, {"bits": (1.0, "In nats.")})
    for right in (0.6931, 0.693, torch.tensor(0.6931), np.float64(0.6931), np.float32(0.6931), np.array([0.6931])):
        assert judge(part, right, 0).state == RIGHT, right
    assert judge(part, 1, 0).mistake == "bits"
    assert "0.7 is not the number" in judge(part, 0.7, 0).text
    assert "expected is a number" in judge(part, "0.6931", 0).text


def test_more_or_fewer_answers_than_parts_are_the_authors_error():
    with pytest.raises(ValueError, match="asks for 2 answers, and got 1"):
        examine(EXERCISE, (loss,), 0)


# --- comparing ---------------------------------------------------------------------------------------------


def test_tolerance_follows_the_precision():
    exact = torch.tensor([1.0, 1000.0], dtype=torch.float64)
    for dtype, off in ((torch.float64, 1e-5), (torch.float32, 1e-3), (torch.bfloat16, 0.1)):
        assert same(exact.to(dtype), exact)
        assert not same((exact * (1 + off)).to(dtype), exact)


def test_what_counts_as_the_same():
    assert same(np.bool_(True), True) and same(np.float32(0.1), 0.1) and same(float(torch.tensor(0.1)), 0.1)
    assert same(3, 3.0) and same(torch.tensor(3), 3) and same([1, (2.0, None)], (1, [2, None]))
    assert (
        same(float("nan"), float("nan"))
        and same(torch.tensor(float("inf")), float("inf"))
        and same(Roughly(1.0, 0.1), Roughly(1.05, 0.1))
    )
    assert not same(Roughly(1.0, 0.1), Roughly(1.2, 0.1)) and not same(1.0, Roughly(1.0, 0.1))
    assert not same(torch.zeros(2, 1), torch.zeros(2)) and not same(True, 1) and not same("a", None)
    assert not same({"a": 1}, {"b": 1}) and not same([1], [1, 2])


def test_the_first_difference_is_named():
    assert "The value has the shape [2, 1]" in difference({"the value": torch.ones(2, 1)}, {"the value": torch.ones(2)})
    assert "nothing may flow back" in difference({"the gradient": torch.ones(1)}, {"the gradient": None})
    deep = {"the value": ({"a": torch.zeros(40, 3), "b": [1, 2]},)}
    shallow = {"the value": ({"a": torch.zeros(40, 3), "b": [1, 3]},)}
    assert difference(deep, shallow) == "The value, item 1, under 'b', item 2, is 2, and should be 3."
    assert difference({}, {"the value": 1}) == "The value cannot be seen in your answer."
    learns = difference({"whether it learns": False}, {"whether it learns": True})
    assert learns == "Whether it learns: yours is False, and should be True."
    assert "[1], and should be a single number" in difference({"the value": torch.ones(1)}, {"the value": 1.0})
    assert "has 1 items, and should have 2" in difference({"the value": [1]}, {"the value": [1, 2]})
    grid = torch.arange(4).reshape(2, 2)
    far = difference({"the value": grid}, {"the value": torch.tensor([[0.0, 1.0], [2.0, 9.0]])})
    assert far == "The value is 3 at [1, 1], and should be 9 there."
    assert "inf" in difference({"the value": torch.tensor([1.0, float("inf")])}, {"the value": torch.ones(2)})


def test_outcome_sees_every_input_and_leaves_it_alone():
    x, y = torch.randn(4), torch.randn(4)
    before = x.clone()
    seen = outcome(lambda a, b: (a.mul_(2), {"b": b.detach()}), x=x, y=y)
    assert (x == before).all()
    assert (seen["the value"][0] == 2 * before).all() and seen["the gradient with respect to y"] is None
    assert seen["the gradient with respect to x"].shape == (4,)


def test_without_gradients_the_inputs_are_plain_tensors():
    assert outcome(lambda a: a.numpy().sum(), gradients=False, a=torch.ones(2))["the value"] == 2


def test_a_gradient_of_zeros_is_no_gradient():
    seen = outcome(lambda a, b: a.sum() + 0 * b.sum(), a=torch.ones(2), b=torch.ones(2))
    assert seen["the gradient with respect to b"] is None


def test_an_edit_must_be_found_once():
    assert edited(loss, ("softplus(-logits)", "softplus(logits)"))(torch.zeros(2)) == pytest.approx(0.6931, abs=1e-4)
    with pytest.raises(ValueError, match="0 times"):
        edited(loss, ("hinge", "relu"))


# --- nothing outside is moved ------------------------------------------------------------------------------


def test_a_check_leaves_the_random_states_and_switches_as_it_found_them():
    def unruly(logits):
        torch.manual_seed(1), np.random.seed(1), random.seed(1)
        torch.set_default_dtype(torch.float64)
        torch.set_grad_enabled(False)
        warnings.warn("noise", stacklevel=1)
        return torch.randn(3).sum() + np.random.rand() + random.random()

    torch.manual_seed(5), np.random.seed(5), random.seed(5)
    states = torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()
    judge(PART, unruly, 0)
    assert (torch.get_rng_state() == states[0]).all() and (np.random.get_state()[1] == states[1]).all()
    assert random.getstate() == states[2]
    assert torch.get_default_dtype() == torch.float32 and torch.is_grad_enabled()


def test_a_check_works_under_any_default_device_and_leaves_it():
    torch.set_default_device("meta")
    try:
        assert judge(PART, loss, 0).state == RIGHT
        assert torch.get_default_device().type == "meta"
    finally:
        torch.set_default_device("cpu")
    judge(PART, lambda logits: torch.set_default_device("meta") or loss(logits), 0)
    assert torch.get_default_device().type == "cpu"


def test_an_answer_sees_gradients_even_where_the_notebook_switched_them_off():
    with torch.no_grad():
        assert judge(PART, loss, 0).state == RIGHT
        assert not torch.is_grad_enabled()


def test_nothing_reaches_the_error_stream_for_which_nbgrader_takes_the_points(capsys):
    def noisy(logits):
        print("to stderr", file=sys.stderr)
        warnings.warn("noise", stacklevel=1)
        return loss(logits)

    assert judge(PART, noisy, 0).state == RIGHT
    assert capsys.readouterr().err == ""


def test_the_alarm_of_others_is_put_back():
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    try:
        with pytest.raises(TimeLimit), time_limit(0.05):
            loops(None)
        assert signal.getsignal(signal.SIGALRM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGALRM, before)


def test_windows_way_of_stopping_works_here_too(monkeypatch):
    monkeypatch.delattr(signal, "SIGALRM")
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TimeLimit), time_limit(0.2):
        loops(None)
    with pytest.raises(Waiting), time_limit(0.2):
        endless_naps()
    with time_limit(5):
        pass
    assert signal.getsignal(signal.SIGTERM) is before


def test_undisturbed_draws_from_its_seed():
    with undisturbed(3):
        first = torch.rand(1), random.random()
    with undisturbed(3):
        assert (torch.rand(1), random.random()) == first


# --- what a student sees -----------------------------------------------------------------------------------


def test_check_reports_each_part_and_the_progress(shelved, capsys):
    student.check("2.1", None, None)
    assert capsys.readouterr().out == "○ Exercise 2.1: not attempted yet.\nLesson 02: exercises 0 of 1   (○ 2.1)\n"
    student.check("2.1", loss, "a")
    out = capsys.readouterr().out
    assert (
        "✘ Exercise 2.1: wrong.\n  ✔ The answer: right.\n  ✘ The diagnosis: wrong. This looks like a guess. Not A."
        in out
    )
    student.check("2.1", loss, "b")
    assert "exercises 1 of 1   (✔ 2.1)" in capsys.readouterr().out


def test_progress_outlives_the_kernel_and_a_fresh_stub(shelved, capsys, monkeypatch, own_record):
    student.check("2.1", loss, "B")
    monkeypatch.setattr(record, "_memory", {})  # a new kernel
    assert student.progress("02") == "Lesson 02: exercises 1 of 1   (✔ 2.1)"
    student.check("2.1", stub, None)
    assert "exercises 1 of 1" in capsys.readouterr().out.splitlines()[-1]
    student.check("2.1", stub, "A")
    assert "exercises 0 of 1" in capsys.readouterr().out.splitlines()[-1]


def test_a_damaged_or_unwritable_record_does_not_stop_the_work(shelved, capsys, monkeypatch, own_record):
    own_record.mkdir()
    (own_record / "02.json").write_text("{half")
    student.check("2.1", loss, "B")
    assert "damaged and begins anew" in capsys.readouterr().out
    monkeypatch.setattr(record, "write_json", lambda *_: (_ for _ in ()).throw(OSError(30, "Read-only file system")))
    student.check("2.1", loss, "B")
    assert "kept only until the kernel stops" in capsys.readouterr().out


def test_a_record_that_cannot_be_read_is_left_as_it_is(shelved, capsys, monkeypatch, own_record):
    student.check("2.1", loss, "B")
    kept = (own_record / "02.json").read_bytes()
    monkeypatch.setattr(record, "_memory", {})  # a new kernel, of a user who may not read the file

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(record, "open_regular", denied)
    student.check("2.1", stub, "A")
    assert "02.json cannot be read, Permission denied: what you do now is not kept" in capsys.readouterr().out
    assert "exercises 0 of 1" in student.progress("02")
    assert [path.read_bytes() for path in own_record.iterdir()] == [kept]


@pytest.mark.parametrize(
    "content", ["[]", '{"2.1": 3}', '{"2.1": {"state": ["right"]}}', '{"2.1": {"state": "solved"}}']
)
def test_an_odd_record_is_no_obstacle(shelved, own_record, content):
    own_record.mkdir()
    (own_record / "02.json").write_text(content)
    assert student.progress("02") == "Lesson 02: exercises 0 of 1   (○ 2.1)"
    student.check("2.1", loss, "B")
    assert "exercises 1 of 1" in student.progress("02")


def test_what_follows_an_exercise_waits_for_this_kernels_check(shelved, own_record, capsys):
    student.check("2.1", loss, "B")
    assert student.is_right("2.1")
    student.check("2.1", stub, None)
    assert not student.is_right("2.1")
    assert "once the check of exercise 2.1 says that it is right" in capsys.readouterr().out


def test_an_experiment_waits_for_the_functions_it_needs(shelved, capsys):
    student.predict("2.1", "a")
    assert student.predicted("2.1", loss) and not student.predicted("2.1", loss, stub)
    assert "once you have written stub" in capsys.readouterr().out


def test_an_experiment_may_need_classes_partials_and_callable_objects(shelved, capsys):
    class Unwritten:
        def __call__(self, logits):
            raise NotImplementedError("your code here")

    student.predict("2.1", "a")
    written = (partial(loss), torch.nn.Linear(2, 2), torch.nn.Linear, cache(loss), torch.relu, print, 3)
    assert student.predicted("2.1", *written)
    for answer, name in (
        (partial(stub), "stub"),
        (cache(stub), "stub"),
        (StubOfAMethod, "StubOfAMethod"),
        (Unwritten(), "Unwritten"),
        (partial(Unwritten()), "Unwritten"),
    ):
        assert not student.predicted("2.1", loss, answer)
        assert capsys.readouterr().out.endswith(f"once you have written {name}.\n")


def test_a_letter_that_is_not_offered_is_refused_and_an_old_one_is_replaced(shelved, own_record, capsys):
    student.predict("2.1", "E")
    assert "E is not offered, so nothing is recorded. Write A, B or C" in capsys.readouterr().out
    assert not own_record.exists()
    record.remember("02", "2.1", prediction="E")  # as earlier versions did
    assert not student.predicted("2.1")
    student.predict("2.1", "C")
    assert student.predicted("2.1") and "you expect C" in capsys.readouterr().out


def test_an_exercise_without_an_experiment_asks_for_no_prediction(monkeypatch, capsys):
    plain = Exercise("2.1", "No experiment", ("Think.", "Think again."), (PART,))
    monkeypatch.setattr(shelf, "exercises", lambda lesson: {"2.1": plain})
    student.predict("2.1", "A")
    assert capsys.readouterr().out == "○ Exercise 2.1 asks for no prediction.\n"


def test_a_wrong_number_of_answers_gets_a_sentence(shelved, capsys):
    student.check("2.1", loss)
    assert capsys.readouterr().out == "○ Exercise 2.1 asks for 2 answers, and got 1.\n"


def test_a_set_that_is_held_back_says_so(monkeypatch, capsys):
    monkeypatch.setattr(shelf, "exercises", lambda lesson: {})
    student.check("2.1", loss, "B")
    student.hint("2.1")
    assert not student.predicted("2.1") and not student.is_right("2.1")
    out = capsys.readouterr().out
    assert out.count("is not in this copy of the course: your teacher holds its check back") == 3
    assert "your teacher has the checks of the exercises" in student.progress("02")


@pytest.mark.parametrize(("name", "value"), [("COURSE_PROGRESS", "none"), ("NBGRADER_EXECUTION", "autograde")])
def test_a_run_that_is_no_students_leaves_no_record(shelved, monkeypatch, own_record, name, value):
    monkeypatch.setenv(name, value)
    student.check("2.1", loss, "B")
    student.predict("2.1", "A")
    assert not own_record.exists()
    assert student.predicted("2.1") and student.is_right("2.1")


def test_the_first_prediction_stands_and_comes_before_the_run(shelved, capsys):
    for no_letter in (None, ..., "", "rises"):
        student.predict("2.1", no_letter)
        assert not student.predicted("2.1")
    student.predict("2.1", "C")
    student.predict("2.1", "A")
    assert student.predicted("2.1")
    out = capsys.readouterr().out
    assert "no prediction yet" in out and "your first prediction, C, stands" in out


def test_hints_come_in_two_steps_and_the_solution_is_shown(shelved, capsys):
    student.hint("2.1")
    assert "Think." in (first := capsys.readouterr().out) and "Think again." not in first
    student.hint("2.1")
    assert "Think again." in capsys.readouterr().out
    student.solution("2.1")
    assert "softplus(-logits).mean()" in (out := capsys.readouterr().out) and "'B'" in out and "It is B." in out


@pytest.mark.parametrize("call", [student.check, student.hint, student.solution])
def test_a_number_that_is_not_there_gets_a_sentence(call, capsys):
    call("2.99")
    assert "There is no exercise 2.99; this lesson has 2.1" in capsys.readouterr().out
    call("77.1")
    assert "There is no exercise 77.1; exercises have numbers such as 2.1" in capsys.readouterr().out


def test_marks_are_points_for_each_part(shelved, monkeypatch, capsys):
    assert student.mark("2.1", loss, "B", of=3) == 3
    with pytest.raises(AssertionError, match="This looks like a guess"):
        student.mark("2.1", loss, "A", of=3)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert student.mark("2.1", loss, "A", of=3) == 1.5
    assert student.mark("2.1", None, None, of=3) == 0
    assert "This looks like a guess" in capsys.readouterr().out


def test_a_class_can_grade_on_inputs_of_its_own(shelved, monkeypatch):
    seeds = []
    monkeypatch.setattr(
        student, "examine", lambda exercise, answers, seed: seeds.append(seed) or examine(exercise, answers, seed)
    )
    student.check("2.1", loss, "B")
    student.mark("2.1", loss, "B", of=1)
    monkeypatch.setenv("COURSE_GRADING_SEED", "99")
    student.mark("2.1", loss, "B", of=1)
    assert len(set(seeds)) == 3 and seeds[-1] == 99
