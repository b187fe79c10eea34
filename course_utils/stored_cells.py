"""The code cells of the lessons as they are stored, and whether this kernel has run them so.

A claim is about the lesson as it is. Where a student changed a cell, it is not checked, and accuses nobody.
"""

import hashlib
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from course_utils import evidence

# What a student writes, or asks for.
OWN = re.compile(
    r"your code here|\bcourse\.(?:your_turn|predict|hint|solution)\(|^(?:hint|solution|progress|print\(progress)\(",
    re.M,
)
NAMES = re.compile(r"^(?:def|class)\s+(\w+)|^(\w+)\s*=[^=]", re.MULTILINE)


@dataclass(frozen=True)
class StoredCell:
    """A hash of the cell's text (empty for one that runs nothing of the lesson), its first line, and what is theirs.

    `theirs`: the names in a cell that students are to change, with a stub or a prediction in it; None for all others.
    """

    hash: str
    begins: str
    theirs: list[str] | None = None


@dataclass(frozen=True)
class Differences:
    """How a kernel differs from its lesson: why no claim is checked, and why one that fails would accuse wrongly."""

    changed: str = ""
    own: str = ""


def stored_cell(source: str) -> StoredCell:
    """What is kept of a code cell."""
    theirs = sorted(_names(source)) if OWN.search(source) else None
    first = _normal(source).partition("\n")[0]
    return StoredCell(_hash(source), first if len(first) <= 60 else f"{first[:60]}…", theirs)


def load(number: str) -> list[StoredCell]:
    """The code cells of a lesson ("02") in order, as `course.py render` stored them; none for a number that is none."""
    path = evidence.FOLDER / "cells.json"
    table = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return [StoredCell(**cell) for cell in table.get(number, [])]


def written(lessons: dict[str, Iterable[str]]) -> str:
    """The text of `cells.json` for lessons and the sources of their code cells; one line a cell, for git."""
    tables = []
    for number, sources in lessons.items():
        rows = [json.dumps(asdict(stored_cell(source)), ensure_ascii=False) for source in sources]
        tables.append(f'"{number}": [\n' + ",\n".join(rows) + "\n]")
    return "{\n" + ",\n".join(tables) + "\n}\n"


def history() -> list[str]:
    """What the user has run in this kernel, one text a cell, the running one last; empty outside IPython."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return list(getattr(getattr(shell, "history_manager", None), "input_hist_raw", []))


def differences(number: str, ran: list[str]) -> Differences:
    """How the cells that a kernel `ran`, from `begin` to the running one, differ from those of the stored lesson.

    None where nothing that ran is a cell of that lesson: then it is another notebook.
    """
    stored = load(number)
    places: dict[str, list[int]] = {}
    for place, cell in enumerate(stored):
        places.setdefault(cell.hash, []).append(place)
    ran = [source for source in ran if _hash(source)]
    known = [places.get(_hash(source), []) for source in ran]
    if not any(known):
        return Differences()
    first = known[0][0] if known[0] else -1  # of `begin`; what stands above it only fetches the course
    here = known[-1][0] if known[-1] else max(map(max, filter(None, known))) + 1
    seen = {place for found in known for place in found}
    for place, cell in enumerate(stored[:here]):
        if place > first and cell.hash and cell.theirs is None and place not in seen:
            return Differences(changed=f"cell {place + 1} of the lesson was changed or not run (`{cell.begins}`)")
    theirs = {name for cell in stored for name in cell.theirs or ()}
    strange = [source for source, found in zip(ran, known, strict=True) if not found]
    if any(not OWN.search(source) and not _names(source) & theirs for source in strange):
        return Differences(own="this kernel also ran cells of your own")
    lessons = [found for found in known if found and here not in found and stored[found[0]].theirs is None]
    if not _in_order([*lessons, [here]]):
        return Differences(own="this kernel ran cells of the lesson again, or in another order")
    return Differences()


def _in_order(known: list[list[int]]) -> bool:
    """Whether each cell stands below the one that ran before it; equal cells stand at several places."""
    before = -1
    for found in known:
        before = min((place for place in found if place > before), default=None)
        if before is None:
            return False
    return True


def _names(source: str) -> set[str]:
    """What a cell defines or sets at its top level."""
    return {name for pair in NAMES.findall(source) for name in pair if name}


def _normal(source: str) -> str:
    """The text without lines that only comment, empty lines, and spaces at the ends."""
    lines = [line.rstrip() for line in source.splitlines()]
    return "\n".join(line for line in lines if line and not line.lstrip().startswith("#"))


def _hash(source: str) -> str:
    text = "" if "google.colab" in source else _normal(source)  # that cell only fetches the course
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else ""
