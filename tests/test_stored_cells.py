"""A claim knows whether the lesson's cells ran as they are stored: a changed one is not checked, and nobody accused."""

import json
import sys
from types import SimpleNamespace

import nbformat
import pytest
import torch

from course_utils import evidence, stored_cells
from course_utils.claims import ClaimFailed
from course_utils.commands import render
from course_utils.commands.execute import this_interpreters_kernel
from course_utils.commands.lessons import all_lessons
from course_utils.commands.render import code_cells
from course_utils.lesson import Lesson
from course_utils.stored_cells import Differences, differences, stored_cell, written

FETCH = 'import sys\n\nif "google.colab" in sys.modules:\n    %pip install -q somewhere'
BEGIN = 'from course_utils import lesson\n\ncourse = lesson.begin("97")'
STUB = 'def d_loss(f):\n    """A loss."""\n    raise NotImplementedError("your code here")'
TURN = 'd_loss = course.your_turn("97.1", d_loss)'
PREDICT = 'prediction = None\ncourse.predict("97.a", prediction, "AB")'
TRAIN = "# long\nrun = train(steps=100)\n\nloss = run.loss"
HINT = '# course.hint("97.1")'
CLAIM = 'course.claim("the loss is small", loss, below=1, null={"untrained": 5})'
LATER = "print(loss)"
CELLS = [FETCH, BEGIN, STUB, TURN, PREDICT, TRAIN, HINT, CLAIM, LATER]

MINE = "# mine\ndef d_loss(f):\n    return f.mean()"
GUESS = PREDICT.replace("None", '"A"')
CHANGED = TRAIN.replace("100", "3")
LOOK = "run.loss"


@pytest.fixture(autouse=True)
def stored(tmp_path, monkeypatch):
    """Lesson 97 is stored with CELLS, and a student sits before it, who has set nothing."""
    (tmp_path / "cells.json").write_text(written({"97": CELLS}), encoding="utf-8")
    monkeypatch.setattr(evidence, "FOLDER", tmp_path)
    for name in ("COURSE_CLAIMS", "COURSE_EVIDENCE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ran(monkeypatch):
    """A lesson in a shell that has run these cells, from the one with `begin` to the running one."""

    def begin(*cells: str, before: tuple[str, ...] = (FETCH,)) -> Lesson:
        inputs = ["", *before, cells[0]]
        shell = SimpleNamespace(history_manager=SimpleNamespace(input_hist_raw=inputs))
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
        course = Lesson("97", torch.device("cpu"), "cpu", 0)
        inputs.extend(cells[1:])
        return course

    return begin


def claim(course: Lesson, value: float) -> None:
    course.claim("the loss is small", value, below=1, null={"untrained": 5.0})


AS_STORED = (BEGIN, STUB, TURN, PREDICT, TRAIN, HINT, CLAIM)


@pytest.mark.parametrize(
    "cells",
    [
        AS_STORED,
        (BEGIN, MINE, TURN, GUESS, TRAIN, CLAIM),
        (BEGIN, STUB, TURN, MINE, TURN, PREDICT, GUESS, TRAIN, 'course.hint("97.1")', CLAIM),
        (BEGIN, f"{MINE}\n\n{TURN}", TRAIN + "\n", CLAIM),
        (BEGIN, TRAIN.replace("# long", "# a remark of mine\n"), CLAIM),
        (BEGIN, TRAIN, CLAIM, CLAIM),
    ],
)
def test_in_the_lesson_as_it_is_claims_are_judged(ran, cells, capsys):
    course = ran(*cells)
    claim(course, 0.5)
    assert capsys.readouterr().out.startswith("✔ the loss is small")
    with pytest.raises(ClaimFailed, match="measured otherwise"):
        claim(course, 2.0)


@pytest.mark.parametrize("cells", [(BEGIN, MINE, TURN, CHANGED, CLAIM), (BEGIN, MINE, TURN, CLAIM)])
@pytest.mark.parametrize("value", [0.5, 2.0, float("nan")])
def test_after_a_changed_or_skipped_cell_no_claim_is_checked(ran, cells, value, capsys):
    course = ran(*cells)
    claim(course, value)
    course.check("an identity", holds=False)
    said = "· not checked as cell 6 of the lesson was changed or not run (`run = train(steps=100)`): "
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{said}the loss is small") and second == f"{said}an identity"


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ((BEGIN, TRAIN, CHANGED, CLAIM), "ran cells of your own"),
        ((BEGIN, TRAIN, LOOK, CLAIM), "ran cells of your own"),
        ((BEGIN, TRAIN, CLAIM.replace("1,", "0.1,")), "ran cells of your own"),
        ((BEGIN, TRAIN, TRAIN, CLAIM), "ran cells of the lesson again, or in another order"),
        ((BEGIN, TRAIN, LATER, CLAIM), "ran cells of the lesson again, or in another order"),
    ],
)
def test_with_further_cells_a_claim_is_judged_and_accuses_nobody(ran, cells, why, capsys):
    course = ran(*cells)
    claim(course, 0.5)
    claim(course, 2.0)
    course.check("an identity", holds=False)
    held, failed, check = capsys.readouterr().out.splitlines()
    assert held.startswith("✔") and failed.startswith("· not checked as this kernel") and why in failed
    assert check.startswith("· not checked as this kernel")


@pytest.mark.parametrize(
    "cells", [("course = begin()", "x = 1"), (BEGIN.replace("97", "96"), "a claim of another notebook")]
)
def test_another_notebook_is_judged_as_ever(ran, cells):
    with pytest.raises(ClaimFailed):
        claim(ran(*cells), 2.0)


