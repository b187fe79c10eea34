"""The exercises are what they say: every known mistake is caught by its own name, right answers pass in any style."""

import ast
import importlib
import inspect
import json
import os
import re
import statistics
import textwrap
import time

import pytest
from conftest import ROOT

from course_utils.checks import examine
from course_utils.checks.examine import NOT_ATTEMPTED, RIGHT, WRONG, judge
from course_utils.checks.shelf import LESSONS, exercises
from course_utils.checks.student import CHECK_SEED, MARK_SEED
from course_utils.commands.answers import announced
from course_utils.commands.exercises import EXERCISES, answered, generate, normalise
from course_utils.commands.lessons import all_lessons, exercise_notebooks

# What students see, what graders see, and where claims are asserted one of the other seeds that a grader may set.
SEEDS = (CHECK_SEED, MARK_SEED, 7)[: 3 if os.environ.get("COURSE_BUDGET") == "cpu" else 2]
KINDS = ("derive and check", "implement", "experiment", "bug hunt")
ALL = {number: exercise for lesson in LESSONS for number, exercise in exercises(lesson).items()}
MISTAKES = [
    pytest.param(part, mistake, id=f"lesson_{exercise.lesson}-{number}-{mistake.name}")
    for number, exercise in ALL.items()
    for part in exercise.parts
    for mistake in part.mistakes
]


def others(lesson: str):
    return importlib.import_module(f"exercise_variants.lesson_{lesson}")


VARIANTS = [
    pytest.param(ALL[number], answers, id=f"lesson_{lesson}-{number}-{index}")
    for lesson in LESSONS
    for number, listed in others(lesson).VARIANTS.items()
    for index, answers in enumerate(listed)
]
MUTANTS = [
    pytest.param(ALL[number], name, answers, id=f"lesson_{lesson}-{number}-{name}")
    for lesson in LESSONS
    for number, listed in others(lesson).MUTANTS.items()
    for name, answers in listed
]


# --- the tables --------------------------------------------------------------------------------------------


def test_every_lesson_has_its_exercises_and_enough_mistakes_are_known():
    assert {lesson: len(exercises(lesson)) for lesson in LESSONS if not 4 <= len(exercises(lesson)) <= 6} == {}
    for lesson in LESSONS:
        assert list(exercises(lesson)) == [f"{int(lesson)}.{k + 1}" for k in range(len(exercises(lesson)))]
    known = {number: [m.name for part in exercise.parts for m in part.mistakes] for number, exercise in ALL.items()}
    assert {number: names for number, names in known.items() if len(names) < 4} == {}
    assert {number: names for number, names in known.items() if len(set(names)) < len(names)} == {}
    assert sum(map(len, known.values())) >= 200


@pytest.mark.parametrize("exercise", ALL.values(), ids=lambda exercise: f"lesson_{exercise.lesson}-{exercise.number}")
def test_an_exercise_has_two_hints_a_solution_and_variants(exercise):
    assert len(set(exercise.hints)) == 2 and all(exercise.hints)
    assert exercise.solution().strip()
    tested = others(exercise.lesson)
    assert len(tested.VARIANTS[exercise.number]) >= 3
    assert len(tested.MUTANTS[exercise.number]) >= 2


# --- the proof ---------------------------------------------------------------------------------------------

TRIALS, OBSERVED = examine._trials, {}


def observed(part, answer, seed):
    if not any(answer is own for own in (part.reference, *(mistake.answer for mistake in part.mistakes))):
        return TRIALS(part, answer, seed)
    key = id(part), id(answer), seed
    if key not in OBSERVED:
        OBSERVED[key] = list(TRIALS(part, answer, seed))
    return OBSERVED[key]


@pytest.fixture
def observed_once(monkeypatch):
    """The course's own answers, with which every other is compared, are looked at only once for each seed."""
    monkeypatch.setattr(examine, "_trials", observed)


@pytest.mark.parametrize("exercise", ALL.values(), ids=lambda exercise: f"lesson_{exercise.lesson}-{exercise.number}")
def test_the_reference_is_right(exercise):
    for seed in SEEDS:
        assert [judge(part, part.reference, seed).state for part in exercise.parts] == [RIGHT] * len(exercise.parts)


@pytest.mark.parametrize(("part", "mistake"), MISTAKES)
def test_a_known_mistake_is_caught_by_its_own_name(observed_once, part, mistake):
    for seed in SEEDS:
        verdict = judge(part, mistake.answer, seed)
        assert (verdict.state, verdict.mistake, verdict.text) == (WRONG, mistake.name, mistake.reply)


