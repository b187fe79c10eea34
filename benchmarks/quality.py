"""Seconds of training until lesson 03's GAN draws digits of lesson 03's quality.

    python3 course.py bench quality

Lesson 03's own call, checked at 15 evenly spaced steps: the first check at which the averaged generator's Fréchet
distance, from 5,000 samples, is at most TARGET counts. Checks are not training, so their seconds are left out.
"""

import statistics
import time
from functools import partial

import torch
from _table import append_table

from course_utils import evaluation, models, objectives, training
from course_utils.data import ImageData, load_images

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SEEDS, TARGET, CHECKS, SAMPLES = (1, 2, 3, 4, 5), 6.5, 15, 5000
WAYS = {"eager": {}} | ({"CUDA graph": {"engine": "cuda_graph"}} if DEVICE == "cuda" else {})


def seconds_to_target(images: ImageData, classifier: evaluation.Classifier, seed: int, steps: int, **way) -> float:
    """Infinity if the run does not get there."""
    torch.manual_seed(seed)
    generator, discriminator = models.DCGANGenerator().to(DEVICE), models.DCGANDiscriminator().to(DEVICE)
    checking, reached = 0.0, float("inf")

    def check(run: training.GANRun) -> None:
        nonlocal checking, reached
        started = time.perf_counter()
        if run.steps_done and reached == float("inf"):
            result = evaluation.frechet_classifier_distance(run.sample(SAMPLES, seed=1), images, classifier)
            if result.distance <= TARGET:
                reached = run.seconds - checking
        checking += time.perf_counter() - started

    adam = partial(training.adam, lr=2e-3, betas=(0.0, 0.99))
    training.train_gan(
        generator, discriminator, images.batch, steps=steps, batch_size=32, seed=seed, ema_decay=0.995,
        g_optimizer=adam(generator), d_optimizer=adam(discriminator), penalty=partial(objectives.r1_penalty, gamma=0.5),
        penalty_every=8, callbacks=[training.every(steps // CHECKS, check)], progress=False, **way,
    )  # fmt: skip
    return reached


def main() -> None:
    images = load_images(device=DEVICE)
    classifier = evaluation.load_classifier(images)
    steps = 4500 if images.name != "digits" else 2500
    rows = []
    for way, options in WAYS.items():
        taken = []
        for seed in SEEDS:
            taken.append(seconds_to_target(images, classifier, seed, steps, **options))
            print(f"{way}, seed {seed}: {taken[-1]:.1f} s", flush=True)
        shown = ", ".join(f"{seconds:.1f}" for seconds in taken)
        rows.append(f"| {way} | {statistics.median(taken):.1f} s | {shown} |")
    columns = ["engine", "median", f"seeds {', '.join(map(str, SEEDS))}, seconds (inf: not within {steps:,} steps)"]
    append_table(f"Time to quality: Fréchet distance ≤ {TARGET} on {images.name}", columns, rows)


if __name__ == "__main__":
    main()
