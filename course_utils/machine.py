"""What this machine offers to the course, as one table: the first thing a student looks at."""

import os
import platform
import re
import sys
from dataclasses import dataclass

import torch

from course_utils.data import ImageData, cache_folder
from course_utils.inputs import require_choice, require_kind


@dataclass(frozen=True)
class MachineReport:
    """Rows of (what, found, what it means for you); shown as a table in a notebook, as aligned text elsewhere."""

    rows: tuple[tuple[str, str, str], ...]

    def __post_init__(self):
        is_table = isinstance(self.rows, tuple | list) and all(isinstance(row, tuple | list) for row in self.rows)
        if not is_table or not all(len(row) == 3 for row in self.rows):
            raise ValueError("rows must be triples (what, found, what it means for you)")

    def _repr_markdown_(self) -> str:
        head = "| | found | what it means for you |\n|---|---|---|\n"
        return head + "\n".join(f"| **{what}** | {found} | {meaning} |" for what, found, meaning in self.rows)

    def __repr__(self) -> str:
        widths = [max(len(row[i]) for row in self.rows) for i in range(2)]
        return "\n".join(f"{what:<{widths[0]}}  {found:<{widths[1]}}  {meaning}" for what, found, meaning in self.rows)


def check_machine(images: ImageData, budget: str) -> MachineReport:
    """Python and PyTorch, the device, the image set in use and the budget that follows from them."""
    budgets = {
        "smoke": "every line runs in seconds; no claim is checked",
        "cpu": "each lesson is sized for three minutes on two cores; every claim is checked",
        "gpu": "the protocols of the papers, on your GPU; every claim is checked",
    }
    require_kind("images", images, ImageData)
    require_choice("budget", budget, budgets)
    sources = {
        "digits": "small and built in, so all lessons work without a network; with one, the next start fetches MNIST",
        "mnist": "60,000 real digits: the data set of the papers",
    }
    return MachineReport(
        (
            ("Python", platform.python_version(), _verdict(platform.python_version(), "3.11")),
            ("PyTorch", torch.__version__, _verdict(torch.__version__, "2.6")),
            ("processor", f"{os.cpu_count()} cores", f"PyTorch uses {torch.get_num_threads()} of them at a time"),
            ("GPU", *_gpu()),
            (
                "images",
                f"{images.name}, {len(images.images):,} to train on",
                sources.get(images.name, "chosen with COURSE_DATASET"),
            ),
            ("budget", budget, budgets[budget]),
            ("kept in", str(cache_folder()), "downloads and trained classifiers; delete it whenever you like"),
        )
    )


def _verdict(version: str, needed: str) -> str:
    """What a version such as 2.6.0+cu124 is for the course."""
    found, floor = ([int(number) for number in re.findall(r"\d+", text)[:2]] for text in (version, needed))
    return "supported" if found >= floor else f"too old: {needed} is needed"


def best_device() -> torch.device:
    """The accelerator that PyTorch finds here, of whatever make; else the CPU."""
    return torch.accelerator.current_accelerator() if torch.accelerator.is_available() else torch.device("cpu")


def _gpu() -> tuple[str, str]:
    if torch.cuda.is_available():
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        return f"{torch.cuda.get_device_name(0)}, {memory:.0f} GiB", "training runs on it"
    if (device := best_device()).type != "cpu":
        found = "Apple GPU, through Metal" if device.type == "mps" else f"an accelerator of type {device.type}"
        return found, "training runs on it, at the cpu budget"
    if "google.colab" in sys.modules:
        return "none", "it is switched off: choose *Runtime → Change runtime type → T4 GPU* for the larger protocols"
    return "none", "not needed: the lessons are sized for the CPU"


def device_name(device: torch.device) -> str:
    """What a lesson calls the device that it trains on."""
    require_kind("device", device, torch.device)
    if device.type == "cuda":
        return f"GPU ({torch.cuda.get_device_name(device)})"
    if device.type != "cpu":
        return "GPU (Apple, through Metal)" if device.type == "mps" else f"accelerator ({device.type})"
    threads = torch.get_num_threads()
    return f"CPU ({threads} thread{'s' if threads > 1 else ''})"
