"""`course.py exercises`: make `exercises/` from `solutions/` with nbgrader, and the tables of solutions/README.md."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from course_utils.commands.answers import update_answers
from course_utils.commands.cli import Parser, Stop, complain
from course_utils.commands.lessons import METADATA, ROOT, exercise_notebooks
from course_utils.storage import write_whole

EXERCISES = ROOT / "exercises"


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "exercises",
        "Make exercises/ from solutions/ with nbgrader. A notebook in exercises/ that holds someone's answers is kept.",
    )
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    parse(argv)
    sources = exercise_notebooks("solutions")
    for source in sources:
        normalise(source)
    code = 0
    with tempfile.TemporaryDirectory() as folder:
        for made in generate(Path(folder)):
            target, content = EXERCISES / made.parent.name / made.name, made.read_bytes()
            if target.exists() and target.read_bytes() != content and answered(target):
                complain(f"{target.relative_to(ROOT)} holds answers and is kept; move it away, and repeat")
                code = 1
            else:
                write_whole(target, content)
    update_answers()
    print(f"{len(sources)} notebooks in {EXERCISES.relative_to(ROOT)}/")
    return code


def generate(folder: Path) -> list[Path]:
    """Let nbgrader write the student's versions into `folder`/NN_topic/. Raises Stop with what nbgrader said."""
    options = ["--assignment=*", "--no-db", "--force", f"--CourseDirectory.release_directory={folder}"]
    line = [sys.executable, "-m", "nbgrader", "generate_assignment", *options]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise Stop(f"nbgrader could not generate the exercises: {done.stderr.strip().splitlines()[-1]}")
    return sorted(folder.glob("*/*.ipynb"))


def normalise(path: Path) -> None:
    """Store a source without outputs and without what an editor adds, so that generation is the same everywhere."""
    import nbformat

    notebook = nbformat.read(path, as_version=4)
    notebook.metadata = dict(METADATA)
    for cell in notebook.cells:
        cell.metadata = {key: cell.metadata[key] for key in ("nbgrader", "tags") if cell.metadata.get(key)}
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    text = (nbformat.writes(notebook) + "\n").encode()
    if text != path.read_bytes():
        write_whole(path, text)


def answered(path: Path) -> bool:
    """Whether someone has written into the answer cells of a generated notebook; nbgrader left a checksum in each."""
    import nbformat
    from nbgrader.utils import compute_checksum, is_solution

    cells = nbformat.read(path, as_version=4).cells
    return any(is_solution(cell) and cell.metadata.nbgrader.get("checksum") != compute_checksum(cell) for cell in cells)
