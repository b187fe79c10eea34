"""What a student has done so far: kept in the course's cache folder, one small file a lesson."""

import json
import os
from contextlib import suppress
from pathlib import Path

from course_utils.data.cache import cache_folder
from course_utils.storage import open_regular, write_json

Facts = dict[str, dict[str, str]]  # by exercise number: {"state": "right", "prediction": "B"}, each if there is one

STATES = ("right", "wrong")

_memory: dict[str, Facts] = {}  # by lesson, for as long as the kernel lives
_warned: set[Path] = set()
_unreadable: set[Path] = set()  # they may be whole, so nothing is written over them


def recall(lesson: str) -> Facts:
    """What is known of the exercises of a lesson."""
    if lesson not in _memory:
        _memory[lesson] = _stored(lesson)
    return _memory[lesson]


def remember(lesson: str, number: str, **facts: str) -> None:
    """Note facts about an exercise. If they cannot be written, say so once and keep them while the kernel runs."""
    known = recall(lesson)
    known.setdefault(number, {}).update(facts)
    if (path := _path(lesson)) is None or path in _unreadable:
        return
    try:
        write_json(path, known)
    except OSError as error:
        if path in _warned:
            return
        _warned.add(path)
        print(f"(Your progress is kept only until the kernel stops: {path} cannot be written, {error.strerror}.)")


def _stored(lesson: str) -> Facts:
    path = _path(lesson)
    if path is None:
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
        with suppress(OSError):
            path.replace(path.with_suffix(".damaged"))
        print(f"(Your progress is damaged and begins anew; the old file is {path.with_suffix('.damaged')}.)")
        return {}


def _path(lesson: str) -> Path | None:
    """None while nbgrader grades (a student's work on a teacher's machine), and where COURSE_PROGRESS is `none`."""
    folder = os.environ.get("COURSE_PROGRESS") or cache_folder() / "progress"
    if "NBGRADER_EXECUTION" in os.environ or folder == "none":
        return None
    return Path(folder) / f"{lesson}.json"
