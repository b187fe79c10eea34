"""A class's cycle with nbgrader, from the repository's configuration: release, collect, autograde, feedback, export."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT
from nbgrader.utils import get_username

pytestmark = pytest.mark.thorough
TOPIC = "02_a_first_gan"
COURSE = "--course=generative-models"
KEPT = 2  # of the real notebook's exercises, so that grading takes seconds

HERE = get_username()  # the exchange knows a student by the name of the user who submits
ANSWERS = {  # by student: what replaces the stub of the first exercise
    HERE: "return softplus(-fake_logits).mean()",
    "ben": "return -softplus(fake_logits).mean()",
    "eve": "while True:\n        pass",
    # The loop is outside the function, and sleeps, so that waiting for nbgrader to stop it keeps no processor busy.
    "sam": "return softplus(-fake_logits).mean()\n\nimport time\nwhile True:\n    time.sleep(1)",
}
STUB = 'raise NotImplementedError("your code here")'


class Class:
    """A teacher's folder with the course's nbgrader configuration, and what its students hand in."""

    def __init__(self, root: Path):
        self.root = root
        shutil.copy(ROOT / "nbgrader_config.py", root)
        source = root / "solutions" / TOPIC / f"{TOPIC}.ipynb"
        source.parent.mkdir(parents=True)
        source.write_text(json.dumps(shortened(ROOT / "solutions" / TOPIC / f"{TOPIC}.ipynb")), encoding="utf-8")

    def nbgrader(self, *argv: str, folder: str = ".") -> str:
        """Run `nbgrader ARGV` in the teacher's folder, or in that of a student; what it said."""
        environment = dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1", COURSE_PROGRESS="")
        environment["COURSE_CACHE"] = str(self.root / "cache")
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment["PATH"]])  # for alembic
        line = [sys.executable, "-m", "nbgrader", *argv, f"--Exchange.root={self.root / 'exchange'}"]
        done = subprocess.run(
            line, cwd=self.root / folder, env=environment, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    def submit(self, answer: str) -> None:
        """As a student of the same hub: fetch, answer, submit."""
        (self.root / "home").mkdir()
        self.nbgrader("fetch_assignment", TOPIC, COURSE, folder="home")
        path = self.root / "home" / TOPIC / f"{TOPIC}.ipynb"
        path.write_text(answered(path.read_text(encoding="utf-8"), answer), encoding="utf-8")
        self.nbgrader("submit", TOPIC, COURSE, folder="home")

    def upload(self, student: str, answer: str) -> None:
        """As a student elsewhere: the notebook goes into the archive that a learning platform offers for download."""
        released = next((self.root / "exchange").glob(f"*/outbound/{TOPIC}/*.ipynb")).read_text(encoding="utf-8")
        archive = self.root / "downloaded" / TOPIC / "archive"
        archive.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(archive / "class.zip", "a") as file:
            file.writestr(f"{student}_{TOPIC}.ipynb", answered(released, answer))

    def feedback(self, student: str) -> str:
        """A student's feedback page as text."""
        page = (self.root / "feedback" / student / TOPIC / f"{TOPIC}.html").read_text(encoding="utf-8")
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def answered(text: str, answer: str) -> str:
    """A student's notebook with this answer to the first exercise."""
    notebook = json.loads(text)
    (cell,) = [
        cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == "answer-2-1"
    ]
    source = "".join(cell["source"])
    assert STUB in source
    cell["source"] = source.replace(STUB, answer)
    return json.dumps(notebook)


def shortened(path: Path) -> dict:
    """A source notebook with its first exercises only."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    headings = [k for k, cell in enumerate(notebook["cells"]) if "".join(cell["source"]).startswith("## Exercise ")]
    notebook["cells"] = notebook["cells"][: headings[KEPT]]
    return notebook


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> Class:
    course = Class(tmp_path_factory.mktemp("class"))
    course.nbgrader("generate_assignment", TOPIC, "--force")
    course.nbgrader("release_assignment", TOPIC)
    course.submit(ANSWERS[HERE])
    course.nbgrader("collect", TOPIC)
    for student in ANSWERS.keys() - {HERE}:
        course.upload(student, ANSWERS[student])
    course.nbgrader("zip_collect", TOPIC)
    # sam's first cell, which imports PyTorch, must come to its end in this time, also on a busy machine.
    course.nbgrader("autograde", TOPIC, "--create", "--student=sam", "--ExecutePreprocessor.timeout=40")
    course.nbgrader("autograde", TOPIC, "--create")
    course.nbgrader("generate_feedback", TOPIC)
    course.nbgrader("release_feedback", TOPIC, f"--student={HERE}")  # the others came by no exchange
    course.nbgrader("fetch_feedback", TOPIC, COURSE, folder="home")
    course.nbgrader("export", "--to", str(course.root / "grades.csv"))
    return course


def test_the_students_version_is_the_one_in_the_repository(graded):
    made = json.loads((graded.root / "exercises" / TOPIC / f"{TOPIC}.ipynb").read_text(encoding="utf-8"))["cells"]
    stored = json.loads((ROOT / "exercises" / TOPIC / f"{TOPIC}.ipynb").read_text(encoding="utf-8"))["cells"]
    assert made == stored[: len(made)]


def test_right_wrong_and_endless_answers_are_graded_and_exported(graded):
    with open(graded.root / "grades.csv", encoding="utf-8") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    score = {student: float(row["score"]) for student, row in rows.items()}
    assert rows.keys() == ANSWERS.keys()
    assert score[HERE] == score["sam"] == 2 < float(rows[HERE]["max_score"])  # the second exercise is still a stub
    assert score["ben"] == score["eve"] == 0


def test_the_feedback_names_the_mistake_and_the_loop(graded):
    assert "✔ Exercise 2.1: right." in graded.feedback(HERE)
    assert "✘ Exercise 2.1: wrong. This looks like the saturating loss of the minimax game." in graded.feedback("ben")
    assert re.search(r"✘ Exercise 2.1: wrong. It was still running after \d+ seconds", graded.feedback("eve"))
    for student in ANSWERS:  # the exercise after it was graded as well, whatever the first one did
        assert "Exercise 2.2: not attempted yet" in graded.feedback(student)


def test_a_student_of_the_hub_gets_the_feedback_back(graded):
    assert [path.name for path in (graded.root / "home" / TOPIC / "feedback").glob("*/*.html")] == [f"{TOPIC}.html"]


def test_grading_leaves_the_teachers_own_progress_alone(graded):
    assert not (graded.root / "cache" / "progress").exists()
