"""Which interpreter a verb runs in: this one if it has what is needed, else that of `.venv`."""

import os
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path

from course_utils.commands.cli import Stop
from course_utils.commands.installation import alone, install
from course_utils.commands.lessons import ROOT
from course_utils.commands.packages import missing
from course_utils.commands.venv import VENV, VENV_PYTHON, foreign, look


def interpreter(extras: Iterable[str]) -> list[str]:
    """The start of a command line in an environment that has the requirements; `.venv` is made if it must be."""
    needed = requirements(extras)
    absent = missing(needed)
    if not absent:
        return [sys.executable, "-m", "course_utils"]
    if foreign() and not asked() and VENV_PYTHON.exists():
        return [str(VENV_PYTHON), str(ROOT / "course.py")]  # only its Python can say whether it has everything
    if foreign() or not look(needed).ready:
        with alone() as lock:
            if foreign():
                raise Stop(refusal(absent, extras))
            state = look(needed)
            if not state.ready:  # a launcher we waited for may have done it
                install(extras, needed, state, lock)
    return [str(VENV_PYTHON), "-m", "course_utils"]


def requirements(extras: Iterable[str]) -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + [r for extra in extras for r in project["optional-dependencies"][extra]]


def asked() -> bool:
    """Whether the running interpreter is the one of `.venv`, known by either name: a broken one knows no prefix."""
    return os.path.realpath(sys.prefix) == os.path.realpath(VENV) or Path(sys.executable) == VENV_PYTHON


def refusal(absent: list[str], extras: Iterable[str]) -> str:
    """Why a `.venv` that is not ours does not do, and what to do."""
    if VENV.is_symlink():
        what = ".venv is a link"
    elif VENV.is_dir():
        what = ".venv was not made by course.py"
    else:
        what = ".venv is not a folder"
    if not VENV_PYTHON.exists():
        return f"{what}, so it is not touched, and there is no Python in it: move it away from {ROOT}"
    add = f"{VENV_PYTHON.relative_to(ROOT)} -m pip install -e '.[{','.join(extras)}]'"
    lacks = f"it lacks {', '.join(absent)}"
    return f"{what}, so it is not touched, and {lacks}: either run `{add}` in {ROOT}, or move .venv away"
