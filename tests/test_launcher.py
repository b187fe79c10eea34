"""course.py: which interpreter it finds or makes, and every line it says when it cannot.

The installations are real ones, by pip, into a real `.venv`; only what they install is small.
"""

import ast
import importlib.metadata
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, Checkout

from course_utils.__main__ import VERBS
from course_utils.commands import environment, installation, packages
from course_utils.commands.cli import Stop
from course_utils.commands.venv import State

BACKEND = """
import pathlib, tomllib, zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
    lines = ["Metadata-Version: 2.1", "Name: tiny", "Version: 1"]
    lines += ["Requires-Dist: " + r for r in project["dependencies"]]
    for extra, needs in project["optional-dependencies"].items():
        lines += ["Provides-Extra: " + extra] + [f"Requires-Dist: {r}; extra == '{extra}'" for r in needs]
    name = "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(folder) / name, "w") as wheel:
        wheel.writestr("tiny-1.dist-info/METADATA", "\\n".join(lines) + "\\n")
        wheel.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
        wheel.writestr("tiny-1.dist-info/RECORD", "")
    return name
"""


def wheel(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", "")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", "")


class Fresh(Checkout):
    """A checkout whose requirements no interpreter has yet; its small wheels lie in a folder beside it."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.require(["torchlet>=1"], lab=["lablet>=1"], test=["testlet>=1"])
        self.write("backend.py", BACKEND)
        for name in ("torchlet", "lablet", "testlet"):
            wheel(root / "wheels", name)
        self.venv = root / ".venv"

    def environment(self, **extra: str) -> dict[str, str]:
        return super().environment(**{"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": (self.root / "wheels").as_uri(), **extra})


@pytest.fixture
def fresh(tmp_path) -> Fresh:
    return Fresh(tmp_path / "fresh clone")  # with a space, as folders have


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Fresh:
    """One checkout after its first start, which came after one that was killed."""
    fresh = Fresh(tmp_path_factory.mktemp("installed") / "course")
    killed = fresh.start("bench")
    wait_for(fresh.venv / "pyvenv.cfg")
    killed.kill()
    killed.communicate()
    assert fresh.venv.exists()
    fresh.first = fresh.course("bench", "where")
    return fresh


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)


def one_line(result: subprocess.CompletedProcess) -> str:
    """The only line on stderr of a command that failed."""
    assert result.returncode != 0
    assert result.stderr.startswith("course.py: ") and result.stderr.count("\n") == 1, result.stderr
    return result.stderr


# ---- the right Python -----------------------------------------------------------------------------


def test_old_python_is_told_so_in_one_line():
    ast.parse((ROOT / "course.py").read_text(), feature_version=(3, 6))
    pretend = "import runpy, sys; sys.version_info = (3, 8, 0); runpy.run_path('course.py', run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", pretend], cwd=ROOT, capture_output=True, text=True)
    assert one_line(result) == "course.py: Python 3.8 is too old; the course needs Python 3.11 or newer\n"


def test_requirements_are_what_the_launcher_reads_and_what_conda_installs():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    conda = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
    offered = (ROOT / "environment.yml").read_text()
    for requirement in environment.requirements(["lab", "test"]):
        name, bound = re.fullmatch(r"([\w-]+)(>=[\d.]+)?", requirement).groups()
        assert f"- {conda.get(name, name)}{' ' + bound if bound else ''}\n" in offered
    assert project["requires-python"] == ">=3.11" and "- python >=3.11\n" in offered


@pytest.mark.parametrize(
    ("version", "absent"),
    [("2.6.0", False), ("2.11.0+cu128", False), ("3", False), ("2.5.1", True), (None, True)],
)
def test_missing_compares_versions_with_the_lower_bounds(monkeypatch, version, absent):
    def look_up(name):
        if version is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(importlib.metadata, "version", look_up)
    assert packages.missing(["torch>=2.6"]) == (["torch>=2.6"] if absent else [])


# ---- which environment ----------------------------------------------------------------------------


def test_an_interpreter_that_has_everything_is_used(checkout):
    result = checkout.course("bench", "where")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"running in {sys.prefix}\n"
    assert not (checkout.root / ".venv").exists() and not (checkout.root / "build").exists()


def test_first_start_makes_an_environment_again_after_a_killed_one_and_says_each_step(installed):
    assert installed.first.returncode == 0, installed.first.stderr
    said = installed.first.stdout.splitlines()
    if said[0] == "Another course.py is installing here; waiting for it":  # what the killed one had started
        said.pop(0)
    assert [re.sub(r", \d+ s$", "", line) for line in said[1:4]] == [
        "  1/3 making .venv",
        "  2/3 installing PyTorch, the largest part",
        "  3/3 installing the course and what its notebooks need",
    ]
    assert re.search(
        r"build[/\\]install(-\d+)?\.log$", said[0]
    )  # a second log while the killed one's pip has the first
    assert said[4:] == [f"running in {installed.venv}"]


def test_second_start_does_no_work_over_again(installed):
    before = (installed.venv / "course-stamp.json").stat().st_mtime_ns
    result = installed.course("bench", "where", PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    assert result.stdout == f"running in {installed.venv}\n"
    assert (installed.venv / "course-stamp.json").stat().st_mtime_ns == before


def test_what_a_verb_needs_beside_is_added_in_one_step(installed):
    result = installed.course("test")  # pytest itself is none of these small requirements
    assert "1/1 installing the course" in result.stdout and "No module named pytest" in result.stderr
    assert json.loads((installed.venv / "course-stamp.json").read_text())["extras"] == ["classroom", "lab", "test"]
    failed = Path(installed.root / "pyproject.toml").read_text().replace("lablet>=1", "lablet>=2")
    installed.write("pyproject.toml", failed)  # a new requirement that cannot be had ...
    assert "the installation failed: ERROR: No matching distribution found for lablet>=2" in one_line(
        installed.course("bench", "where")
    )
    installed.write("pyproject.toml", failed.replace("lablet>=2", "lablet>=1"))
    assert installed.course("bench", "where").stdout == f"running in {installed.venv}\n"  # ... leaves the finished one


def test_a_venv_of_the_users_own_is_used_or_left_alone(fresh):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", fresh.venv], check=True)
    files = sorted(fresh.venv.rglob("*"))
    line = one_line(fresh.course("bench", "where"))
    assert "not made by course.py" in line and "lacks torchlet>=1, lablet>=1: either run" in line
    assert sorted(fresh.venv.rglob("*")) == files
    (packages,) = fresh.venv.rglob("site-packages")
    for name in ("torchlet", "lablet"):
        (packages / f"{name}-1.0.dist-info").mkdir()
        (packages / f"{name}-1.0.dist-info/METADATA").write_text(f"Name: {name}\nVersion: 1.0\n")
    assert fresh.course("bench", "where").stdout == f"running in {fresh.venv}\n"


def test_a_folder_called_venv_without_python_is_left_alone(fresh):
    fresh.write(".venv/thesis.txt", "mine")
    assert "not made by course.py" in one_line(fresh.course("bench"))
    assert (fresh.venv / "thesis.txt").read_text() == "mine"


# ---- nothing half-made ----------------------------------------------------------------------------


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize(
    "end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "term", "closed terminal"]
)
def test_an_interrupted_installation_leaves_nothing(fresh, end):
    child = fresh.start("bench")
    wait_for(fresh.venv / "pyvenv.cfg")
    child.send_signal(end)
    _, err = child.communicate(timeout=30)
    assert (child.returncode, err) == (130, "course.py: stopped; nothing half-made was left behind\n")
    assert not fresh.venv.exists()


def test_no_network_on_the_first_start(fresh):
    closed = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_FIND_LINKS": "", "PIP_NO_INDEX": "0"}
    line = one_line(fresh.course("bench", **closed))
    assert "the first installation needs the internet once, and cannot reach it" in line
    assert str(fresh.root / "build" / "install.log") in line
    log = (fresh.root / "build" / "install.log").read_text()
    assert log.count("WARNING: Retrying") == 1 and not fresh.venv.exists()  # one more attempt, not pip's five


def test_no_disk_is_seen_before_anything_is_made(fresh, monkeypatch):
    for name, path in {"ROOT": "", "VENV": ".venv", "STAMP": ".venv/course-stamp.json", "BUILD": "build"}.items():
        monkeypatch.setattr(installation, name, fresh.root / path)
    monkeypatch.setattr(installation.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 1.25e9}))
    with pytest.raises(Stop, match=r"needs about \d GB of disk, and .*fresh clone has 1.2 GB free"):
        installation.install(["lab"], ["torchlet>=1"], State("it is not there yet"), lock=None)
    assert not fresh.venv.exists()


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("ERROR: Could not install: [Errno 28] No space left on device", "the disk is full"),
        ("The virtual environment was not created because ensurepip is not available.", "python3-venv"),
        ("NewConnectionError('Temporary failure in name')\nERROR: No matching distribution", "internet"),
        ("ERROR: No matching distribution found for torch>=2.6", "no PyTorch for this Python"),
        ("ERROR: something new\n\n", "the installation failed: ERROR: something new"),
    ],
)  # fmt: skip
def test_the_log_of_a_failure_becomes_one_line(log, said):
    assert said in installation.diagnosis(log) and "\n" not in installation.diagnosis(log)


def test_a_folder_that_cannot_be_written(fresh):
    fresh.write("build", "a file where a folder must be")
    line = one_line(fresh.course("bench"))
    assert line.startswith(f"course.py: cannot set up in {fresh.root}: ") and "a folder of your own" in line


# ---- a wrong request is answered before anything is installed -------------------------------------


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["fly"], "there is no verb fly; verbs: lab test run"),
        (["run", "42"], "there is no lesson 42; lessons: 00 01"),
        (["run", "00", "--budget", "huge"], "there is no budget huge; budgets: smoke, cpu, gpu"),
        (["run"], "the following arguments are required: NN"),
        (["render", "00", "7"], "there is no lesson 7; lessons: 00 01"),
        (["bench", "speed"], "there is no benchmark speed; benchmarks: where"),
        (["badges", "nobody"], "nobody is not a repository; write it as ORG/REPO"),
        (["lab", "--port", "99999"], "99999 is not a port; ports go from 1 to 65535"),
        (["lab", "--browser"], "unrecognized arguments: --browser"),
    ],
)
def test_wrong_requests(fresh, argv, said):
    fresh.lesson("00_start_here")
    fresh.lesson("01_next")
    assert said in one_line(fresh.course(*argv))
    assert not fresh.venv.exists()


def test_a_port_that_is_taken(fresh):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port} is taken" in one_line(fresh.course("lab", "--port", port))


def test_help_lists_every_verb_without_installing(fresh):
    page = fresh.course("--help")
    assert page.returncode == 0 and fresh.course().stdout == page.stdout
    for verb in VERBS:
        assert f"\n  {verb} " in page.stdout
    for name in ("COURSE_DATA", "COURSE_DATASET", "COURSE_CACHE", "COURSE_BUDGET", "COURSE_SEED"):
        assert name in page.stdout
    assert "--no-browser" in fresh.course("lab", "--help").stdout
    assert not fresh.venv.exists()


def test_importing_the_package_is_light():
    heavy = "import sys, course_utils.__main__; print({'torch', 'numpy', 'matplotlib'} & set(sys.modules))"
    result = subprocess.run([sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout == "set()\n"
