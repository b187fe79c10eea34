"""Sixteen seeds as one ensemble, beside sixteen single runs, in turn in one run.

    python3 course.py bench ensembles

Lesson 04's ring, with the networks of its lesson and with those of lesson 02, which are twice as wide.
"""

from functools import partial

import torch
from _pairs import PAIRS, append_table, compare

from course_utils import models, training
from course_utils.data import Ring

SEEDS, STEPS, BATCH = range(16), 50, 64


def main() -> None:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    sample_real = partial(Ring().sample, device=device)
    rows = []
    for width in (64, 128):

        def pair(width: int = width) -> tuple:
            networks = models.PointGenerator(hidden=(width, width)), models.PointDiscriminator(hidden=(width, width))
            return tuple(network.to(device) for network in networks)

        def together() -> None:
            training.train_ensemble(pair, sample_real, seeds=SEEDS, steps=STEPS, batch_size=BATCH, progress=False)

        def one_by_one() -> None:
            for seed in SEEDS:
                torch.manual_seed(seed)
                training.train_gan(*pair(), sample_real, steps=STEPS, batch_size=BATCH, seed=seed, progress=False)

        ratio, low, high, seconds = compare(together, one_by_one)
        step = seconds / STEPS * 1e3
        rows.append(f"| {width} | {step:.1f} ms | × {ratio:.2f} | {low:.2f} – {high:.2f} |")
        print(rows[-1], flush=True)
    columns = ["width", "a step of all 16", "faster than 16 single runs by", "lowest – highest"]
    append_table(f"Ensembles of {len(SEEDS)} seeds, batch {BATCH}, median of {PAIRS} pairs", columns, rows)


if __name__ == "__main__":
    main()
