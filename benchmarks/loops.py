"""Images a second of the course's loop, beside a textbook loop and a bare one, in turn in one run.

    python3 course.py bench loops

Each pair of runs is made back to back, in alternating order; the median of the pairs' ratios is reported. Timings on a
shared machine are noisy, ratios within a pair much less so. The table is appended to benchmarks/RESULTS.md.
"""

from collections.abc import Callable

import torch
from _pairs import PAIRS, append_table, compare
from _textbook import bare_loop, bare_vae_loop, textbook_loop, textbook_vae_loop

from course_utils import models, training
from course_utils.data import BinarisedImages, ImageData, load_images


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    images = load_images(device=device)
    races = {
        "fully connected, batch 64": gan_loops(
            lambda: (models.FullyConnectedGenerator(), models.FullyConnectedDiscriminator()), images, 64, steps=500
        ),
        "DCGAN of lesson 03, batch 64": gan_loops(
            lambda: (models.DCGANGenerator(), models.DCGANDiscriminator()), images, 64, steps=60
        ),
        "VAE of lesson 07, batch 128": vae_loops(models.FullyConnectedVAE, images, 128, steps=100),
    }
    rows = []
    for name, (samples, ours, rivals) in races.items():
        for rival, run in rivals.items():
            ratio, low, high, seconds = compare(ours, run)
            rows.append(f"| {name} | {rival} | {samples / seconds:,.0f} | × {ratio:.2f} | {low:.2f} – {high:.2f} |")
            print(rows[-1], flush=True)
    columns = ["networks", "against", "ours, images/s", "ours is faster by", "lowest – highest"]
    append_table(f"Loops, {images.name}, median of {PAIRS} pairs", columns, rows)


def gan_loops(build: Callable[[], tuple], images: ImageData, batch_size: int, steps: int) -> tuple:
    """How many images a run sees, our loop, and its rivals by name; each starts from the same new networks."""

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

    return steps * batch_size, ours, _rivals(images, ours, textbook, bare)


def vae_loops(build: Callable[[], torch.nn.Module], images: ImageData, batch_size: int, steps: int) -> tuple:
    """The same for a VAE on binary pixels."""
    binary = BinarisedImages(images)

    def vae() -> torch.nn.Module:
        torch.manual_seed(0)
        return build().to(images.device)

    def ours(engine: str = "eager") -> None:
        training.train_vae(vae(), binary.batch, steps=steps, batch_size=batch_size, engine=engine, progress=False)

    def textbook(workers: int = 0) -> None:
        textbook_vae_loop(vae(), images, steps, batch_size, workers)

    def bare() -> None:
        model = vae()
        bare_vae_loop(model, binary, steps, batch_size, training.adam(model, lr=1e-3, betas=(0.9, 0.999)))

    return steps * batch_size, ours, _rivals(images, ours, textbook, bare)


def _rivals(images: ImageData, ours: Callable, textbook: Callable, bare: Callable) -> dict[str, Callable]:
    rivals = {"textbook loop": textbook, "textbook loop, 2 loader processes": lambda: textbook(2), "bare loop": bare}
    if images.device.type == "cuda":
        rivals["our loop as a captured CUDA graph"] = lambda: ours("cuda_graph")
    return rivals


if __name__ == "__main__":
    main()
