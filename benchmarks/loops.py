"""Images a second of the course's loop, beside a textbook loop and a bare one, in turn in one run.

    python3 course.py bench loops

Each pair of runs is made back to back, in alternating order; the median of the pairs' ratios is reported. Timings on a
shared machine are noisy, ratios within a pair much less so. The table is appended to benchmarks/RESULTS.md.
"""

from collections.abc import Callable

import torch
from _pairs import PAIRS, append_table, compare
from _textbook import bare_loop, textbook_loop

from course_utils import models, training
from course_utils.data import ImageData, load_images

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
            ratio, low, high, seconds = compare(ours, run)
            rate = steps * batch_size / seconds
            rows.append(f"| {name} | {rival} | {rate:,.0f} | × {ratio:.2f} | {low:.2f} – {high:.2f} |")
            print(rows[-1], flush=True)
    columns = ["networks", "against", "ours, images/s", "ours is faster by", "lowest – highest"]
    append_table(f"Loops, {images.name}, median of {PAIRS} pairs", columns, rows)


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


if __name__ == "__main__":
    main()
