"""The course's `.venv`: whose it is, and what is wrong with it."""

import errno
import json
import os
import stat
import subprocess
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from course_utils.commands.lessons import ROOT
from course_utils.storage import write_json

VENV = ROOT / ".venv"
STAMP = VENV / "course-stamp.json"  # only a .venv with this file is ours to change or to remove
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def foreign() -> bool:
    """Whether something is there that we did not make. While another launcher works, only its lock makes this sure."""
    return os.path.lexists(VENV) and not ours()


def ours() -> bool:
    """Whether `.venv` is a folder that we made: it has our stamp, or a kill has left it empty. Links are not ours."""
    if os.path.realpath(VENV) != str(VENV) or not VENV.is_dir():
        return False
    with suppress(FileNotFoundError):
        return stat.S_ISREG(os.lstat(STAMP).st_mode)
    with suppress(FileNotFoundError):
        return not any(VENV.iterdir())
    return False


class State(NamedTuple):
    """What is wrong with our `.venv`."""

    remake: str  # why it has to be made (again) from its start; empty if it has not
    missing: list[str] = []  # requirements, and names of packages, that pip will see are absent
    gutted: list[str] = []  # packages, `name==version`, that pip takes for installed, but whose files are gone

    @property
    def ready(self) -> bool:
        return not (self.remake or self.missing or self.gutted)


def look(needed: list[str]) -> State:
    """Ask the Python of our `.venv` what it has (0.2 s): a new system Python, or a tidy hand, may have broken it."""
    if not stamp()["requirements"]:
        return State("it is not there yet, or was not finished")
    line = [str(VENV_PYTHON), "-m", "course_utils.commands.packages", *needed]
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    try:
        child = subprocess.run(
            line, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
        )
        report = json.loads(child.stdout)
    except (OSError, ValueError, subprocess.CalledProcessError) as trouble:
        if getattr(trouble, "errno", None) in (errno.EAGAIN, errno.ENOMEM):
            raise  # this machine is short of something; that is no fault of .venv
        return State("its Python does not run")
    if Path(report["prefix"]) != VENV:
        return State("its Python does not know it")
    if not report["pip"]:
        return State("it has lost pip")
    return State("", report["missing"], report["gutted"])


def stamp() -> dict[str, list[str]]:
    """What was installed in `.venv`; nothing when an installation did not come to its end, or the stamp is damaged."""
    nothing = {"extras": [], "requirements": []}
    try:
        written = json.loads(STAMP.read_text(encoding="utf-8"))
        lists = {name: written[name] for name in nothing}
    except (OSError, ValueError, TypeError, KeyError):
        return nothing
    sound = all(isinstance(x, list) and all(isinstance(entry, str) for entry in x) for x in lists.values())
    return lists if sound else nothing


def write_stamp(extras: Iterable[str], needed: Iterable[str]) -> None:
    write_json(STAMP, {"extras": sorted(set(extras)), "requirements": sorted(set(needed))})
