"""`course.py render`: execute the lessons at the `cpu` budget, and store their outputs in the repository."""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import re
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.commands import silence
from course_utils.commands.cli import Parser, complain
from course_utils.commands.execute import execute, leave
from course_utils.commands.lessons import METADATA, PLAYGROUND, TIMINGS, all_lessons, all_notebooks, notebook, timings
from course_utils.commands.readme import update_readme
from course_utils.evidence import FOLDER
from course_utils.storage import write_json, write_whole
from course_utils.stored_cells import written

if TYPE_CHECKING:
    from nbformat import NotebookNode

LIMIT = 1_500_000  # bytes of a stored notebook; GitHub shows larger ones slowly or not at all
WIDGET = "application/vnd.jupyter.widget-view+json"  # nothing without its live kernel


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "render",
        "Execute lessons at the cpu budget and store their outputs, and their minutes, in the repository.",
    )
    parser.add_argument(
        "lessons", metavar="NN", nargs="*", type=notebook, help="only these, or `playground` (otherwise all)"
    )
    parser.add_argument(
        "--cells",
        action="store_true",
        help="execute nothing: only note which code cells the lessons have now, by which claims know a changed lesson",
    )
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the stored minutes are those of one busy core
    args = parse(argv)
    if args.cells:
        store_cells()
        return 0
    code = max([render(path) for path in args.lessons or all_notebooks()], default=0)
    store_cells()
    update_readme()
    return code


def render(path: Path) -> int:
    """Execute and store one lesson; it stays as it was if a cell fails or the outputs are too large."""
    import nbformat

    notebook, seconds, error = execute(path, "cpu")
    if error:
        complain(f"{path.stem} is not stored: {error} (see {leave(notebook, path.stem)[1]})")
        return 1
    silent = silence.of(notebook)
    text = nbformat.writes(clean(notebook)) + "\n"
    size = len(text.encode())
    if size > LIMIT:
        complain(f"{path.stem} is not stored: {size / 1e6:.1f} MB, above {LIMIT / 1e6} MB; {largest(notebook)}")
        return 1
    write_whole(path, text.encode())
    if path.name != PLAYGROUND:
        store_seconds(path.name[:2], "cpu", seconds, machine(), silent)
    print(f"{path.name}  {seconds:.0f} s  {size / 1e6:.2f} MB" + (f"  {silent}" if silent else ""))
    return 0


def store_cells() -> None:
    """Keep which code cells each lesson has, so that a claim knows whether a student's kernel ran the same."""
    write_whole(FOLDER / "cells.json", written({n: code_cells(path) for n, path in all_lessons().items()}).encode())


def code_cells(path: Path) -> list[str]:
    """The sources of a notebook's code cells, in order."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def store_seconds(number: str, budget: str, seconds: float, device: str, silent: silence.Silence | None = None) -> None:
    """Keep what a lesson took at a budget, for its set-up cell and the README's table, and its most silent cell."""
    table = timings()
    table.setdefault(number, {})[budget] = {
        "seconds": round(seconds),
        "machine": device,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "torch": importlib.metadata.version("torch"),
        **({silence.KEY: asdict(silent)} if silent else {}),
    }
    write_json(TIMINGS, dict(sorted(table.items())))


def clean(notebook: "NotebookNode") -> "NotebookNode":
    """Keep what every reader sees: no widget state, no time stamps, the same names on every machine."""
    for of_this_run in ("widgets", silence.KEY):
        notebook.metadata.pop(of_this_run, None)
    notebook.metadata.update(METADATA)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs = merged(output for output in cell.outputs if WIDGET not in output.get("data", {}))
    return notebook


def merged(outputs: Iterable["NotebookNode"]) -> list["NotebookNode"]:
    """Join printed text, whose pieces differ from run to run. (nbclient's way is slow on long lines.)"""
    result: list[NotebookNode] = []
    for output in outputs:
        before = result[-1] if result else {}
        if output["output_type"] == before.get("output_type") == "stream" and output["name"] == before["name"]:
            before["text"] += output["text"]
        else:
            result.append(output)
    return result


def largest(notebook: "NotebookNode", count: int = 3) -> str:
    """The cells with the largest outputs, for the one who has to make them smaller."""
    sizes = [
        (len(json.dumps(cell.get("outputs", []))), f"cell {index} ({cell.get('id', 'no id')})")
        for index, cell in enumerate(notebook.cells)
    ]
    return "largest: " + ", ".join(f"{name} {size / 1e3:.0f} kB" for size, name in sorted(sizes, reverse=True)[:count])


def machine() -> str:
    """Cores, processor and threads, as in `2-core AMD EPYC 7B13, 1 thread`."""
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else None
    name = found[1].split(" @ ")[0].strip() if found else platform.processor() or platform.machine()
    threads = int(os.environ["OMP_NUM_THREADS"])
    return f"{os.cpu_count()}-core {name}, {threads} thread{'s' if threads > 1 else ''}"


def made() -> str:
    """When and where something was measured: date, machine, version of PyTorch."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    return f"{today}, {machine()}, torch {importlib.metadata.version('torch')}"
