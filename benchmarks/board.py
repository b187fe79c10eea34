"""What the live board costs: trainings with one, two frames a second, beside the same without, in turn in one run.

    python3 course.py bench board

No browser takes part: a frame is drawn and packed as it would be sent. The share counts the seconds within the board,
the largest of the rounds; the ratio of two trainings also holds what the machine did otherwise. "Frames a second": as
many as could be drawn if nothing else were done.
"""

import json
from functools import partial

import torch
from _table import append_table

from course_utils import models, timing, training
from course_utils.data import BinarisedImages, Ring, load_images
from course_utils.live import boards
from course_utils.playground.session import Session

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
SECONDS, ROUNDS = 10.0, 3
FRAMES = 50  # of the playground


class Sent(boards.Board):
    """A board whose frames go nowhere."""

    def _show(self, html: str) -> None:
        self.html = html
        json.dumps({"text/html": html})
        self._shown = True


def ring(steps: int, callbacks: list) -> training.Run:
    pair = models.PointGenerator().to(DEVICE), models.PointDiscriminator().to(DEVICE)
    sample = partial(Ring().sample, device=DEVICE)
    return training.train_gan(*pair, sample, steps=steps, callbacks=callbacks, progress=False)


def dcgan(steps: int, callbacks: list) -> training.Run:
    pair = models.DCGANGenerator().to(DEVICE), models.DCGANDiscriminator().to(DEVICE)
    images = load_images(device=DEVICE)
    return training.train_gan(*pair, images.batch, steps=steps, callbacks=callbacks, progress=False)


def vae(steps: int, callbacks: list) -> training.Run:
    model = models.FullyConnectedVAE(16, hidden=(200,)).to(DEVICE)
    images = BinarisedImages(load_images(device=DEVICE))
    return training.train_vae(model, images.batch, steps=steps, callbacks=callbacks, progress=False)


def board(fps: float = 2.0, share: float = boards.SHARE) -> boards.Board:
    return Sent(fps=fps, share=share)


def playground_rows() -> list[str]:
    """A frame of the playground as it is asked for while it plays: one step, and all that can be drawn."""
    rows = []
    looks = {"points and D": {}, "everything": {"arrows": "minimax", "lines": True, "optimal": True}}
    for name, look in looks.items():
        session = Session()
        session.answer({"n": 0, "do": "look", **look})

        def play(session: Session = session) -> None:
            for n in range(FRAMES):
                session.answer({"n": n, "do": "advance", "steps": 1})

        seconds = min(timing.seconds(play) for _ in range(ROUNDS)) / FRAMES
        rows.append(f"| {name} | {seconds * 1e3:.1f} ms | {1 / seconds:.0f} |")
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    boards.has_front_end = lambda: True
    rows = []
    for name, train in {"points, lesson 02": ring, "DCGAN, lesson 03": dcgan, "VAE, lesson 08": vae}.items():
        train(20, [])  # the first one of all loads what PyTorch needs
        few, more = (timing.seconds(lambda train=train, n=n: train(n, [])) for n in (100, 300))  # what a start costs
        steps = max(20, int(200 * SECONDS / (more - few)))
        shares = []

        def watched(train=train, steps=steps, shares=shares) -> None:
            made = board()
            run = train(steps, [made])
            shares.append(made.seconds / run.seconds)

        runners = {"without": partial(train, steps, []), "with": watched}
        cost = timing.race(runners, ROUNDS).ratio("with", "without")
        always = board(30.0, 1.0)
        train(100, [always, training.every(1, lambda run, always=always: always.look(run))])
        frame = always.seconds / always.frames
        rows.append(
            f"| {name} | {steps:,} | {max(shares):.1%} | × {cost.median:.3f} ({cost.low:.3f}–{cost.high:.3f}) | "
            f"{frame * 1e3:.1f} ms | {1 / frame:.0f} | {len(always.html) / 1e3:.0f} kB |"
        )
        print(rows[-1], flush=True)
    columns = ["training", "steps", "share of the time spent on drawing", "time with, over without", "a frame"]
    columns += ["frames a second", "its size"]
    append_table(f"Live board, two frames a second, {ROUNDS} rounds", columns, rows)
    columns = ["playground, a step and a frame, without the browser", "time", "frames a second"]
    append_table("Playground", columns, playground_rows())


if __name__ == "__main__":
    main()
