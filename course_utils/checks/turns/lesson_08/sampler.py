"""Turn 08.2: a draw from the encoder's Gaussian that lets the gradient through, judged by its moments."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, Roughly

CALLS = 500  # draws of each code, enough for the averages below


def draw(mean, std):
    return mean + std * torch.randn_like(mean)


def cut_off(mean, std):
    return draw(mean.detach(), std.detach())


def probe(answer) -> Observations:
    """Many draws for three images in two dimensions: their moments, what is shared, and which gradients flow."""
    mean = (2 * torch.randn(3, 2)).requires_grad_()
    std = torch.tensor([[0.6, 1.6], [1.3, 0.8], [1.5, 0.7]]).requires_grad_()
    first = answer(mean, std)
    seen: Observations = {"the result for n = 3, d = 2": torch.zeros(first.shape)}  # for its shape
    if first.shape != (3, 2):
        return seen
    z = torch.stack([first, *(answer(mean, std) for _ in range(CALLS - 1))])
    seen["two calls give different draws"] = not torch.equal(z[0], z[1])
    return seen | moments(z, mean, std) | gradients(z, mean, std, 2 * std)


def moments(z: Tensor, mean: Tensor, std: Tensor) -> Observations:
    """Averages over draws z [k, n, d] from N(mean, std²), in units that make them 1 or 0 for every right answer."""
    z, mean, std = z.detach(), mean.detach(), std.detach()
    average, spread, error = z.mean(0), z.std(0), len(z) ** -0.5
    seen: Observations = {
        "the standard deviation over the draws, in units of σ": Roughly(spread / std, 5 * error),
        "the average draw minus the mean, in units of σ": Roughly((average - mean) / std, 7 * error),
    }
    if spread.max() < 1e-3:
        return seen
    noise = (z - average) / spread.clamp(min=1e-6)
    seen["the correlation between two images"] = Roughly((noise[:, 0] * noise[:, 1]).mean(), 7 * error)
    seen["the correlation between two dimensions"] = Roughly((noise[..., 0] * noise[..., 1]).mean(), 7 * error)
    seen["the fourth moment of the noise (3 for a Gaussian)"] = Roughly(noise.pow(4).mean(), 18 * error)
    return seen


def gradients(z: Tensor, mean: Tensor, width: Tensor, slope: Tensor) -> Observations:
    """What flows back from draws z [k, n, d] to the mean, and to the `width`, std or log_var, which has this slope."""
    names = (
        "the gradient of the average draw with respect to mean",
        "the gradient of the average (z − μ)² with respect to the width, in units of what it should be",
    )
    if not z.requires_grad or z.detach().std(0).max() < 1e-3:
        return dict.fromkeys(names)
    (to_mean,) = torch.autograd.grad(z.mean(0).sum(), mean, retain_graph=True, allow_unused=True)
    spread = (z - mean.detach()).square().mean(0).sum()
    (to_width,) = torch.autograd.grad(spread, width, allow_unused=True)
    return {names[0]: to_mean, names[1]: None if to_width is None else Roughly(to_width / slope.detach(), 0.6)}


TURN = Exercise(
    number="08.2",
    title="The sampler",
    hints=(
        "Section 3 wrote a draw from N(μ, σ²) as a function of μ, σ and a noise ε that depends on neither. Which shape "
        "must ε have, so that images and dimensions are independent?",
        "z = μ + σ·ε with ε from N(0, 1), one number for each image and each dimension: torch.randn_like(mean).",
    ),
    parts=(
        Part(
            draw,
            probe=probe,
            name="the sampler",
            expects="a function of mean and std, each [n, d], that returns one draw for each image, [n, d]",
            why="Judged by the mean, the spread and the independence of many draws, and by the gradients that flow.",
            mistakes=(
                Mistake(
                    "no noise",
                    "However often it is called, an image gets one and the same z. Nothing is drawn.",
                    edited(draw, (" + std * torch.randn_like(mean)", "")),
                ),
                Mistake(
                    "the standard deviation added as if it were noise",
                    "Two calls give the same z. σ says how large the noise is; it is not the noise.",
                    edited(draw, (" * torch.randn_like(mean)", "")),
                ),
                Mistake(
                    "noise of size 1",
                    "A draw, but not from q: σ does not scale the noise.",
                    edited(draw, ("std * torch", "torch")),
                ),
                Mistake(
                    "noise of the size σ²",
                    "std is the standard deviation already; it is not squared again.",
                    edited(draw, ("std * torch", "std**2 * torch")),
                ),
                Mistake(
                    "the root of σ",
                    "std is the standard deviation already; no root is left to take.",
                    edited(draw, ("std * torch", "std.sqrt() * torch")),
                ),
                Mistake(
                    "noise that all images share",
                    "Each z has the right distribution, but not all together: images must be independent.",
                    edited(draw, ("torch.randn_like(mean)", "torch.randn(mean.shape[1])")),
                ),
                Mistake(
                    "noise that all dimensions share",
                    "The code of an image then lies on a line through its mean: dimensions must be independent.",
                    edited(draw, ("torch.randn_like(mean)", "torch.randn(len(mean), 1)")),
                ),
                Mistake(
                    "uniform noise",
                    "Between 0 and 1, with mean ½: shifted to one side, and not wide enough.",
                    edited(draw, ("torch.randn_like(mean)", "torch.rand_like(mean)")),
                ),
                Mistake(
                    "a draw that is cut off from the encoder",
                    "The numbers are right, but no gradient reaches mean and std.",
                    cut_off,
                ),
            ),
        ),
    ),
)
