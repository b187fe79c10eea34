"""What a student has done so far: kept on Colab's Drive if it is mounted, else in the course's cache folder.

A page is one small file: "02" for the exercises of lesson 02, "02-lesson" for what is written in the lesson itself.
"""

import json
import os
from pathlib import Path

from course_utils.data.cache import cache_folder
from course_utils.storage import open_regular, write_json

Facts = dict[str, dict[str, str]]  # by number: {"state": "right", "prediction": "B"}, each if there is one

STATES = ("right", "wrong")
DRIVE = Path("/content/drive/MyDrive")  # where Colab mounts a student's Google Drive

_memory: dict[str, Facts] = {}  # by page, what this kernel has noted
_warned: set[Path] = set()
_unreadable: set[Path] = set()  # they may be whole, so nothing is written over them


def recall(page: str) -> Facts:
    """What is known: what is stored, by other kernels too, and over it what this kernel has noted."""
    known = _stored(page)
    for number, facts in _memory.get(page, {}).items():
        known[number] = {**known.get(number, {}), **facts}
    return known


def remember(page: str, number: str, **facts: str) -> None:
    """Note facts about an exercise. If they cannot be written, say so once and keep them while the kernel runs."""
    _memory.setdefault(page, {}).setdefault(number, {}).update(facts)
    known = recall(page)
    if (path := _path(page)) is None or path in _unreadable:
        return
    try:
        write_json(path, known)
    except OSError as error:
        if path in _warned:
            return
        _warned.add(path)
        print(f"(Your progress is kept only until the kernel stops: {path} cannot be written, {error.strerror}.)")


def _stored(page: str) -> Facts:
    path = _path(page)
    if path is None or path in _unreadable:
        return {}
    try:
        with open_regular(path) as file:
            content = json.loads(file.read().decode())
        return {number: dict(facts) for number, facts in content.items() if facts.get("state", "right") in STATES}
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        _unreadable.add(path)
        print(f"(Your progress in {path} cannot be read, {error.strerror}: what you do now is not kept.)")
        return {}
    except (ValueError, AttributeError, TypeError):
        try:
            path.replace(path.with_suffix(".damaged"))
            print(f"(Your progress is damaged and begins anew; the old file is {path.with_suffix('.damaged')}.)")
        except OSError as error:
            _unreadable.add(path)
            print(f"(Your progress in {path} is damaged, and stays so, {error.strerror}: what you do now is not kept.)")
        return {}


def _path(page: str) -> Path | None:
    """None while nbgrader grades (a student's work on a teacher's machine), and where COURSE_PROGRESS is `none`."""
    folder = os.environ.get("COURSE_PROGRESS") or kept_folder() / "progress"
    if "NBGRADER_EXECUTION" in os.environ or folder == "none":
        return None
    return Path(folder) / f"{page}.json"


def kept_folder() -> Path:
    """A virtual machine of Colab is thrown away with its cache; the Drive is the student's own."""
    return DRIVE / "generative-models-course" if DRIVE.is_dir() else cache_folder()
