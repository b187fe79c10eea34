"""Turn 09.1: the importance-weighted bound from log weights."""

import math

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def bound(log_w):
    return log_w.logsumexp(0) - math.log(len(log_w))


def probe(answer) -> Observations:
    """Four draws for six images; log weights of a few nats, and of the size that images have."""
    seen = outcome(answer, log_w=2 * torch.randn(4, 6) - 3)
    images = outcome(answer, log_w=5 * torch.randn(4, 6) + torch.tensor([-800.0] * 3 + [400.0] * 3))
    return seen | {f"for log weights around -800 and 400, {name}": value for name, value in images.items()}


TURN = Exercise(
    number="09.1",
    title="The importance-weighted bound",
    hints=(
        "Which comes first, the average or the logarithm? And what is exp(−800) in float32?",
        "log (1/k) Σ wⱼ = log Σ exp(log wⱼ) − log k, for each column. PyTorch has a function for the first term that "
        "never leaves the logarithm.",
    ),
    parts=(
        Part(
            bound,
            probe=probe,
            name="the bound",
            expects="a function of log weights [k draws, n images] that returns [n]",
            why="The gradient with respect to log wⱼ is wⱼ / Σ w: the draw that explains the image best teaches most.",
            mistakes=(
                Mistake(
                    "the ELBO with k draws",
                    "This averages the logarithms. More draws make that less noisy, but no tighter.",
                    lambda log_w: log_w.mean(0),
                ),
                Mistake(
                    "weights that leave the logarithm",
                    "For images the weights are like exp(−800), which is 0 in float32, or exp(400), which is infinite. "
                    "Take the largest log weight out before the exponential, or let a function do so.",
                    lambda log_w: log_w.exp().mean(0).log(),
                ),
                Mistake(
                    "the largest weight of the whole batch taken out",
                    "An image whose weights are all far below that one still ends with log 0. Each image needs its own "
                    "largest weight.",
                    lambda log_w: (log_w - log_w.max()).exp().mean(0).log() + log_w.max(),
                ),
                Mistake(
                    "a sum of the weights instead of their mean",
                    "Then k copies of one draw would gain log k nats. The bound would rise with k for no reason, "
                    "beyond log p(x).",
                    lambda log_w: log_w.logsumexp(0),
                ),
                Mistake(
                    "an average over the images, one for each draw",
                    "The draws of an image lie in its column. A weight of another image says nothing about this one.",
                    lambda log_w: log_w.logsumexp(1) - math.log(log_w.shape[1]),
                ),
                Mistake(
                    "the logarithm of another number",
                    "The sum is divided by the number of draws, not of images.",
                    edited(bound, ("len(log_w)", "log_w.shape[1]")),
                ),
                Mistake(
                    "the largest weight alone",
                    "It is nearly right where one draw outweighs all others, and too large: it forgets that k draws "
                    "were tried.",
                    lambda log_w: log_w.max(0).values,
                ),
                Mistake(
                    "a bound in which the worst draws count most",
                    "The average was taken of 1/w, so that the smallest weight decides. Look at the signs: log w goes "
                    "in, not the loss.",
                    lambda log_w: -bound(-log_w),
                ),
                Mistake(
                    "log weights averaged with the weights",
                    "Σ wⱼ log wⱼ / Σ wⱼ looks alike, and lies above the bound: it counts the good draws and never "
                    "pays for the bad ones.",
                    lambda log_w: (log_w.softmax(0) * log_w).sum(0),
                ),
            ),
        ),
    ),
)