@pytest.mark.parametrize(("exercise", "answers"), VARIANTS)
def test_a_right_answer_passes_in_any_style(observed_once, exercise, answers):
    for seed in SEEDS:
        verdicts = [judge(part, answer, seed) for part, answer in zip(exercise.parts, answers, strict=True)]
        assert {verdict.state for verdict in verdicts} == {RIGHT}, verdicts


@pytest.mark.parametrize(("exercise", "name", "answers"), MUTANTS)
def test_a_known_mistake_in_other_words_is_caught_by_the_same_name(observed_once, exercise, name, answers):
    for seed in SEEDS:
        verdicts = [judge(part, answer, seed) for part, answer in zip(exercise.parts, answers, strict=True)]
        assert [verdict.mistake for verdict in verdicts if verdict.state == WRONG] == [name], verdicts


def test_checks_are_quick():
    """A wrong answer takes longest: it is compared with every mistake. In seconds of CPU, on one thread."""
    seconds = []
    for exercise in ALL.values():
        began = time.process_time()
        for part in exercise.parts:
            judge(part, part.mistakes[-1].answer, CHECK_SEED)
        seconds.append(time.process_time() - began)
    assert statistics.median(seconds) <= 2 and max(seconds) <= 20, dict(zip(ALL, seconds, strict=True))


# --- the notebooks -----------------------------------------------------------------------------------------


def cells(path) -> list[dict]:
    listed = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [dict(cell, source="".join(cell["source"])) for cell in listed]


def function_bodies(path) -> dict[str, str]:
    """Every function and class of a notebook's answers, and every answer that is a value, by name."""
    found = {}
    for cell in cells(path):
        if "BEGIN SOLUTION" in cell["source"] and cell["cell_type"] == "code":
            for node in ast.parse(cell["source"]).body:
                if isinstance(node, ast.FunctionDef | ast.ClassDef):
                    found[node.name] = canonical(node)
                elif isinstance(node, ast.Assign):
                    found[node.targets[0].id] = ast.unparse(node.value)
    return found


def canonical(node: ast.AST) -> str:
    """The text of a function or class without its docstrings."""
    for inner in ast.walk(node):
        body = getattr(inner, "body", None)
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None:
            inner.body = body[1:] or [ast.Pass()]
    return ast.unparse(node)


def calls(path, name: str) -> dict[str, ast.Call]:
    """The calls of `check` or `mark` in a notebook, by exercise number."""
    code = "\n".join(re.sub(r"^%.*", "", c["source"], flags=re.M) for c in cells(path) if c["cell_type"] == "code"
                     and "google.colab" not in c["source"])  # fmt: skip
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    return {node.args[0].value: node for node in nodes if getattr(node.func, "id", "") == name}


SOLUTIONS = [pytest.param(path, id=f"lesson_{path.stem[:2]}") for path in exercise_notebooks("solutions")]
SHIPPED = [
    pytest.param(EXERCISES / path.parent.name / path.name, id=f"lesson_{path.stem[:2]}")
    for path in exercise_notebooks("solutions")
]


def test_there_is_a_source_for_every_lesson_from_01_to_13():
    assert [path.stem for path in exercise_notebooks("solutions")] == [all_lessons()[lesson].stem for lesson in LESSONS]


@pytest.mark.parametrize("path", SOLUTIONS)
def test_the_notebook_solves_each_exercise_with_its_reference(path):
    answers, listed = function_bodies(path), exercises(path.stem[:2])
    assert list(calls(path, "check")) == list(calls(path, "mark")) == list(listed)
    for number, exercise in listed.items():
        names = [ast.unparse(argument) for argument in calls(path, "check")[number].args[1:]]
        assert names == [ast.unparse(argument) for argument in calls(path, "mark")[number].args[1:]]
        for part, name in zip(exercise.parts, names, strict=True):
            if callable(part.reference):
                text = ast.parse(textwrap.dedent(inspect.getsource(part.reference))).body[0]
                assert answers[name] == canonical(text).replace(part.reference.__name__, name)


