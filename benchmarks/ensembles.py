"""K seeds as one ensemble, beside K single runs, in turn in one run.

    python3 course.py bench ensembles

Lesson 04's ring, with the networks of its lesson and with those of lesson 02, which are twice as wide. "Own streams":
each member draws what its seed alone would draw; "one stream": all draw from one.
"""

from functools import partial

import torch
from _table import append_table
from torch import nn

from course_utils import models, timing, training
from course_utils.data import Ring

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
COUNTS, WIDTHS, STEPS, BATCH, ROUNDS = (1, 4, 16, 64), (64, 128), 60, 64, 5
SAMPLE = partial(Ring().sample, device=DEVICE)


def pair(width: int) -> tuple[nn.Module, nn.Module]:
    hidden = (width, width)
    return models.PointGenerator(hidden=hidden).to(DEVICE), models.PointDiscriminator(hidden=hidden).to(DEVICE)


def alone(width: int) -> None:
    training.train_gan(*pair(width), SAMPLE, steps=STEPS, batch_size=BATCH, progress=False)


def together(width: int, count: int, **options: object) -> None:
    training.train_ensemble(
        partial(pair, width), SAMPLE, seeds=range(count), steps=STEPS, batch_size=BATCH, progress=False, **options
    )


def main() -> None:
    ways = {"own streams": {}, "one stream": {"own_streams": False}}
    if DEVICE == "cuda":
        ways["one stream, CUDA graph"] = {"own_streams": False, "engine": "cuda_graph"}
    rows = []
    for width in WIDTHS:
        for count in COUNTS:
            runners = {way: partial(together, width, count, **options) for way, options in ways.items()}
            race = timing.race({"alone": partial(alone, width)} | runners, ROUNDS)
            for way in ways:
                step, cost = race.seconds(way) / STEPS * 1e3, race.ratio(way, "alone").median
                rows.append(f"| {width} | {count} | {way} | {step:.2f} ms | × {cost:.2f} | × {count / cost:.2f} |")
                print(rows[-1], flush=True)
    columns = ["width", "K", "drawn from", "a step of all", "time of one run", "faster than K runs, one by one, by"]
    append_table(f"Ensembles, batch {BATCH}, {ROUNDS} rounds", columns, rows)


if __name__ == "__main__":
    main()
