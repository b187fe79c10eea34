"""What every test stands on: no screen, the user's ledger untouched, a small checkout for the launcher."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from browser import browser as browser  # fixtures of the tests that drive a browser
from browser import lab as lab
from browser import opened as opened

ROOT = Path(__file__).resolve().parents[1]

# A shell that starts the tests in the background makes them, and all that they start, deaf to Ctrl-C; tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# nohup makes them deaf to a closed terminal; with a handler of ours, only this process stays so.
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

try:
    import matplotlib

    matplotlib.use("agg")
except ImportError:  # the launcher's tests need the standard library only
    pass


def pytest_sessionstart(session):
    """The stand-in accelerator is there before any test is imported: PyTorch counts the devices once, at the first
    backward pass.
    """
    asked = any(Path(arg).is_dir() or "stand_in" in arg or "gpu_budget" in arg for arg in session.config.args)
    if asked and (backend := stand_in_backend()):
        backend.plug_in()
        backend.unplug()


def pytest_collection_modifyitems(items):
    """Thorough tests run where the claims are asserted."""
    if os.environ.get("COURSE_BUDGET") != "cpu":
        for item in items:
            if item.get_closest_marker("thorough"):
                item.add_marker(pytest.mark.skip(reason="thorough: course.py test --claims runs it"))


@pytest.fixture(autouse=True)
def own_ledger(tmp_path, monkeypatch):
    """Claims that a unit test makes are not the course's, and no other test began a lesson or stopped a training."""
    monkeypatch.setenv("COURSE_LEDGER", str(tmp_path / "ledger"))
    if interrupt := sys.modules.get("course_utils.training.interrupt"):
        interrupt.STOPPED.clear()
    if automatic := sys.modules.get("course_utils.training.automatic"):
        automatic.folder = None
        automatic._used.clear()


@pytest.fixture
def start(tmp_path, monkeypatch):
    """A lesson at a budget, with its ledger and stored evidence in folders of this test."""
    import torch

    from course_utils import evidence
    from course_utils.lesson import Lesson

    monkeypatch.delenv("COURSE_CLAIMS", raising=False)
    monkeypatch.setattr(evidence, "FOLDER", tmp_path / "evidence")

    def at(budget, images=None):
        return Lesson("09", torch.device("cpu"), budget, seed=3, images=images)

    return at


@pytest.fixture
def double():
    """Networks and noise in float64: two orders of the same sum then agree to 12 digits, on every processor."""
    import torch

    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def seeded():
    """The same random numbers, whatever ran before."""
    import torch

    torch.manual_seed(0)


def stand_in_backend():
    """The module of the stand-in accelerator; None where it cannot be built."""
    if os.name != "posix":
        return None
    from stand_in import backend

    return backend if backend.COMPILER else None


@pytest.fixture(scope="module")
def stand_in():
    """The stand-in accelerator (tests/stand_in), plugged in for the tests of one file."""
    if (backend := stand_in_backend()) is None:
        pytest.skip("the stand-in accelerator needs Linux or macOS, and a C++ compiler (c++, or what CXX names)")
    yield backend.plug_in()
    backend.unplug()


def is_over(process) -> bool:
    """Whether a `psutil.Process` has ended; it may be a zombie, or vanish while we look."""
    import psutil

    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Checkout:
    """A copy of the course's launcher and commands, with small lessons and chosen requirements."""

    def __init__(self, root: Path):
        self.root = root
        package = (
            "__init__.py", "__main__.py", "storage.py", "stored_cells.py", "evidence/__init__.py", "conditions.py",
            "inputs.py",
        )  # fmt: skip
        for name in ("course.py", *(f"course_utils/{module}" for module in package)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / "course_utils/commands", root / "course_utils/commands", ignore=ignore)
        self.write("course_utils/lesson.py", "")  # what every lesson imports
        self.write("benchmarks/where.py", "import sys; print('running in', sys.prefix)")
        self.require(["pytest>=1"])

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def require(self, dependencies=(), lab=(), test=()) -> None:
        """Write a pyproject.toml that a backend in the checkout itself can install, without a network."""
        self.write(
            "pyproject.toml",
            f"[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
            f"[project]\nname = 'tiny'\nversion = '1'\ndependencies = {list(dependencies)}\n"
            f"[project.optional-dependencies]\nlab = {list(lab)}\ntest = {list(test)}\nclassroom = []\n",
        )

    def lesson(self, name: str, *cells: str, **metadata) -> Path:
        """A notebook with these code cells."""
        code = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
        written = [{**code, "id": f"cell-{index}", "source": source} for index, source in enumerate(cells)]
        notebook = {"cells": written, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        return self.write(f"notebooks/{name}.ipynb", json.dumps(notebook))

    def environment(self, **extra: str) -> dict[str, str]:
        """The test's environment without the settings of the run that this test is part of."""
        ours = ("COURSE_", "PYTEST_", "PIP_", "TQDM_", "PYTHONPATH", "JUPYTER", "OMP_NUM_THREADS")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        return {**kept, "PIP_CONFIG_FILE": os.devnull, **extra}

    def start(self, *argv: str, python: str | Path = sys.executable, **extra: str) -> subprocess.Popen:
        line = [str(python), "course.py", *argv]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        return subprocess.Popen(line, cwd=self.root, env=self.environment(**extra), **pipes)

    def course(self, *argv: str, python: str | Path = sys.executable, **extra: str) -> subprocess.CompletedProcess:
        """`python course.py ARGV` in the checkout, to its end."""
        child = self.start(*argv, python=python, **extra)
        out, err = child.communicate(timeout=900)  # only an end to waiting
        return subprocess.CompletedProcess(child.args, child.returncode, out, err)


@pytest.fixture
def checkout(tmp_path) -> Checkout:
    return Checkout(tmp_path / "course")
