"""Working copies: what somebody has changed is never touched, and the course itself stays as it came."""

import json
import re
import subprocess
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from course_utils.commands import copies
from course_utils.commands.cli import Stop
from course_utils.commands.lessons import ROOT

LESSON = "notebooks/02_a_first_gan.ipynb"
EXERCISES = "exercises/02_a_first_gan/02_exercises.ipynb"


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / "my_work"
    assert copies.bring_up_to_date(folder) == []
    return folder


@pytest.fixture
def course(monkeypatch):
    """A function that changes the lesson in the course."""
    versions = dict(copies._fresh_copies())

    def change(words: str) -> bytes:
        notebook = json.loads(versions[LESSON])
        notebook["cells"][0]["source"] = [words]
        versions[LESSON] = (json.dumps(notebook) + "\n").encode()
        return versions[LESSON]

    monkeypatch.setattr(copies, "_fresh_copies", lambda: iter(versions.items()))
    return change


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.ipynb")}


def test_copies_are_the_lessons_and_the_exercises_without_outputs(work):
    made = contents(work)
    stored = [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "exercises").glob("*/*.ipynb")]
    assert len(made) == len(stored) and {LESSON, EXERCISES} <= set(made)
    ours, theirs = (nbformat.read(path, 4) for path in (ROOT / LESSON, work / LESSON))
    nbformat.validate(theirs)
    code = [[cell.source for cell in page.cells if cell.cell_type == "code"] for page in (ours, theirs)]
    assert code[0] == code[1] and theirs.metadata == ours.metadata
    assert not any(cell.outputs or cell.execution_count for cell in theirs.cells if cell.cell_type == "code")
    assert len({Path(place).name for place in made}) == len(made)  # tabs can be told apart


def test_every_link_of_a_copy_leads_to_a_copy(work):
    for place in contents(work):
        for cell in nbformat.read(work / place, 4).cells:
            if cell.cell_type == "markdown":
                for link in re.findall(r"\]\(([^)#\s]+\.ipynb)", cell.source):
                    assert link.startswith("http") or (work / place).parent.joinpath(link).is_file(), (place, link)


def test_what_was_changed_stays_and_the_newer_lesson_lies_beside(work, course):
    mine = (work / LESSON).read_bytes() + b"\n"
    (work / LESSON).write_bytes(mine)
    assert copies.bring_up_to_date(work) == []  # nothing newer
    newer = course("better words")
    (note,) = copies.bring_up_to_date(work)
    beside = (work / LESSON).with_name("02_a_first_gan (newer).ipynb")
    assert beside.name in note and LESSON in note
    assert (work / LESSON).read_bytes() == mine and beside.read_bytes() == newer
    assert copies.bring_up_to_date(work) == []  # offered once
    course("even better words")
    (note,) = copies.bring_up_to_date(work)
    assert "02_a_first_gan (newer 2).ipynb" in note and beside.read_bytes() == newer


def test_a_copy_that_nobody_changed_follows_the_course(work, course):
    newer = course("better words")
    assert copies.bring_up_to_date(work) == []
    assert (work / LESSON).read_bytes() == newer and not list(work.rglob("*(newer)*"))


def test_a_copy_that_was_deleted_comes_back(work):
    before = contents(work)
    (work / LESSON).unlink()
    copies.bring_up_to_date(work)
    assert contents(work) == before


@pytest.mark.parametrize("damage", ["not json", "[]", '{"notebooks/02_a_first_gan.ipynb": 3}', None])
def test_without_its_memory_nothing_is_overwritten(work, course, damage):
    (work / ".copies.json").unlink() if damage is None else (work / ".copies.json").write_text(damage)
    before = contents(work)
    course("better words")
    copies.bring_up_to_date(work)
    after = contents(work)
    assert all(after[place] == content for place, content in before.items())
    assert set(after) - set(before) == {"notebooks/02_a_first_gan (newer).ipynb"}