@pytest.mark.parametrize("path", SOLUTIONS)
def test_each_exercise_is_announced_with_kind_minutes_points_and_its_section(path):
    points = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["metadata"]["nbgrader"]["points"]
        for cell in cells(path)
        if cell["metadata"].get("nbgrader", {}).get("grade")
    }
    lesson = all_lessons()[path.stem[:2]]
    anchors = {
        line.lstrip("# ").replace(" ", "-")
        for cell in cells(lesson) if cell["cell_type"] == "markdown"
        for line in cell["source"].splitlines() if line.startswith("#")
    }  # fmt: skip
    rows = {row["number"]: row for row in announced(path)}
    assert list(rows) == list(exercises(path.stem[:2]))
    for number, exercise in exercises(path.stem[:2]).items():
        found = rows[number]
        assert found["title"] == exercise.title
        assert (ROOT / "notebooks" / found["file"]) == lesson and found["anchor"] in anchors
        assert int(found["points"]) == points[f"check-{number.replace('.', '-')}"]
        assert calls(path, "mark")[number].keywords[0].value.value == int(found["points"])
    kinds = [row["kind"] for row in rows.values()]
    assert set(kinds) == set(KINDS) and kinds.count("bug hunt") == 1


@pytest.mark.parametrize("path", SOLUTIONS)
def test_a_set_tells_the_progress_in_its_own_lesson(path):
    code = "\n".join(cell["source"] for cell in cells(path) if cell["cell_type"] == "code")
    assert re.findall(r'progress\("(\d\d)"\)', code) == [path.stem[:2]]


@pytest.mark.parametrize("path", SOLUTIONS)
def test_a_prediction_offers_the_letters_that_its_exercise_knows(path):
    code = "\n".join(cell["source"] for cell in cells(path) if cell["cell_type"] == "code")
    offered = re.findall(r'one of "A" to "(.)".*?^predict\("([\d.]+)"', code, re.M | re.S)
    known = {number: exercise.predictions for number, exercise in exercises(path.stem[:2]).items()}
    expected = {number: "ABCDEFGH"[: "ABCDEFGH".index(last) + 1] for last, number in offered}
    assert expected and {number: letters for number, letters in known.items() if letters} == expected


def test_the_sources_are_stored_without_outputs(tmp_path):
    for path in exercise_notebooks("solutions"):
        copy = tmp_path / path.name
        copy.write_bytes(path.read_bytes())
        normalise(copy)
        assert copy.read_bytes() == path.read_bytes(), f"run `course.py exercises`: {path.name} is not normalised"


def test_the_exercises_are_generated_from_the_solutions_byte_for_byte(tmp_path):
    made = {path.relative_to(tmp_path): path.read_bytes() for path in generate(tmp_path)}
    stored = {path.relative_to(EXERCISES): path.read_bytes() for path in exercise_notebooks("exercises")}
    assert len(made) == len(LESSONS)
    assert made.keys() == stored.keys()
    assert [path for path in made if made[path] != stored[path]] == [], "run `course.py exercises`"


@pytest.mark.parametrize("path", SHIPPED)
def test_every_stub_counts_as_not_attempted(path):
    names: dict[str, object] = {}
    exec(compile(definitions(path), path.name, "exec"), names)
    for number, exercise in exercises(path.stem[:2]).items():
        answers = [eval(ast.unparse(argument), names) for argument in calls(path, "check")[number].args[1:]]
        states = [judge(part, answer, CHECK_SEED).state for part, answer in zip(exercise.parts, answers, strict=True)]
        assert set(states) == {NOT_ATTEMPTED}, number


def definitions(path) -> ast.Module:
    """What a notebook imports and defines, without what it runs."""
    kept = []
    for cell in cells(path):
        if cell["cell_type"] == "code" and "google.colab" not in cell["source"]:
            kept += [node for node in ast.parse(cell["source"]).body if defines(node)]
    return ast.Module(kept, [])


def defines(node: ast.stmt) -> bool:
    constant = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    return constant or isinstance(node, ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef)


def test_no_solution_and_no_hidden_test_is_left_in_the_exercises():
    for path in exercise_notebooks("exercises"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"BEGIN SOLUTION|HIDDEN TESTS|mark\(\\\"", text)
        assert not answered(path)


def test_a_notebook_that_holds_answers_is_known(tmp_path):
    source = exercise_notebooks("exercises")[0]
    written = source.read_text(encoding="utf-8").replace(
        'raise NotImplementedError(\\"your code here\\")', "return 1", 1
    )
    copy = tmp_path / source.name
    copy.write_text(written, encoding="utf-8")
    assert answered(copy)
