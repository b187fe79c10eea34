"""The course's loop beside a textbook loop and a bare one, in turn in one run, for six kinds of network.

    python3 course.py bench loops
    python3 course.py bench loops --only vae

The table is appended to benchmarks/RESULTS.md. Our loop races each rival in rounds of alternating order; "faster by" is
the median, lowest and highest over the rounds of the rival's time divided by ours. Timings on a shared machine are
noisy, ratios within a round much less so.
"""

import argparse
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import _dcgan64
import torch
from _rivals import (
    N_CRITIC,
    PENALTY,
    bare_flow,
    bare_gan,
    bare_vae,
    bare_wgan,
    textbook_flow,
    textbook_gan,
    textbook_vae,
    textbook_wgan,
)
from _table import append_table
from torch import nn

from course_utils import models, objectives, timing, training
from course_utils.data import BinarisedImages, ImageData, load_images

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
ROUNDS = 7
RIVALS = ("textbook loop", "textbook loop, 2 loader processes", "bare loop")


@dataclass(frozen=True)
class Contest:
    """A kind of network, our loop and its rivals; each call trains new networks for `steps` batches of `batch`."""

    name: str
    batch: int
    steps: int
    ours: Callable[..., None]  # takes `engine` and `autocast`
    rivals: tuple[Callable[[], None], ...]
    ways: dict[str, dict]  # how our loop is run
    batches_a_step: int = 1


def gan_contest(
    name: str, build: Callable, images: ImageData, batch: int, steps: int, ways: dict, wgan: bool = False
) -> Contest:
    def pair() -> list[nn.Module]:
        torch.manual_seed(0)
        return [network.to(DEVICE) for network in build()]

    textbook, bare = (textbook_wgan, bare_wgan) if wgan else (textbook_gan, bare_gan)
    adam = partial(training.adam, lr=1e-4, betas=(0.0, 0.9)) if wgan else training.adam
    options = {}
    if wgan:
        penalty = partial(objectives.gradient_penalty, weight=PENALTY)
        options = {"objective": objectives.WASSERSTEIN, "penalty": penalty, "d_steps": N_CRITIC}

    def ours(**way: object) -> None:
        g, d = pair()
        training.train_gan(
            g, d, images.batch, steps=steps, batch_size=batch, g_optimizer=adam(g), d_optimizer=adam(d),
            progress=False, **options, **way,
        )  # fmt: skip

    def bare_loop() -> None:
        g, d = (network.to(memory_format=torch.channels_last) for network in pair())
        bare(g, d, images, steps, batch, adam)

    def textbook_loop(workers: int) -> None:
        textbook(*pair(), images, steps, batch, workers)

    rivals = partial(textbook_loop, 0), partial(textbook_loop, 2), bare_loop
    return Contest(name, batch, steps, ours, rivals, ways, N_CRITIC if wgan else 1)


def model_contest(
    name: str,
    build: Callable[[], nn.Module],
    train: Callable,
    source: ImageData | BinarisedImages,
    rivals: tuple,
    images: ImageData,
    batch: int,
    steps: int,
    ways: dict,
) -> Contest:
    """`train` on batches of `source`, against a textbook loop, which makes its own of `images`, and a bare loop."""
    textbook, bare = rivals

    def network() -> nn.Module:
        torch.manual_seed(0)
        return build().to(DEVICE)

    def ours(**way: object) -> None:
        train(network(), source.batch, steps=steps, batch_size=batch, progress=False, **way)

    def textbook_loop(workers: int) -> None:
        textbook(network(), images, steps, batch, workers)

    def bare_loop() -> None:
        bare(network().to(memory_format=torch.channels_last), source, steps, batch, training.adam)

    return Contest(name, batch, steps, ours, (partial(textbook_loop, 0), partial(textbook_loop, 2), bare_loop), ways)


