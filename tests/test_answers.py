"""`course.py exercises`: what it writes, what it keeps, and the teacher's tables."""

import json
import shutil

import pytest
from conftest import ROOT

from course_utils.commands import answers, exercises
from course_utils.commands.cli import Stop
from course_utils.commands.lessons import exercise_notebooks

TOPIC = "02_a_first_gan"
NAME = f"{TOPIC}/{TOPIC}.ipynb"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A checkout with one set of exercises, in which the verb runs."""
    (tmp_path / "solutions" / TOPIC).mkdir(parents=True)
    for name in ("nbgrader_config.py", f"solutions/{NAME}", "solutions/README.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    for module in (exercises, answers):
        monkeypatch.setattr(module, "exercise_notebooks", lambda folder: sorted((tmp_path / folder).glob("*/*.ipynb")))
    monkeypatch.setattr(exercises, "ROOT", tmp_path)
    monkeypatch.setattr(exercises, "EXERCISES", tmp_path / "exercises")
    monkeypatch.setattr(answers, "README", tmp_path / "solutions" / "README.md")
    return tmp_path


def test_the_verb_writes_the_students_version_and_cleans_the_source(course):
    source = course / "solutions" / NAME
    clean = source.read_bytes()
    edited = json.loads(clean)
    for cell in edited["cells"]:
        cell["metadata"]["collapsed"] = True
        if cell["cell_type"] == "code":
            cell["execution_count"] = 3
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": ["done"]}]
    edited["metadata"]["widgets"] = {}
    source.write_text(json.dumps(edited))
    assert exercises.main([]) == 0
    assert source.read_bytes() == clean
    assert (course / "exercises" / NAME).read_bytes() == (ROOT / "exercises" / NAME).read_bytes()


def test_a_notebook_with_somebodys_answers_is_kept(course, capsys):
    assert exercises.main([]) == 0
    path = course / "exercises" / NAME
    answered = path.read_text(encoding="utf-8").replace(
        'raise NotImplementedError(\\"your code here\\")', "return 1", 1
    )
    path.write_text(answered, encoding="utf-8")
    assert exercises.main([]) == 1
    assert path.read_text(encoding="utf-8") == answered
    assert f"exercises/{NAME} holds answers and is kept; move it away" in capsys.readouterr().err


def test_what_nbgrader_cannot_make_is_said_in_one_line(course):
    source = course / "solutions" / NAME
    source.write_text(
        source.read_text(encoding="utf-8").replace("### END SOLUTION", "### THE END", 1), encoding="utf-8"
    )
    with pytest.raises(Stop, match="nbgrader could not generate the exercises"):
        exercises.main([])


def test_the_teachers_page_is_up_to_date():
    text = (ROOT / "solutions" / "README.md").read_text(encoding="utf-8")
    assert answers.time_table() in text and answers.wrong_answers() in text


def test_the_time_table_counts_what_the_headings_say():
    path = ROOT / "solutions" / NAME
    rows = answers.announced(path)
    minutes, points = (sum(int(row[key]) for row in rows) for key in ("minutes", "points"))
    (line,) = [line for line in answers.time_table().splitlines() if line.startswith(f"| [02]({NAME})")]
    assert line.endswith(f"| {minutes} min | {points} |")
    assert len(exercise_notebooks("solutions")) == len(answers.time_table().splitlines()) - 2


def test_a_page_without_its_marks_is_an_error(course):
    (course / "solutions" / "README.md").write_text("mine")
    with pytest.raises(ValueError, match="lacks the two marks"):
        answers.update_answers()
