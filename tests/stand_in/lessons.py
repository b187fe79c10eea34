"""A lesson on the stand-in accelerator, cell by cell, in a process of its own.

The processes are forked from one that has imported what lessons import (multiprocessing's fork server): starting a
notebook kernel for each would take as long as the lesson does at the smoke budget.
"""

import contextlib
import functools
import io
import multiprocessing
import os
import re
import sys
from pathlib import Path
from unittest.mock import patch


@functools.cache
def _server():
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(["stand_in.imports"])
    return server


def run(lesson: Path, briefly: bool = False, float64: bool = True, **environment: str) -> str:
    """What the lesson has printed. Raises RuntimeError with the traceback of the cell that failed.

    `briefly`: with hardly any training (`brief.py`). Without `float64`, the device refuses it.
    """
    receiver, sender = _server().Pipe(duplex=False)
    child = _server().Process(target=_execute, args=(lesson, briefly, float64, environment, sender), daemon=True)
    with patch.dict(os.environ, PYTHONPATH=os.pathsep.join(sys.path)):  # for the server, which starts with the first
        child.start()
    sender.close()
    try:
        failed, printed = receiver.recv()
    except EOFError:
        failed, printed = True, "its process died"
    child.join()
    if failed:
        raise RuntimeError(f"{lesson.name} on the stand-in accelerator:\n{printed}")
    return printed


def _execute(lesson: Path, briefly: bool, float64: bool, environment: dict[str, str], sender) -> None:
    os.environ.update(environment, COURSE_STATIC="1", TQDM_DISABLE="1")  # nobody is there to move a slider
    os.chdir(lesson.parent)
    import nbformat
    from IPython.core.interactiveshell import InteractiveShell
    from stand_in import backend, brief

    from course_utils.evaluation import distances

    backend.plug_in(float64)
    if not float64:
        distances.WITHOUT_FLOAT64.add("stand_in")
    if briefly:
        brief.make_brief()
    shell = InteractiveShell.instance(colors="NoColor")
    cells = [cell for cell in nbformat.read(lesson, as_version=4).cells if cell.cell_type == "code"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        for cell in cells:
            if "skip-execution" in cell.metadata.get("tags", []):
                continue
            if not shell.run_cell(cell.source).success:
                sender.send((True, re.sub(r"\x1b\[[\d;]*m", "", printed.getvalue())))
                return
    sender.send((False, printed.getvalue()))
