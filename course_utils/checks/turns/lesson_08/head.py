"""Turn 08.1: mean and standard deviation from what the encoder's last layer returns."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def head(out):
    mean, log_var = out.chunk(2, dim=1)
    return mean, (log_var / 2).exp()


def probe(answer) -> Observations:
    """Six images and eight numbers for each: neither halves nor rows can be mistaken for one another."""
    out: Tensor = torch.randn(6, 8, dtype=torch.float64)
    return outcome(answer, out=out)


TURN = Exercise(
    number="08.1",
    title="The encoder's head",
    hints=(
        "Which half of the columns holds the means? What are the numbers in the other half, and how does one get from "
        "log σ² to σ?",
        "mean, log_var = out.chunk(2, dim=1) splits the columns. σ = exp(½ log σ²).",
    ),
    parts=(
        Part(
            head,
            probe=probe,
            name="the head",
            expects="a function of the encoder's output [n, 2d] that returns mean and std, each [n, d]",
            why="log σ² may be any real number, so the network's output needs no bound; σ is always positive.",
            mistakes=(
                Mistake(
                    "the variance in the place of the standard deviation",
                    "exp(log_var) is σ². Half of the logarithm of the variance is the logarithm of σ.",
                    edited(head, ("(log_var / 2).exp()", "log_var.exp()")),
                ),
                Mistake(
                    "log σ² in the place of σ",
                    "The second half is returned as it is: it can be negative, and a standard deviation cannot.",
                    edited(head, ("(log_var / 2).exp()", "log_var")),
                ),
                Mistake(
                    "halves exchanged",
                    "The first d columns are the means.",
                    edited(head, ("mean, log_var =", "log_var, mean =")),
                ),
                Mistake(
                    "images split in the place of columns",
                    "The batch was cut in two. Each image has both, mean and log_var: split along dimension 1.",
                    edited(head, ("dim=1", "dim=0")),
                ),
                Mistake(
                    "every other column",
                    "Means and logarithms do not alternate: the first d columns are the means.",
                    edited(head, ("out.chunk(2, dim=1)", "out[:, 0::2], out[:, 1::2]")),
                ),
                Mistake(
                    "an encoder that is cut off",
                    "The numbers are right, but no gradient reaches the encoder.",
                    edited(head, ("out.chunk", "out.detach().chunk")),
                ),
            ),
        ),
    ),
)
