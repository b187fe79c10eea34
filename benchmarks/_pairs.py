"""What the benchmarks share: runs in alternating pairs, and a table at the end of RESULTS.md."""

import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

PAIRS = 7


def compare(ours: Callable[[], None], rival: Callable[[], None]) -> tuple[float, float, float, float]:
    """Median, lowest and highest of how many times faster `ours` is than `rival`, and our median seconds."""
    ours(), rival()  # warm up: libraries, caches
    ratios, seconds = [], []
    for i in range(PAIRS):
        times = {}
        for run in (ours, rival) if i % 2 == 0 else (rival, ours):
            started = time.perf_counter()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times[run] = time.perf_counter() - started
        ratios.append(times[rival] / times[ours])
        seconds.append(times[ours])
    return statistics.median(ratios), min(ratios), max(ratios), statistics.median(seconds)


def append_table(title: str, columns: Sequence[str], rows: Sequence[str]) -> None:
    """A Markdown table under a heading with the date, the device and the versions."""
    name = f"{os.cpu_count()} CPU cores, {torch.get_num_threads()} threads"
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    versions = f"torch {torch.__version__}, Python {platform.python_version()}"
    head = f"## {title}, {today}: {name}, {versions}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    with open(Path(__file__).parent / "RESULTS.md", "a", encoding="utf8") as file:
        file.write("\n" + head + "\n".join(rows) + "\n")