def test_links_and_folders_are_the_student_s(work, course, tmp_path):
    elsewhere = tmp_path / "cloud.ipynb"
    (work / LESSON).rename(elsewhere)
    (work / LESSON).symlink_to(elsewhere)
    other = "notebooks/01_the_minimax_objective.ipynb"
    (work / other).unlink(), (work / other).mkdir()
    course("better words")
    assert any("02_a_first_gan (newer)" in note for note in copies.bring_up_to_date(work))
    assert (work / LESSON).is_symlink() and (work / other).is_dir()
    elsewhere.unlink()  # the cloud is not mounted
    assert copies.bring_up_to_date(work) == [] and (work / LESSON).is_symlink()


def test_one_bad_lesson_names_itself_and_the_others_are_remembered(work, course, monkeypatch, tmp_path):
    newer = course("better words")
    good = iter(copies._fresh_copies())
    bad = tmp_path / "99_bad.ipynb"
    bad.write_text("{")

    def some():
        yield from ((place, content) for place, content in good if place == LESSON)
        copies._without_outputs(bad)

    monkeypatch.setattr(copies, "_fresh_copies", some)
    with pytest.raises(Stop, match="99_bad.ipynb is no notebook"):
        copies.bring_up_to_date(work)
    monkeypatch.setattr(copies, "_fresh_copies", lambda: iter([(LESSON, newer)]))
    assert copies.bring_up_to_date(work) == [] and not list(work.rglob("*(newer)*"))


@pytest.mark.parametrize("place", ["notebooks", "exercises", ".copies.json"])
def test_folders_that_are_no_folders_and_a_memory_that_is_no_file(tmp_path, place):
    work = tmp_path / "my_work"
    work.mkdir()
    (work / place).mkdir() if place.startswith(".") else (work / place).symlink_to(tmp_path)
    for _ in range(2):
        with pytest.raises(Stop, match="is a link|is a folder"):
            copies.bring_up_to_date(work)
    assert not list(tmp_path.rglob("*.ipynb"))


@pytest.mark.parametrize("kind", ["file", "link"])
def test_a_place_that_is_taken(tmp_path, kind):
    work = tmp_path / "my_work"
    work.write_text("mine") if kind == "file" else work.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Stop, match="is not a folder|is a link"):
        copies.bring_up_to_date(work)


def test_git_does_not_see_them():
    assert "/my_work/" in (ROOT / ".gitignore").read_text(encoding="utf-8").split()


def test_a_day_of_learning_leaves_the_clone_clean(tmp_path):
    """The course is cloned, its copies are opened, changed, run and saved: git sees nothing of it."""
    if subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True).returncode:
        pytest.skip("this course is no git clone")
    clone = tmp_path / "course"
    subprocess.run(["git", "clone", "-q", "--shared", ROOT, clone], check=True, capture_output=True)
    copies.bring_up_to_date(clone / "my_work")
    lesson = clone / "my_work" / LESSON
    notebook = nbformat.read(lesson, 4)
    notebook.cells.append(nbformat.v4.new_code_cell("open('notes.txt', 'w').write('mine')\n1 + 1"))
    mine = nbformat.v4.new_notebook(cells=notebook.cells[-1:])
    NotebookClient(mine, resources={"metadata": {"path": str(lesson.parent)}}).execute()
    notebook.cells[-1].outputs = mine.cells[0].outputs
    nbformat.write(notebook, lesson)
    for folder in (lesson.parent, clone / "notebooks"):  # what JupyterLab leaves when somebody only looks
        (folder / ".ipynb_checkpoints").mkdir()
        (folder / ".ipynb_checkpoints" / "02_a_first_gan-checkpoint.ipynb").write_text("{}")
    (clone / "build").mkdir(exist_ok=True), (clone / "build" / "lab.log").write_text("")
    (clone / "course_utils" / "__pycache__").mkdir(exist_ok=True)
    (clone / "course_utils" / "__pycache__" / "x.cpython-311.pyc").write_text("")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == ""
    (clone / LESSON).write_text("{}")  # and it would see what matters
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert LESSON in status.stdout
