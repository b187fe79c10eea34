"""Execute a lesson without a browser, with one progress bar; `run` and `render` stand on it."""

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.commands import silence
from course_utils.commands.lessons import BUILD, LEDGER, NOTEBOOKS, timings
from course_utils.commands.logs import open_log
from course_utils.storage import write_whole

if TYPE_CHECKING:
    from nbformat import NotebookNode

BAR = "{l_bar}{bar}| cell {n_fmt} of {total_fmt} [{elapsed}{postfix}]"


def execute(
    path: Path, budget: str | None, ledger: Path = LEDGER, always: bool = True
) -> tuple["NotebookNode", float, str | None]:
    """The lesson with its new outputs, its seconds, and the last line of the error that stopped it (or None).

    Claims are judged `always`, or as for a student: not where a cell differs from the lesson as it is stored. The
    notebook's metadata say how long its most silent cell was, for `silence.of`.

    The kernel is this interpreter, whatever kernels the user has; its working directory is `notebooks/`.
    """
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, DeadKernelError
    from tqdm import tqdm

    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    cells = sum("skip-execution" not in cell.metadata.get("tags", []) for cell in code)
    known = timings().get(path.name[:2], {}).get(budget or os.environ.get("COURSE_BUDGET", "cpu"))
    # Nobody is there to move a slider, and a stored bar is a frozen bar.
    listener = silence.Listener()
    environment = dict(os.environ, COURSE_STATIC="1", TQDM_DISABLE="1", COURSE_LEDGER=str(ledger))
    environment |= listener.environment
    environment["COURSE_PROGRESS"] = "none"  # what one student has done is in nobody's reading edition
    if always:
        environment.setdefault("COURSE_CLAIMS", "always")
    if budget:
        environment["COURSE_BUDGET"] = budget
    bar = tqdm(total=cells, desc=f"lesson {path.name[:2]}", bar_format=BAR, file=sys.stderr, disable=False)
    if known:
        bar.set_postfix_str(f"of about {tqdm.format_interval(known['seconds'])}")

    client = NotebookClient(
        notebook, timeout=None, record_timing=False, store_widget_state=False,
        resources={"metadata": {"path": str(NOTEBOOKS)}},
        on_cell_execute=listener.begins,
        on_cell_executed=lambda cell, cell_index, **reply: listener.ends(cell, cell_index),
        on_cell_complete=lambda cell, cell_index: bar.update(),
    )  # fmt: skip
    client.km = this_interpreters_kernel()
    client.owns_km = True
    began, error = time.monotonic(), None
    with bar, open_log(BUILD, "kernel") as log:  # what the kernel says of itself would tear the bar
        try:
            client.execute(env=environment, stderr=log)
        except CellExecutionError as failure:
            error = ": ".join([failure.ename, *failure.evalue.strip().splitlines()[-1:]])
        except DeadKernelError:
            error = "the kernel ended before the lesson did (stopped, or out of memory)"
    seconds = time.monotonic() - began
    silence.note(notebook, listener.close())
    return notebook, seconds, error


def this_interpreters_kernel():
    """A manager for the kernel that `ipykernel` of this very interpreter describes."""
    import ipykernel.kernelspec
    from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    class OwnKernel(KernelSpecManager):
        def get_kernel_spec(self, kernel_name):
            return KernelSpec(resource_dir=ipykernel.kernelspec.RESOURCES, **ipykernel.kernelspec.get_kernel_dict())

    return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=OwnKernel())


def leave(notebook: "NotebookNode", name: str) -> list[Path]:
    """Leave an executed lesson in `build/`, as a notebook and as an HTML page with its pictures inside."""
    import nbformat
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter(embed_images=True).from_notebook_node(notebook, {"metadata": {"name": name}})
    texts = {BUILD / f"{name}.ipynb": nbformat.writes(notebook) + "\n", BUILD / f"{name}.html": page}
    for path, text in texts.items():
        write_whole(path, text.encode())
    return list(texts)
