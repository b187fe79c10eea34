"""Which files a lesson's numbers depend on: those that its cells name, what these import, and no others."""

import os
import subprocess
import sys

import pytest
from conftest import ROOT

from course_utils.commands.dependencies import ROOMS, files_behind
from course_utils.commands.lessons import all_lessons
from course_utils.commands.render import code_cells

FILES = {
    "lesson.py": "from course_utils.data import load",
    "data/__init__.py": "from .images import load\nfrom .toys import ring as circle",
    "data/images.py": "from course_utils.inputs import require",
    "data/toys.py": "",
    "models/__init__.py": "from course_utils.models.mlp import MLP\nfrom course_utils.models.vae import VAE",
    "models/mlp.py": "",
    "models/vae.py": "def late():\n    from course_utils.models.mlp import MLP",
    "models/unused.py": "from course_utils.data.toys import ring",
    "objectives/__init__.py": "",
    "training/__init__.py": "",
    "evaluation/__init__.py": "",
}


@pytest.fixture
def root(tmp_path):
    for name, source in FILES.items():
        path = tmp_path / "course_utils" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return tmp_path


@pytest.mark.parametrize(
    ("cell", "reached"),
    [
        ("x = 1", ["data/images.py"]),  # what every lesson loads
        ("if 1:\n    %pip install x\nfrom course_utils import models\nmodels.MLP", ["data/images.py", "models/mlp.py"]),
        ("from course_utils.models import VAE as V", ["data/images.py", "models/mlp.py", "models/vae.py"]),
        ("from course_utils import data as d\nd.circle(3)", ["data/images.py", "data/toys.py"]),
        ("import course_utils.data.toys", ["data/images.py", "data/toys.py"]),
        ("from course_utils.models import mlp", ["data/images.py", "models/mlp.py"]),
    ],
)  # fmt: skip
def test_a_name_is_followed_to_its_file_and_to_what_that_imports(root, cell, reached):
    assert [str(path.relative_to(root / "course_utils")) for path in files_behind([cell], root)] == reached


@pytest.mark.parametrize("use", ["getattr(models, name)", "models.nobody_knows", "from course_utils.models import *"])
def test_a_room_counts_as_a_whole_where_nobody_knows_which_of_its_names_are_used(root, use):
    reached = {path.name for path in files_behind([f"from course_utils import models\n{use}"], root)}
    assert {"mlp.py", "vae.py", "unused.py", "toys.py"} <= reached


WHAT_RUNS = """
import sys
from course_utils import data, evaluation, lesson, live, models, objectives, plots, training  # importing runs code, too
from course_utils.commands.dependencies import ROOMS
from course_utils.commands.lessons import ROOT, all_lessons
from course_utils.commands.render import code_cells
rooms, ran = tuple(str(ROOT / "course_utils" / room) for room in ROOMS), set()
def note(frame, event, _):
    file = frame.f_code.co_filename
    if event == "call" and file.startswith(rooms) and frame.f_code.co_name != "<module>":
        ran.add(file)
names, cells = {}, [cell for cell in code_cells(all_lessons()[sys.argv[1]]) if "%pip" not in cell]
sys.setprofile(note)
for cell in cells:
    exec(cell, names)
sys.setprofile(None)
print(*sorted(ran), sep="\\n", file=sys.stderr)
"""


def test_a_lesson_runs_no_code_of_another_file(tmp_path):
    environment = os.environ | {
        "COURSE_BUDGET": "smoke", "COURSE_DATASET": "digits", "COURSE_STATIC": "1", "TQDM_DISABLE": "1",
        "COURSE_LEDGER": str(tmp_path), "COURSE_PROGRESS": str(tmp_path), "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WHAT_RUNS, "01"], capture_output=True, text=True, env=environment
    )
    ran = {line for line in done.stderr.splitlines() if line.startswith(str(ROOT))}
    behind = {str(path) for path in files_behind(code_cells(all_lessons()["01"]))}
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(ran) > 10 and ran <= behind, ran - behind
    everything = [path for room in ROOMS for path in (ROOT / "course_utils" / room).glob("*.py")]
    assert len(behind) < 0.75 * len(everything)  # it says more than "all of it"
