"""Exercise 6.3: where the average of a path lies that circles for ever."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, outcome


def running_mean(path: Tensor) -> Tensor:
    count = torch.arange(1, len(path) + 1, dtype=path.dtype)
    return path.cumsum(dim=0) / count[:, None]


def exponential(path: Tensor, decay: float = 0.9) -> Tensor:
    means = [path[0]]
    for state in path[1:]:
        means.append(decay * means[-1] + (1 - decay) * state)
    return torch.stack(means)


def before(path: Tensor) -> Tensor:
    return torch.cat([path[:1], running_mean(path)[:-1]])


def probe(mean) -> Observations:
    return outcome(mean, gradients=False, path=2 + torch.randn(9, 2, dtype=torch.float64))


EXERCISE = Exercise(
    number="6.3",
    title="The average of a circle",
    hints=(
        "For the function: what is the mean of the first state alone, and of the first two? For the conclusion compare "
        "the columns: does a position of alternating play ever come home? And what if the turns grow?",
        "A cumulative sum along the steps, divided by 1, 2, 3, …. For the conclusion: add up two positions that are "
        "half a turn apart.",
    ),
    parts=(
        Part(
            running_mean,
            probe=probe,
            name="the running mean",
            mistakes=(
                Mistake(
                    "a sum that was never divided",
                    "It grows with the number of states. Row k is the mean of k + 1 states.",
                    edited(running_mean, (" / count[:, None]", "")),
                ),
                Mistake(
                    "one divisor for all rows",
                    "Only the last row is a mean: the earlier ones add fewer states.",
                    edited(running_mean, (" / count[:, None]", " / len(path)")),
                ),
                Mistake(
                    "a count that begins at 0",
                    "The first row divides by zero, and every later row by one too few.",
                    edited(running_mean, ("arange(1, len(path) + 1,", "arange(0, len(path),")),
                ),
                Mistake(
                    "a count that is one ahead",
                    "The first row is the mean of one state, so it should be that state.",
                    edited(running_mean, ("arange(1, len(path) + 1,", "arange(2, len(path) + 2,")),
                ),
                Mistake(
                    "a mean that leaves the current state out",
                    "Row k should have the states 0 to k in it, both included.",
                    before,
                ),
                Mistake(
                    "the mean of the whole path in every row",
                    "The running mean shows what one would have known at each step; the later states come later.",
                    edited(running_mean, ("path.cumsum(dim=0) / count[:, None]", "path.mean(dim=0).expand_as(path)")),
                ),
                Mistake(
                    "an exponential average with a decay of 0.9",
                    "It remembers some ten steps, and a turn takes more than sixty. Here all states count the same.",
                    exponential,
                ),
            ),
        ),
        choice(
            "B",
            {
                "A": (
                    "late positions that are close to home",
                    "Look at the nearest position: in 2,000 steps alternating play never came nearer than 1.3.",
                ),
                "C": (
                    "noise that averages out",
                    "There is no noise in this game: nothing is sampled.",
                ),
                "D": (
                    "an average that helps whatever the players do",
                    "The last column speaks against it: under simultaneous play the average is a long way from home.",
                ),
            },
            why="The players need not arrive for their average to arrive. The course's loop (lesson 02) averages G's "
            "weights too, but forgets old ones, since in a real game the centre moves.",
            name="the conclusion",
        ),
    ),
    predictions="ABCD",
)
