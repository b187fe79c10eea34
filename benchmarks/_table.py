"""A table at the end of RESULTS.md, under a heading with the date, the device and the versions."""

import datetime
import os
import platform
from collections.abc import Sequence
from pathlib import Path

import torch

RESULTS = Path(__file__).parent / "RESULTS.md"


def append_table(title: str, columns: Sequence[str], rows: Sequence[str]) -> None:
    """`rows` are lines of Markdown."""
    name = f"{os.cpu_count()} CPU cores, {torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    versions = f"torch {torch.__version__}, Python {platform.python_version()}"
    head = f"## {title}, {today}: {name}, {versions}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    with open(RESULTS, "a", encoding="utf8") as file:
        file.write("\n" + head + "\n".join(rows) + "\n")
