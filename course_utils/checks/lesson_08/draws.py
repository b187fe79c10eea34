"""Exercise 8.2: k reparameterised draws from the encoder's Gaussians."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations
from course_utils.checks.turns.lesson_08.sampler import gradients, moments

K = 1000  # enough for the averages below, and few enough for an answer that loops over draws and images


def draw(mean: Tensor, log_var: Tensor, k: int) -> Tensor:
    noise = torch.randn(k, *mean.shape)
    return mean + (log_var / 2).exp() * noise


def cut_off(mean: Tensor, log_var: Tensor, k: int) -> Tensor:
    return draw(mean.detach(), log_var.detach(), k)


def probe(draw) -> Observations:
    """1,000 draws for three images in two dimensions: their averages, what is shared, and which gradients flow."""
    mean = (2 * torch.randn(3, 2)).requires_grad_()
    log_var = torch.tensor([[-1.0, 1.0], [0.5, -0.5], [0.8, -0.8]]).requires_grad_()
    z = draw(mean, log_var, K)
    seen: Observations = {f"the result for k = {K}, n = 3, d = 2": torch.zeros(z.shape)}  # for its shape
    if z.shape != (K, 3, 2):
        return seen
    seen["two calls give different draws"] = not torch.equal(draw(mean, log_var, 2), draw(mean, log_var, 2))
    if z.detach().std(0).max() < 1e-3:  # nothing is drawn, whatever stands there in its place
        return seen
    return seen | moments(z, mean, (log_var / 2).exp()) | gradients(z, mean, log_var, log_var.exp())


EXERCISE = Exercise(
    number="8.2",
    title="k draws that let the gradient through",
    hints=(
        "What has to be drawn k times for each image and each dimension, and what stays the same for all draws?",
        "z = μ + σ ε with ε of shape [k, n, d], all of it independent; σ is the square root of exp(log_var). "
        "Broadcasting does the rest.",
    ),
    parts=(
        Part(
            draw,
            probe=probe,
            why=(
                "One noise for each draw, image and dimension: this is what the importance-weighted bound of lesson 09 "
                "averages over."
            ),
            mistakes=(
                Mistake(
                    "a code without noise",
                    "However often it is called, an image gets one and the same z. Nothing is drawn, and the KL no "
                    "longer measures what the code tells.",
                    lambda mean, log_var, k: (mean + (log_var / 2).exp()).expand(k, *mean.shape),
                ),
                Mistake(
                    "one draw, repeated k times",
                    "The k draws of an image must be independent: an average over copies is no better than one.",
                    lambda mean, log_var, k: draw(mean, log_var, 1).expand(k, *mean.shape),
                ),
                Mistake(
                    "noise that all images of the batch share",
                    "Each z has the right distribution, but not all together: the errors of the images no longer "
                    "average out.",
                    edited(draw, ("*mean.shape", "1, mean.shape[1]")),
                ),
                Mistake(
                    "noise that all dimensions share",
                    "The code of an image then lies on a line through its mean. A diagonal Gaussian has independent "
                    "dimensions.",
                    edited(draw, ("*mean.shape", "len(mean), 1")),
                ),
                Mistake(
                    "exp(log_var) used as the standard deviation",
                    "exp(log_var) is the variance. The KL charges for σ and the decoder gets noise of size σ²: no "
                    "bound any more.",
                    edited(draw, ("(log_var / 2).exp()", "log_var.exp()")),
                ),
                Mistake(
                    "uniform noise",
                    "Between 0 and 1, with mean ½: the draws are shifted to one side, and far from as wide as they "
                    "should be.",
                    edited(draw, ("torch.randn(", "torch.rand(")),
                ),
                Mistake(
                    "a draw that is cut off from the encoder",
                    "The numbers are right, but no gradient reaches mean and log_var: the encoder would learn from "
                    "the KL alone.",
                    cut_off,
                ),
            ),
        ),
    ),
)
