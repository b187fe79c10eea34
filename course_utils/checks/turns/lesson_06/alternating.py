"""Turn 06.2: one round in which the players move in turn."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.turns.lesson_06.one_round import probe


def alternating(state: Tensor, field: Callable[[Tensor], Tensor], h: float) -> Tensor:
    g_moved = torch.stack([(state + h * field(state))[..., 0], state[..., 1]], dim=-1)
    both_moved = g_moved + h * field(g_moved)
    return torch.stack([g_moved[..., 0], both_moved[..., 1]], dim=-1)


def d_first(state: Tensor, field: Callable[[Tensor], Tensor], h: float) -> Tensor:
    d_moved = torch.stack([state[..., 0], (state + h * field(state))[..., 1]], dim=-1)
    return torch.stack([(d_moved + h * field(d_moved))[..., 0], d_moved[..., 1]], dim=-1)


TURN = Exercise(
    number="06.2",
    title="One after the other",
    hints=(
        "Three states take part: the old one; the one where only θ is new; and the one where ψ is new as well. At "
        "which of them is D's direction asked?",
        "Take θ from state + h · field(state), and put it beside the old ψ. Ask the field there, and take ψ from "
        "that state + h · field(that state).",
    ),
    parts=(
        Part(
            alternating,
            probe=probe,
            why="D answers the θ that G has just chosen. G does not see D's answer until the next round.",
            mistakes=(
                Mistake(
                    "a simultaneous step",
                    "D's direction was asked where G stood before it moved.",
                    lambda state, field, h: state + h * field(state),
                ),
                Mistake(
                    "D before G",
                    "Here D moves first, and G answers.",
                    d_first,
                ),
                Mistake(
                    "two simultaneous steps",
                    "Each player has moved twice. In a round each moves once.",
                    lambda state, field, h: state + h * field(state) + h * field(state + h * field(state)),
                ),
                Mistake(
                    "a G that moves twice",
                    "θ is new after G's move, and stays. In the last line only ψ is taken from the second step.",
                    edited(alternating, ("[g_moved[..., 0], both", "[both_moved[..., 0], both")),
                ),
                Mistake(
                    "a D that answers a whole simultaneous step",
                    "D's direction was asked at a state in which ψ is new already. D has not moved yet.",
                    lambda state, field, h: torch.stack(
                        [
                            (state + h * field(state))[..., 0],
                            (state + h * field(state + h * field(state)))[..., 1],
                        ],
                        dim=-1,
                    ),
                ),
                Mistake(
                    "a D that does not move",
                    "After G's move comes D's.",
                    edited(alternating, ("both_moved[..., 1]", "g_moved[..., 1]")),
                ),
            ),
        ),
    ),
)
