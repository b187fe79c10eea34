"""The README's table of lessons: their questions, from the notebooks, and their measured run times."""

import json
import re
from pathlib import Path

from course_utils.commands.lessons import ROOT, all_lessons, timings
from course_utils.storage import write_whole

START, END = "<!-- lessons: written by `course.py render` -->\n", "<!-- end of lessons -->"


def update_readme() -> None:
    """Write the table between its two marks; a README without them is left alone."""
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if new := between_marks(text, START, table(), END):
        write_whole(path, new.encode())


def between_marks(text: str, start: str, content: str, end: str) -> str | None:
    """`text` with `content` in place of what is between its two marks; None if it lacks them."""
    before, begun, rest = text.partition(start)
    _, closed, after = rest.partition(end)
    return before + start + content + end + after if begun and closed else None


def table() -> str:
    lines = ["| lesson | the question it answers | on a CPU | on a GPU |", "|---|---|---|---|"]
    for number, path in all_lessons().items():
        title, question = heading(path)
        times = [minutes(timings().get(number, {}).get(budget)) for budget in ("cpu", "gpu")]
        lines.append(f"| [{title}]({path.relative_to(ROOT).as_posix()}) | {question} | {' | '.join(times)} |")
    return "\n".join(lines) + "\n"


def heading(path: Path) -> tuple[str, str]:
    """A lesson's title and its question: the first heading, and the first line in italics."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    text = next(("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"), "")
    title = re.search(r"^# (.+)$", text, re.MULTILINE)
    question = re.search(r"^\*([^*].*[^*])\*$", text, re.MULTILINE)
    return (title[1] if title else path.stem), (question[1] if question else "")


def minutes(timing: dict | None) -> str:
    if timing is None:
        return "not run yet"
    seconds = timing["seconds"]
    return f"{seconds} s" if seconds < 90 else f"{seconds / 60:.1f} min"
