"""The tables of solutions/README.md: what each set takes and gives, and the known wrong answers with their replies."""

import json
import re
from pathlib import Path

from course_utils.commands.lessons import ROOT, exercise_notebooks
from course_utils.commands.readme import between_marks
from course_utils.storage import write_whole

README = ROOT / "solutions" / "README.md"
# The line under each exercise's heading in its notebook.
ANNOUNCED = re.compile(
    r"## Exercise (?P<number>\d+\.\d+) · (?P<title>.+)\n\n"
    r"\*(?P<kind>[a-z ]+) · difficulty (?P<difficulty>[●○]{3}) · importance (?P<importance>[●○]{3}) · "
    r"spend up to (?P<minutes>\d+) minutes · (?P<points>\d+) points? ·\s"
    r"\[lesson \d\d, [^\]]+\]\(\.\./\.\./notebooks/(?P<file>[^#)]+)#(?P<anchor>[^)]+)\)\*"
)


def announced(path: Path) -> list[dict[str, str]]:
    """The exercises of a notebook as their headings announce them, in order."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
    return [found.groupdict() for text in texts if (found := ANNOUNCED.match(text))]


def update_answers() -> None:
    """Write both tables between their marks in solutions/README.md."""
    text = README.read_text(encoding="utf-8")
    for mark, table in (("time table", time_table()), ("wrong answers", wrong_answers())):
        start, end = f"<!-- {mark}: written by `course.py exercises` -->\n", f"<!-- end of {mark} -->"
        text = between_marks(text, start, table, end)
        if text is None:
            raise ValueError(f"{README} lacks the two marks of its {mark}")
    write_whole(README, text.encode())


def time_table() -> str:
    lines = ["| set | exercises | up to | points |", "|---|---|---|---|"]
    for path in exercise_notebooks("solutions"):
        rows = announced(path)
        minutes, points = (sum(int(row[key]) for row in rows) for key in ("minutes", "points"))
        titles = "; ".join(f"{row['number']} {row['title']} ({row['kind']})" for row in rows)
        lines.append(f"| [{path.stem[:2]}]({path.parent.name}/{path.name}) | {titles} | {minutes} min | {points} |")
    return "\n".join(lines) + "\n"


def wrong_answers() -> str:
    """A folded list for each lesson, from the tables that the checks themselves use."""
    from course_utils.checks.shelf import exercises

    blocks = []
    for path in exercise_notebooks("solutions"):
        listed = exercises(path.stem[:2])
        count = sum(len(part.mistakes) for exercise in listed.values() for part in exercise.parts)
        lines = [f"<details><summary>Lesson {path.stem[:2]}: {count} known mistakes</summary>", ""]
        for exercise in listed.values():
            lines += [f"**{exercise.number} {exercise.title}**", ""]
            lines += [f"- *{m.name}.* {m.reply}" for part in exercise.parts for m in part.mistakes]
            lines.append("")
        blocks.append("\n".join([*lines, "</details>", ""]))
    return "\n".join(blocks)
