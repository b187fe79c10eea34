"""Working copies: what a student opens and changes lies in `my_work/`, so that the course itself stays as it came.

A copy is a lesson or an exercise notebook without its outputs, in folders as those of the course, so that links lead to
other copies. It is written once, and again only while it is as it was written: what somebody has changed is never
touched. A newer lesson is then laid beside it.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from course_utils.commands.cli import Stop
from course_utils.commands.lessons import ROOT, all_notebooks, exercise_notebooks, unusable
from course_utils.storage import locked, write_json, write_whole

WORK = ROOT / "my_work"
MEMORY = ".copies.json"  # what was written, so that it is known what somebody has changed since
_TO_EXERCISES = re.compile(r"(\]\(\.\./exercises/)(\d\d)(_\w+/)\2_\w+(\.ipynb)")


def bring_up_to_date(work: Path = WORK) -> list[str]:
    """Write what is missing or newer; returns a sentence for each lesson that was laid beside a changed copy.

    Raises Stop where `work` cannot be written.
    """
    for folder in (work, work / "notebooks", work / "exercises"):
        if why := unusable(folder):
            raise Stop(f"{folder} {why}")
        folder.mkdir(exist_ok=True)
    if (work / MEMORY).is_dir():
        raise Stop(f"{work / MEMORY} is a folder, and should be a file: move it away")
    with locked(work / MEMORY):
        notes, known = [], _known(work)
        try:
            for place, content in _fresh_copies():
                notes += _bring(work, place, content, known)
        finally:
            write_json(work / MEMORY, known)
    return notes


def _bring(work: Path, place: str, content: bytes, known: dict[str, dict[str, str]]) -> list[str]:
    """One copy; what there is to say of it. Links and folders in its place count as the student's."""
    page, version, copy = known.get(place, {}), _digest(content), work / place
    special = copy.is_symlink() or copy.is_dir() or copy.parent.is_symlink()
    present = "" if special else _digest(copy.read_bytes()) if copy.exists() else None
    theirs, notes = present not in (None, version, page.get("written")), []
    if not theirs and present != version:
        write_whole(copy, content)
    if theirs and page.get("offered") != version and not copy.parent.is_symlink():  # the course has a newer one
        beside = _free_name(copy)
        write_whole(beside, content)
        notes.append(f"{place} has changed in the course; yours is kept, the newer one is {beside.name}")
    known[place] = {"written": page.get("written") if theirs else version, "offered": version}
    return notes


def _fresh_copies() -> Iterator[tuple[str, bytes]]:
    """Every copy as it should be written: its place in the folder, and its content."""
    for path in all_notebooks():
        yield f"notebooks/{path.name}", _without_outputs(path)
    for path in exercise_notebooks("exercises"):
        if path.stem == path.parent.name:  # and no notebook of the student's own; its copy's tab has a name of its own
            yield f"exercises/{path.parent.name}/{path.name[:2]}_exercises.ipynb", _without_outputs(path)


def _without_outputs(path: Path) -> bytes:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        cells = notebook["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise Stop(
            f"{path} is no notebook ({type(error).__name__}): `git checkout {path.name}` brings it back"
        ) from error
    for cell in cells:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        else:
            cell["source"] = _TO_EXERCISES.sub(r"\1\2\3\2_exercises\4", "".join(cell["source"])).splitlines(True)
    return (json.dumps(notebook, ensure_ascii=False, indent=1) + "\n").encode()


def _known(work: Path) -> dict[str, dict[str, str]]:
    """By each copy's place, what was written there and what was offered last; {} where that is lost or damaged.

    Without it every copy that is not as the course has it now counts as changed, and none is overwritten.
    """
    try:
        known = json.loads((work / MEMORY).read_text(encoding="utf-8"))
        return {str(place): dict(page) for place, page in known.items()}
    except (OSError, ValueError, AttributeError, TypeError):
        return {}


def _free_name(copy: Path) -> Path:
    names = (copy.with_name(f"{copy.stem} (newer{f' {k}' if k > 1 else ''}){copy.suffix}") for k in count(1))
    return next(name for name in names if not name.exists())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
