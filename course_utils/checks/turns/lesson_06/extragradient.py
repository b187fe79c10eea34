"""Turn 06.3: a step that looks ahead before it moves."""

from collections.abc import Callable

from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.turns.lesson_06.alternating import alternating
from course_utils.checks.turns.lesson_06.one_round import probe


def extragradient(state: Tensor, field: Callable[[Tensor], Tensor], h: float) -> Tensor:
    ahead = state + h * field(state)
    return state + h * field(ahead)


TURN = Exercise(
    number="06.3",
    title="Look before you step",
    hints=(
        "Two positions take part: where the players stand, and where a simultaneous step would bring them. From which "
        "does the real step start, and at which is the field asked?",
        "First ahead = state + h · field(state). The step starts from the state, with the field at `ahead`.",
    ),
    parts=(
        Part(
            extragradient,
            probe=probe,
            why="Two questions to the field, one move.",
            mistakes=(
                Mistake(
                    "a simultaneous step",
                    "The field was asked where the players stand. This is the first of the three ways.",
                    lambda state, field, h: state + h * field(state),
                ),
                Mistake(
                    "two simultaneous steps",
                    "The look ahead is only a look: the players go back before they move.",
                    edited(extragradient, ("return state +", "return ahead +")),
                ),
                Mistake(
                    "an alternating step",
                    "Here D alone sees the other's move. In the new step both players look ahead, and both look from "
                    "the same place.",
                    alternating,
                ),
                Mistake(
                    "half a look ahead",
                    "The field was asked half a step ahead (the midpoint rule of numerical integration). That follows "
                    "the circle very well, which is not what we want.",
                    edited(extragradient, ("ahead = state + h *", "ahead = state + h / 2 *")),
                ),
                Mistake(
                    "a mean of two fields",
                    "You averaged the field here and the field ahead (Heun's method). That follows the circle very "
                    "well, which is not what we want.",
                    edited(extragradient, ("h * field(ahead)", "h * (field(state) + field(ahead)) / 2")),
                ),
                Mistake(
                    "a look back",
                    "The sign of the look is wrong: it shows where the players would have come from.",
                    edited(extragradient, ("ahead = state +", "ahead = state -")),
                ),
            ),
        ),
    ),
)
