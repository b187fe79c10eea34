"""Images a second of the course's loop, beside a textbook loop and a bare one, in turn in one run.

    python3 course.py bench loops

Each pair of runs is made back to back, in alternating order; the median of the pairs' ratios is reported. Timings on a
shared machine are noisy, ratios within a pair much less so. The table is appended to benchmarks/RESULTS.md.
"""

import datetime
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from _textbook import bare_loop, textbook_loop

from course_utils import models, training
from course_utils.data import ImageData, load_images

PAIRS = 7
NETWORKS = {
    "fully connected, batch 64": (
        lambda: (models.FullyConnectedGenerator(), models.FullyConnectedDiscriminator()),
        64,
        500,
    ),
    "DCGAN of lesson 03, batch 64": (lambda: (models.DCGANGenerator(), models.DCGANDiscriminator()), 64, 60),
}


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images = load_images(device=device)
    rows = []
    for name, (build, batch_size, steps) in NETWORKS.items():
        ours, rivals = contestants(build, images, batch_size, steps)
        for rival, run in rivals.items():
            ratio, low, high, rate = compare(ours, run, steps * batch_size)
            rows.append(f"| {name} | {rival} | {rate:,.0f} | × {ratio:.2f} | {low:.2f} – {high:.2f} |")
            print(rows[-1], flush=True)
    store(rows, images.name, device)


def contestants(build: Callable[[], tuple], images: ImageData, batch_size: int, steps: int) -> tuple[Callable, dict]:
    """Our loop, and its rivals by name; each builds its networks anew from the same seed."""

    def pair() -> list:
        torch.manual_seed(0)
        return [network.to(images.device) for network in build()]

    def ours(engine: str = "eager") -> None:
        training.train_gan(*pair(), images.batch, steps=steps, batch_size=batch_size, engine=engine, progress=False)

    def textbook(workers: int = 0) -> None:
        textbook_loop(*pair(), images, steps, batch_size, workers)

    def bare() -> None:
        g, d = (network.to(memory_format=torch.channels_last) for network in pair())
        bare_loop(g, d, images, steps, batch_size, training.adam(g), training.adam(d))

    rivals = {"textbook loop": textbook, "textbook loop, 2 loader processes": lambda: textbook(2), "bare loop": bare}
    if images.device.type == "cuda":
        rivals["our loop as a captured CUDA graph"] = lambda: ours("cuda_graph")
    return ours, rivals


def compare(ours: Callable[[], None], rival: Callable[[], None], n_images: int) -> tuple[float, float, float, float]:
    """Median, lowest and highest of how many times faster `ours` is than `rival`, and our images a second."""
    ours(), rival()  # warm up: libraries, caches
    ratios, rates = [], []
    for i in range(PAIRS):
        times = {}
        for run in (ours, rival) if i % 2 == 0 else (rival, ours):
            started = time.perf_counter()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times[run] = time.perf_counter() - started
        ratios.append(times[rival] / times[ours])
        rates.append(n_images / times[ours])
    return statistics.median(ratios), min(ratios), max(ratios), statistics.median(rates)


def store(rows: list[str], data: str, device: str) -> None:
    name = (
        torch.cuda.get_device_name()
        if device == "cuda"
        else f"{os.cpu_count()} CPU cores, {torch.get_num_threads()} threads"
    )
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    versions = f"torch {torch.__version__}, Python {platform.python_version()}"
    head = f"## Loops, {today}: {name}, {versions}, {data}, median of {PAIRS} pairs\n\n"
    head += "| networks | against | ours, images/s | ours is faster by | lowest – highest |\n|---|---|---|---|---|\n"
    with open(Path(__file__).parent / "RESULTS.md", "a", encoding="utf8") as file:
        file.write("\n" + head + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
