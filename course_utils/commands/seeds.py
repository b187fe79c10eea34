"""One lesson run with one seed, its claims counted and not asserted; `evidence` repeats it."""

import hashlib
import importlib.metadata
import json
import os
from pathlib import Path

from course_utils.commands.cli import Stop
from course_utils.commands.dependencies import files_behind
from course_utils.commands.execute import execute, leave
from course_utils.commands.lessons import ROOT, uses_images
from course_utils.commands.render import code_cells

# A lesson's own seed is 0; its protocol was tuned on seeds from 100 on, and fresh seeds begin at 1000.
SEEDS = tuple(range(1, 11))


def run_seed(path: Path, data: str, budget: str, seed: int, ledger: Path) -> tuple[dict, float]:
    """The ledger page of one run, written in the folder `ledger`, and its seconds; raises Stop if the run stopped."""
    os.environ |= {"COURSE_SEED": str(seed), "COURSE_CLAIMS": "report"}
    if uses_images(path):
        os.environ["COURSE_DATASET"] = data
    else:
        os.environ.pop("COURSE_DATASET", None)
    for left in ledger.glob("*.json"):
        left.unlink()  # by a run that was killed
    notebook, seconds, error = execute(path, budget, ledger)
    pages = list(ledger.glob(f"{path.name[:2]}-{data}-{budget}.json"))
    if error or not pages:
        why = error or "the lesson recorded and claimed nothing"
        raise Stop(f"seed {seed} stopped: {why} (see {leave(notebook, f'{path.stem}-{data}-seed-{seed}')[1]})")
    return json.loads(pages[0].read_text(encoding="utf8")), seconds


def datasets(path: Path) -> tuple[str, ...]:
    """The image sets on which a lesson's claims are asserted; a lesson without images has its toys."""
    return ("mnist", "digits") if uses_images(path) else ("toys",)


def fingerprint(path: Path) -> str:
    """A hash of all that a lesson's numbers depend on: its code, PyTorch, and the files of the package that it reaches;
    so that old seeds never mix with new ones.
    """
    cells = code_cells(path)
    digest = hashlib.sha256("\0".join(cells).encode())
    digest.update(importlib.metadata.version("torch").encode())
    for module in files_behind(cells, ROOT):
        digest.update(f"{module.parent.name}/{module.name}\0".encode() + module.read_bytes())
    return digest.hexdigest()[:12]
