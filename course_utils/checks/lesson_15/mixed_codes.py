"""Exercise 15.1: a mix of several codes that is distributed as a code is."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited, number
from course_utils.checks.observe import Observations, Roughly, outcome


def length_factor(shares: Tensor) -> Tensor:
    return shares.square().sum().sqrt()


def mixed(codes: Tensor, shares: Tensor, centre: Tensor) -> Tensor:
    weights = shares / shares.square().sum().sqrt()
    return centre + torch.einsum("k,knd->nd", weights, codes - centre)


def drawn_shares() -> Tensor:
    """Three to five shares, none of them like another."""
    k = int(torch.randint(3, 6, ()))
    shares = (1 + torch.arange(k) + torch.rand(k))[torch.randperm(k)]
    return shares / shares.sum()


def factor_probe(answer) -> Observations:
    value = outcome(answer, gradients=False, shares=drawn_shares())["the value"]
    return {"the factor": Roughly(value, 1e-4)}


def mix_probe(answer) -> Observations:
    shares = drawn_shares()
    centre = 2 + torch.rand(6)
    codes = centre + 0.7 * torch.randn(len(shares), 4, 6)
    return outcome(answer, gradients=False, codes=codes, shares=shares, centre=centre)


def _on_the_sphere(codes: Tensor, shares: Tensor, centre: Tensor) -> Tensor:
    away = torch.einsum("k,knd->nd", shares, codes - centre)
    return centre + codes.shape[-1] ** 0.5 * torch.nn.functional.normalize(away, dim=1)


EXERCISE = Exercise(
    number="15.1",
    title="A mix that stays in the shell",
    hints=(
        "Look at one coordinate. What is the variance of p₁z₁ + … + p_k z_k for independent z with the variance s²? "
        "And its mean, when each z has the mean c?",
        "Variances of independent terms add up, each with the square of its weight. Weights in proportion to the "
        "shares keep the spread when their squares sum to 1. They no longer sum to 1 themselves: what does that do to "
        "the centre? Measure everything from there.",
    ),
    parts=(
        Part(
            length_factor,
            name="the factor",
            probe=factor_probe,
            why="With two shares it is the dip of the straight walk: √½ in the middle.",
            mistakes=(
                Mistake(
                    "a variance where a length was asked",
                    "That is what becomes of the squared length.",
                    lambda shares: shares.square().sum(),
                ),
                Mistake(
                    "the factor of equal shares",
                    "It depends only on how many codes there are. What if one of them has nearly all of the mix?",
                    lambda shares: torch.tensor(len(shares) ** -0.5),
                ),
                Mistake(
                    "lengths that add up",
                    "Lengths add up for codes that point the same way. Two random codes are nearly at right angles.",
                    lambda shares: shares.sum(),
                ),
                Mistake(
                    "the longest of the parts",
                    "The others, at right angles to it, add to the length as well: think of Pythagoras.",
                    lambda shares: shares.max(),
                ),
                Mistake(
                    "the factor that would repair the length",
                    "Yours is above 1. A mean is shorter than what it is made of.",
                    lambda shares: 1 / shares.square().sum().sqrt(),
                ),
            ),
        ),
        Part(
            mixed,
            name="the mix",
            probe=mix_probe,
            why=(
                "The width s of the prior is not needed, but its centre is: rescaling about another point moves the "
                "mean."
            ),
            mistakes=(
                Mistake(
                    "the plain weighted mean",
                    "Its mean is right, but it spreads less than the codes do: it lies inside the shell.",
                    lambda codes, shares, centre: torch.einsum("k,knd->nd", shares, codes),
                ),
                Mistake(
                    "a mix rescaled about 0",
                    "The spread is right. But put the same code in k times, or look at the mean of many mixes: where "
                    "does it lie?",
                    edited(mixed, ("centre + torch", "torch"), ("codes - centre", "codes")),
                ),
                Mistake(
                    "a centre that was taken off and not put back",
                    "These mixes lie around 0, and the codes do not.",
                    edited(mixed, ("centre + torch", "torch")),
                ),
                Mistake(
                    "the repair for equal shares",
                    "Multiplying by √k is right when all shares are alike. Let one of them be nearly 1: the mix is "
                    "then almost that code, and needs almost no repair.",
                    edited(mixed, ("shares / shares.square().sum().sqrt()", "shares * len(shares) ** 0.5")),
                ),
                Mistake(
                    "a division by the variance",
                    "To get back the standard deviation, divide by a standard deviation.",
                    edited(mixed, (".sum().sqrt()", ".sum()")),
                ),
                Mistake(
                    "roots of the shares as weights",
                    "Their squares do sum to 1, so the distribution is right. But the proportions of the mix have "
                    "changed: a code of four times the share now counts only twice as much.",
                    edited(mixed, ("shares / shares.square().sum().sqrt()", "shares.sqrt()")),
                ),
                Mistake(
                    "every mix put onto one sphere",
                    "Codes differ in length, so mixes should, too. And the radius √d is that of a prior with variance "
                    "1; the variance of this one you were not told.",
                    _on_the_sphere,
                ),
            ),
        ),
        number(
            25,
            within=0.01,
            name="the number of codes",
            why="A mix of many codes is a code like any other: hardly related to what went in.",
            wrong={
                "the share taken for the correlation": (
                    5,
                    "Each code has the share 1/k. But a correlation is measured in standard deviations, and that of "
                    "the mean is smaller than that of a code.",
                ),
                "a share in place of a number of codes": (
                    0.04,
                    "That is the share of each code in the mix. How many codes are there then?",
                ),
            },
        ),
    ),
)
