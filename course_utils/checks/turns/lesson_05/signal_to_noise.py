"""Turn 05.2: how much of a gradient all batches share, compared with how far single batches are from it."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def signal_to_noise(gradients: Tensor) -> Tensor:
    batches = len(gradients)
    mean = gradients.mean(dim=0)
    noise = (gradients - mean).square().sum() / (batches - 1)
    signal = mean.square().sum() - noise / batches
    return signal / noise


def probe(ratio) -> Observations:
    """Gradients with a clear signal, and gradients that are nearly all noise."""

    def value(gradients: Tensor) -> Tensor:
        return torch.as_tensor(ratio(gradients)).double()

    seen = {}
    for name, shift in {"much signal": 2.0, "little signal": 0.1}.items():
        gradients = shift + torch.randn(5, 7, dtype=torch.double)
        seen[f"with {name}, the ratio"] = outcome(value, gradients=False, gradients_=gradients)["the value"]
    return seen


NOISE = "(gradients - mean).square().sum() / (batches - 1)"
SIGNAL = "mean.square().sum() - noise / batches"

EXERCISE = Exercise(
    number="05.2",
    title="Signal and noise of a gradient",
    hints=(
        "One row is one batch. Which row do all batches share? How long is what is left of each row, if you take that "
        "away? Both lengths are squared.",
        "mean = gradients.mean(dim=0). Noise: the squares of gradients − mean, added over everything, divided by "
        "B − 1. Signal: the squares of the mean, added up, minus noise / B.",
    ),
    parts=(
        Part(
            signal_to_noise,
            probe=probe,
            name="the ratio",
            expects="a function that takes a tensor [B, n] and returns one number",
            why="It has no unit: a gradient that is a thousand times as small has the same ratio.",
            mistakes=(
                Mistake(
                    "a signal that still holds noise",
                    "Even if the true gradient were 0, the mean of B batches would not be: its squared length is "
                    "noise / B on average. Take that away.",
                    edited(signal_to_noise, (SIGNAL, "mean.square().sum()")),
                ),
                Mistake(
                    "a noise divided by B",
                    "The rows are compared with their own mean, which is nearer to them than the true one. Divide by "
                    "B − 1.",
                    edited(signal_to_noise, ("(batches - 1)", "batches")),
                ),
                Mistake(
                    "a noise that is averaged over the weights",
                    "‖g − m‖² adds the squares of all n numbers of a row. Yours is their mean in the noise, and their "
                    "sum in the signal.",
                    edited(signal_to_noise, (NOISE, "(gradients - mean).square().mean(dim=1).sum() / (batches - 1)")),
                ),
                Mistake(
                    "a noise that is added over the batches",
                    "The noise is that of one batch, on average. Yours grows with the number of batches.",
                    edited(signal_to_noise, (" / (batches - 1)", "")),
                ),
                Mistake(
                    "the mean over the weights in the place of that over the batches",
                    "The mean gradient has n numbers, one for each weight. Over which dimension do you average?",
                    edited(signal_to_noise, ("mean(dim=0)", "mean(dim=1, keepdim=True)")),
                ),
                Mistake(
                    "noise over signal", "The larger the ratio, the clearer the gradient. Yours is turned over.",
                    edited(signal_to_noise, ("signal / noise", "noise / signal")),
                ),
                Mistake(
                    "a root of the ratio", "Both parts are squared lengths, and their ratio has no root.",
                    edited(signal_to_noise, ("return signal / noise", "return (signal / noise).sqrt()")),
                ),
            ),
        ),
    ),
)  # fmt: skip
