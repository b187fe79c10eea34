"""Does a step take longer when there are more images? Our loop on the data set, and on ten copies of it.

python3 course.py bench dataset_size
"""

from dataclasses import replace
from functools import partial

import torch
from _table import append_table

from course_utils import models, timing, training
from course_utils.data import ImageData, load_images

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
STEPS, BATCH, ROUNDS = 500, 64, 7


def main() -> None:
    once = load_images(device=DEVICE)
    ten = replace(once, images=once.images.repeat(10, 1, 1, 1), labels=once.labels.repeat(10))

    def train(images: ImageData) -> None:
        torch.manual_seed(0)
        networks = models.FullyConnectedGenerator().to(DEVICE), models.FullyConnectedDiscriminator().to(DEVICE)
        training.train_gan(*networks, images.batch, steps=STEPS, batch_size=BATCH, progress=False)

    sizes = {f"{len(images.images):,} images": images for images in (once, ten)}
    race = timing.race({name: partial(train, images) for name, images in sizes.items()}, ROUNDS)
    small, large = sizes
    rows = [f"| {name} | {race.seconds(name) / STEPS * 1e3:.2f} ms |" for name in sizes]
    rows.append(f"| the larger set takes | {race.ratio(large, small)} |")
    print(*rows, sep="\n")
    append_table(f"Data-set size, fully connected GAN, batch {BATCH}, {ROUNDS} rounds", ["data", "a step"], rows)


if __name__ == "__main__":
    main()
