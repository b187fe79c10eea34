"""Exercise 13.5, a bug hunt: the measurement that seeds the generator from which the training draws."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice
from course_utils.checks.observe import Observations, Roughly

Velocity = Callable[[Tensor, Tensor], Tensor]


def squared_error(velocity: Velocity, x1: Tensor, x0: Tensor, t: Tensor) -> Tensor:
    x_t = (1 - t[:, None]) * x0 + t[:, None] * x1
    return (velocity(x_t, t) - (x1 - x0)).square().mean()


def held_out_loss(velocity: Velocity, points: Tensor) -> float:
    noise = torch.Generator().manual_seed(1)
    x0 = torch.randn(points.shape, generator=noise)
    t = torch.rand(len(points), generator=noise)
    with torch.no_grad():
        return squared_error(velocity, points, x0, t).item()


def probe(look) -> Observations:
    """Two looks at the same points, with some of the training's random numbers before and after each."""
    points, slope = 2 + torch.randn(4000, 2), torch.rand(())
    asked: list[tuple[Tensor, Tensor]] = []

    def velocity(x_t: Tensor, t: Tensor) -> Tensor:
        share = t.reshape(-1, 1)
        asked.append((share, (x_t - share * points) / (1 - share)))
        return slope * x_t

    torch.rand(3)
    before = torch.get_rng_state()
    value = look(velocity, points)
    untouched = bool(torch.equal(torch.get_rng_state(), before))
    after_first = torch.rand(5)
    look(velocity, points)
    after_second = torch.rand(5)
    if len(asked) < 2:
        return {"what the network is asked": "nothing"}
    (times, noise), (times_again, noise_again) = asked[0], asked[-1]
    error = (slope * ((1 - times) * noise + times * points) - (points - noise)).square().mean().item()
    return {
        "what the network is asked": "points",
        "the loss, as a multiple of the mean squared error": Roughly(value / error, 0.01)
        if isinstance(value, float | Tensor)
        else value,
        "the median of |x0|": Roughly(noise.abs().median(), 0.05),
        "the mean of the times": Roughly(times.mean(), 0.05),
        "the standard deviation of the times": Roughly(times.std(), 0.03),
        "whether a second look has the same times": bool(torch.equal(times, times_again)),
        "whether a second look has the same noise": _close(noise, noise_again),
        "whether the training draws the same numbers after each look": bool(torch.equal(after_first, after_second)),
        "whether the random state of the training stays as it was": untouched,
    }


def _close(noise: Tensor, again: Tensor) -> bool:
    return noise.shape == again.shape and (noise - again).abs().median().item() < 1e-3


def _as_it_was(velocity: Velocity, points: Tensor) -> float:
    torch.manual_seed(1)
    return _unseeded(velocity, points)


def _unseeded(velocity: Velocity, points: Tensor) -> float:
    return squared_error(velocity, points, torch.randn_like(points), torch.rand(len(points))).item()


def _shaken(velocity: Velocity, points: Tensor) -> float:
    value = _as_it_was(velocity, points)
    torch.seed()
    return value


def _half(velocity: Velocity, points: Tensor) -> float:
    x0 = torch.randn(points.shape, generator=torch.Generator().manual_seed(1))
    return squared_error(velocity, points, x0, torch.rand(len(points))).item()


def _one_time(velocity: Velocity, points: Tensor) -> float:
    x0 = torch.randn(points.shape, generator=torch.Generator().manual_seed(1))
    return squared_error(velocity, points, x0, torch.full((len(points),), 0.5)).item()


_kept = torch.Generator().manual_seed(1)


def _moving_on(velocity: Velocity, points: Tensor) -> float:
    x0, t = torch.randn(points.shape, generator=_kept), torch.rand(len(points), generator=_kept)
    return squared_error(velocity, points, x0, t).item()


DIAGNOSIS = choice(
    "B",
    {
        "A": (
            "a network that is too large",
            "Both runs have the same network, and new points in each step. Only one of them has these curves.",
        ),
        "C": (
            "a learning rate that is too high",
            "Then both curves of both runs would jump or rise. Here a training loss falls too low, smoothly, and in "
            "one run only.",
        ),
        "D": (
            "a training on the held-out points",
            "Then the held-out loss would be the one that falls too low.",
        ),
        "E": (
            "a held-out set that is too small",
            "Both runs are measured on the same 1,000 points, and the other run's curve is steady.",
        ),
    },
    why=(
        "Measuring must not move what is measured: the more often this run was looked at, the fewer random numbers it "
        "saw."
    ),
)

REPAIR = Part(
    held_out_loss,
    name="the repaired look",
    probe=probe,
    why="A generator of its own gives each look the same noise, and leaves the training's numbers alone.",
    mistakes=(
        Mistake(
            "a look after which the training still draws the same numbers each time",
            "Whatever the seed, after each look the training repeats the batches that it has had after the look "
            "before.",
            _as_it_was,
        ),
        Mistake(
            "a look without any seed",
            "The training no longer repeats itself. But two looks now differ by their noise, and each look still takes "
            "numbers out of the training's stream: a run that is looked at more often is another run.",
            _unseeded,
        ),
        Mistake(
            "a generator shaken up after the look",
            "The training no longer repeats itself, but its seed is gone: nobody can run it again.",
            _shaken,
        ),
        Mistake(
            "a half repair, with times that still come from the training's generator",
            "The noise has a generator of its own. What else is drawn?",
            _half,
        ),
        Mistake(
            "one time for all points",
            "The noise is settled, and nothing else is moved. But the loss of the training is a mean over all times.",
            _one_time,
        ),
        Mistake(
            "a generator that lives on from look to look",
            "The training is left alone. But each look continues where the last one stopped, so no two have the same "
            "noise.",
            _moving_on,
        ),
    ),
)

EXERCISE = Exercise(
    number="13.5",
    title="Two runs that should agree",
    hints=(
        "Both runs have the same seed, network and rate. What happens at a look, apart from the measuring? Print the "
        "first point that the training draws after each look.",
        "torch.manual_seed sets the generator of everybody. A torch.Generator of one's own, seeded anew at each look "
        "and handed to randn and rand by generator=…, touches nobody else's.",
    ),
    parts=(DIAGNOSIS, REPAIR),
)