def test_a_changed_cell_with_begin_is_a_changed_cell(ran, capsys):
    claim(ran(BEGIN + "\nimport math", TRAIN, CLAIM), 2.0)
    assert (
        "as cell 2 of the lesson was changed or not run (`from course_utils import lesson`)" in capsys.readouterr().out
    )


def test_only_what_ran_since_begin_counts(ran, capsys):
    claim(ran(*AS_STORED, before=(FETCH, BEGIN, CHANGED, LOOK)), 0.5)
    with pytest.raises(ClaimFailed):
        claim(ran(*AS_STORED, before=(FETCH, BEGIN, CHANGED, LOOK)), 2.0)


@pytest.mark.parametrize("choice", ["always", "report"])
def test_the_course_itself_judges_changed_lessons_too(ran, monkeypatch, choice, capsys):
    monkeypatch.setenv("COURSE_CLAIMS", choice)
    course = ran(BEGIN, CHANGED, CLAIM)
    if choice == "always":
        with pytest.raises(ClaimFailed):
            claim(course, 2.0)
    else:
        claim(course, 2.0)
    assert capsys.readouterr().out.startswith("✘")


def test_what_is_not_checked_is_not_in_the_ledger(ran, tmp_path):
    claim(ran(BEGIN, CHANGED, CLAIM), 0.5)
    claim(ran(BEGIN, TRAIN, LOOK, CLAIM), 2.0)
    assert not (tmp_path / "ledger").exists()


def test_a_cell_is_known_by_what_it_does():
    same = stored_cell("x = 1\ny = 2")
    assert stored_cell("\n# a remark\nx = 1   \n\ny = 2\n").hash == same.hash != stored_cell("x = 1\ny = 3").hash
    assert stored_cell("  x = 1").hash != stored_cell("x = 1").hash
    assert stored_cell(HINT).hash == stored_cell(FETCH).hash == "" and same.theirs is None
    assert stored_cell(f"{STUB}\n\n{TURN}").theirs == ["d_loss"] and stored_cell(PREDICT).theirs == ["prediction"]
    assert stored_cell(f"x = {'1 + ' * 40}1").begins == f"x = {'1 + ' * 14}…"


def test_the_stored_cells_are_those_of_the_lessons(monkeypatch):
    monkeypatch.undo()
    lessons = {number: code_cells(path) for number, path in all_lessons().items()}
    stored = (evidence.FOLDER / "cells.json").read_text(encoding="utf-8")
    assert stored == written(lessons), "run `course.py render --cells`"
    assert list(json.loads(stored)) == list(lessons)
    assert all(sum(bool(cell.hash) for cell in stored_cells.load(number)) >= 3 for number in lessons)


@pytest.mark.parametrize("number", all_lessons())
def test_run_all_in_a_lesson_as_it_is_stored_has_no_differences(number, monkeypatch):
    monkeypatch.undo()
    sources = code_cells(all_lessons()[number])
    begin = next(place for place, source in enumerate(sources) if "lesson.begin(" in source)
    for end in range(begin + 1, len(sources) + 1):
        assert differences(number, sources[begin:end]) == Differences()
    skipped = next(i for i in range(begin + 1, len(sources)) if stored_cell(sources[i]).theirs is None)
    without = [*sources[begin:skipped], *sources[skipped + 1 :]]
    assert differences(number, without).changed.startswith(f"cell {skipped + 1} of the")
    assert (
        differences(number, [*sources[begin:-1], "x = 1", sources[-1]]).own == "this kernel also ran cells of your own"
    )


def test_render_can_store_the_cells_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(render, "FOLDER", tmp_path)
    monkeypatch.setattr(render, "render", lambda path: pytest.fail("nothing is to be executed"))
    assert render.main(["--cells"]) == 0
    assert list(json.loads((tmp_path / "cells.json").read_text(encoding="utf-8"))) == list(all_lessons())


SETUP = "from pathlib import Path\nfrom course_utils import evidence\nevidence.FOLDER = Path({folder!r})"


def test_in_a_real_kernel(tmp_path, monkeypatch):
    """What nbclient, JupyterLab and Colab have in common: a kernel that keeps what it ran."""
    from nbclient import NotebookClient

    monkeypatch.setenv("COURSE_BUDGET", "cpu")
    monkeypatch.setenv("COURSE_PROGRESS", "none")
    fake = "def train(steps):\n    from types import SimpleNamespace\n    return SimpleNamespace(loss=2.0)"
    lesson = [BEGIN, fake, TRAIN, CLAIM]
    (tmp_path / "cells.json").write_text(written({"97": lesson}), encoding="utf-8")
    said = {}
    for name, cells in (
        ("as stored", lesson),
        ("changed", [BEGIN, fake, CHANGED, CLAIM]),
        ("with a look", [BEGIN, fake, TRAIN, LOOK, CLAIM]),
    ):
        sources = [SETUP.format(folder=str(tmp_path)), *cells]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        client = NotebookClient(notebook, timeout=300, allow_errors=True)
        client.km = this_interpreters_kernel()
        client.owns_km = True
        client.execute()
        said[name] = [output.get("text") or output.get("ename") for output in notebook.cells[-1].outputs]
    assert said["as stored"][0].startswith("✘ the loss is small") and said["as stored"][1:] == ["ClaimFailed"]
    (changed,), (look,) = said["changed"], said["with a look"]
    assert changed.startswith("· not checked as cell 3 of the lesson was changed or not run (`run = train(steps=100)`)")
    assert look.startswith("· not checked as this kernel also ran cells of your own: the loss is small")
