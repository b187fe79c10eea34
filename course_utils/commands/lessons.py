"""The lessons as files: finding them by number."""

import json
import os
from argparse import ArgumentTypeError
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = ROOT / "notebooks"
PLAYGROUND = "playground.ipynb"  # beside the lessons, and none of them: it claims nothing
BUILD = Path(os.environ.get("COURSE_BUILD") or ROOT / "build")  # course.py sets it where build/ cannot be written
LEDGER = BUILD / "ledger"  # one page for each lesson, data set and budget: NN-data-budget.json
TIMINGS = ROOT / "course_utils" / "evidence" / "timings.json"
BUDGETS = ("smoke", "cpu", "gpu")
SAME = "same-on-all-images"  # the tag of a lesson's cells that do and claim the same whatever the image set is
METADATA = {  # of a stored notebook, the same on every machine
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def all_lessons() -> dict[str, Path]:
    """Every lesson by its two digits, in the order of the course."""
    return {path.name[:2]: path for path in sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))}


def all_notebooks() -> list[Path]:
    """The lessons, and the playground if it is there."""
    return [*all_lessons().values(), *NOTEBOOKS.glob(PLAYGROUND)]


def exercise_notebooks(folder: str) -> list[Path]:
    """The notebooks of `solutions` or `exercises`, each `NN_topic/NN_topic.ipynb`, in the order of the course."""
    return sorted((ROOT / folder).glob("[0-9][0-9]_*/[0-9][0-9]_*.ipynb"))


def lesson(number: str) -> Path:
    """For argparse's `type`: the notebook of a lesson; `3` means `03`."""
    lessons = all_lessons()
    if number.zfill(2) not in lessons:
        raise ArgumentTypeError(f"there is no lesson {number}; lessons: {' '.join(lessons) or 'none'}")
    return lessons[number.zfill(2)]


def notebook(name: str) -> Path:
    """For argparse's `type`: a lesson by its number, or the playground."""
    return NOTEBOOKS / PLAYGROUND if name == Path(PLAYGROUND).stem else lesson(name)


def budget(name: str) -> str:
    """For argparse's `type`: one of the course's three budgets."""
    if name not in BUDGETS:
        raise ArgumentTypeError(f"there is no budget {name}; budgets: {', '.join(BUDGETS)}")
    return name


def uses_images(path: Path) -> bool:
    """Whether a lesson says in its metadata that it trains on images (`"course": {"data": "images"}`)."""
    metadata = json.loads(path.read_text(encoding="utf-8"))["metadata"]
    return metadata.get("course", {}).get("data") == "images"


def shown(path: Path) -> Path:
    """As the terminal shows it: from the root of the course, or whole where it lies elsewhere."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def unusable(folder: Path) -> str:
    """Why a folder cannot take what we write; empty if it can, or can be made. Nothing is written through a link."""
    if folder.is_symlink():
        return "is a link"
    if folder.exists() and not folder.is_dir():
        return "is not a folder"
    return "" if os.access(folder if folder.exists() else folder.parent, os.W_OK | os.X_OK) else "cannot be written"


def timings() -> dict:
    """Measured run times: `{"03": {"cpu": {"seconds": 123, "machine": ..., "date": ..., "torch": ...}}}`."""
    return json.loads(TIMINGS.read_text(encoding="utf-8")) if TIMINGS.exists() else {}
