"""Exercise 6.1: the optimistic step, which looks ahead by what it saw in the round before."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def optimistic(state: Tensor, now: Tensor, before: Tensor, h: float) -> Tensor:
    return state + h * (2 * now - before)


def probe(step) -> Observations:
    state, now, before = torch.randn(3, 5, 2, dtype=torch.float64)
    many = outcome(step, gradients=False, state=state, now=now, before=before, h=0.3)
    one = outcome(step, gradients=False, state=state[0], now=now[0], before=before[0], h=0.7)
    return {"the new states": many["the value"], "the new state of a single game": one["the value"]}


EXERCISE = Exercise(
    number="6.1",
    title="Look before you step, at half the price",
    hints=(
        "If the direction changes from `before` to `now` in a round, which one do you expect in the next round? "
        "Continue the change.",
        "The change is now − before. The direction that is expected ahead is now + (now − before).",
    ),
    parts=(
        Part(
            optimistic,
            probe=probe,
            why="It is extragradient with a guess in place of the second question to the field.",
            mistakes=(
                Mistake(
                    "a simultaneous step",
                    "The earlier direction does not enter.",
                    edited(optimistic, ("(2 * now - before)", "now")),
                ),
                Mistake(
                    "a mean of the two directions",
                    "A mean lies behind the present direction; the guess should lie ahead of it.",
                    edited(optimistic, ("(2 * now - before)", "(now + before) / 2")),
                ),
                Mistake(
                    "a change that is taken back",
                    "The change is now − before, and it continues. You went back by it.",
                    edited(optimistic, ("(2 * now - before)", "before")),
                ),
                Mistake(
                    "the two directions exchanged",
                    "You continue from `before`. The latest direction is `now`.",
                    edited(optimistic, ("(2 * now - before)", "(2 * before - now)")),
                ),
                Mistake(
                    "half of the change",
                    "That extrapolates to a place half a step ahead (the rule of Adams and Bashforth), which follows "
                    "the circle well, and does not come home.",
                    edited(optimistic, ("(2 * now - before)", "(3 * now - before) / 2")),
                ),
                Mistake(
                    "the sum of the two",
                    "That is momentum: the old direction is added, not subtracted.",
                    edited(optimistic, ("(2 * now - before)", "(2 * now + before)")),
                ),
                Mistake(
                    "a step without its size",
                    "The direction is multiplied by h.",
                    edited(optimistic, ("h * (2", "(2")),
                ),
            ),
        ),
    ),
)