def contests(images: ImageData) -> dict[str, Callable[[], Contest]]:
    """By name, each made when it is called, so that the data of one are not in the memory of another."""
    graph = {"as a CUDA graph": {"engine": "cuda_graph"}} if DEVICE == "cuda" else {}
    half = {"in bfloat16": {"autocast": True}}
    half_graph = {"in bfloat16, as a CUDA graph": {"engine": "cuda_graph", "autocast": True}} if graph else {}
    compiled = {} if graph else {"in bfloat16, compiled": {"engine": "compile", "autocast": True}}
    many = 10 if DEVICE == "cuda" else 1  # a GPU needs more steps for a second
    digits = models.DCGANGenerator, models.DCGANDiscriminator
    return {
        "dense": lambda: gan_contest(
            "fully connected GAN", lambda: (models.FullyConnectedGenerator(), models.FullyConnectedDiscriminator()),
            images, 64, 500 * many, {"": {}} | graph,
        ),
        "dcgan28": lambda: gan_contest(
            "DCGAN of lesson 03, 28×28", lambda: [network() for network in digits], images, 64, 60 * many,
            {"": {}} | graph,
        ),
        "dcgan64": lambda: gan_contest(
            "DCGAN, 64×64 in colour", lambda: (_dcgan64.Generator(), _dcgan64.Discriminator()),
            _dcgan64.random_images(DEVICE), 64, 2 * many**2, {"": {}} | half | graph | half_graph,
        ),
        "wgan-gp": lambda: gan_contest(
            "WGAN-GP, lesson 03's networks", lambda: [network() for network in digits], images, 64, 8 * many,
            {"": {}} | graph, wgan=True,
        ),
        "vae": lambda: model_contest(
            "VAE of lesson 08", models.FullyConnectedVAE, training.train_vae, BinarisedImages(images),
            (textbook_vae, bare_vae), images, 128, 200 * many, {"": {}} | half | compiled | graph | half_graph,
        ),
        "flow": lambda: model_contest(
            "flow matching, U-Net", models.UNet, partial(training.train_model, loss=objectives.FlowMatching()), images,
            (textbook_flow, bare_flow), images, 64, 15 * many, {"": {}} | graph | half_graph,
        ),
    }  # fmt: skip


def table_rows(contest: Contest, key: str) -> list[str]:
    """Race our loop with each rival; one row for each way to run ours.

    One rival at a time: after a loader that uses the processor little, a shared machine is faster for a while.
    """
    ours = {f"ours {way}": partial(contest.ours, **options) for way, options in contest.ways.items()}
    races = {rival: timing.race(ours | {rival: run}, ROUNDS) for rival, run in zip(RIVALS, contest.rivals, strict=True)}
    rows = []
    for way, name in zip(contest.ways, ours, strict=True):
        seconds = statistics.median(race.seconds(name) for race in races.values())
        step = seconds / contest.steps
        images = contest.batch * contest.batches_a_step / step
        faster = " | ".join(cell(race.ratio(rival, name)) for rival, race in races.items())
        share = f"{device_share(ours[name], seconds):.0%}" if DEVICE == "cuda" else "–"
        label = ", ".join(filter(None, [contest.name, way]))
        rows.append(
            f"| {label} | {contest.batch} | {images:,.0f} | {step * 1e3:.2f} ms | {faster} | "
            f"{share} | {peak_memory(key, way, ours[name]):.2f} GiB |"
        )
        print(rows[-1], flush=True)
    return rows


def cell(ratio: timing.Ratio) -> str:
    return f"× {ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def device_share(run: Callable[[], None], seconds: float) -> float:
    """The summed time of all kernels, divided by the seconds that the same run takes without a profiler."""
    activities = [torch.profiler.ProfilerActivity.CPU, torch.profiler.ProfilerActivity.CUDA]
    with torch.profiler.profile(activities=activities) as profile:
        run()
        torch.cuda.synchronize()
    on_device = [
        event.self_device_time_total
        for event in profile.events()
        if event.device_type == torch.autograd.DeviceType.CUDA and not getattr(event, "is_user_annotation", False)
    ]
    return sum(on_device) / 1e6 / seconds


def peak_memory(key: str, way: str, run: Callable[[], None]) -> float:
    """GiB: on CUDA the tensors' peak; else the peak of a fresh process that holds the data and runs our loop."""
    if DEVICE == "cuda":
        torch.cuda.reset_peak_memory_stats()
        run()
        return torch.cuda.max_memory_allocated() / 2**30
    child = [sys.executable, __file__, "--only", key, "--peak", way]
    return float(subprocess.run(child, stdout=subprocess.PIPE, text=True, check=True).stdout.split()[-1])


def print_peak(contest: Contest, way: str) -> None:
    contest.ours(**contest.ways[way])
    status = Path("/proc/self/status")
    if status.exists():  # Linux, whose getrusage begins with the parent's peak
        kibibytes = int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1])
    else:
        kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # a Mac counts bytes
    print(kibibytes / 2**20)


def main() -> None:
    images = load_images(device=DEVICE)
    all_contests = contests(images)
    parser = argparse.ArgumentParser(description="Our loops beside textbook loops and bare ones.")
    parser.add_argument("--only", choices=all_contests, help="one kind of network")
    parser.add_argument("--peak", metavar="WAY", help=argparse.SUPPRESS)  # for peak_memory, in a process of its own
    args = parser.parse_args()
    chosen = [args.only] if args.only else list(all_contests)
    if args.peak is not None:
        return print_peak(all_contests[args.only](), args.peak)
    rows = [row for key in chosen for row in table_rows(all_contests[key](), key)]
    columns = [
        "our loop with", "batch", "images/s", "a step", *(f"faster than the {rival} by" for rival in RIVALS),
        "device busy", "peak memory",
    ]  # fmt: skip
    append_table(f"Loops, {images.name}, {ROUNDS} rounds", columns, rows)


if __name__ == "__main__":
    main()
