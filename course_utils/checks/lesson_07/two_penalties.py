"""Exercise 7.1: R1 and the gradient penalty, from the slopes of single samples."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, detached, gradients_of


def r1(discriminator: Callable[[Tensor], Tensor], real: Tensor, gamma: float) -> Tensor:
    x = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(discriminator(x).sum(), x, create_graph=True)
    return gamma / 2 * slopes.flatten(1).square().sum(1).mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor) -> Tensor:
    epsilon = torch.rand(len(real), *[1] * (real.ndim - 1))
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    return (slopes.flatten(1).norm(dim=1) - 1).square().mean()


SHAPES = ((6, 3), (5, 2, 3, 4))


def curved(answer) -> Observations:
    """R1 of a discriminator whose slope at x is w·x, number by number: no two samples have the same."""
    seen = {}
    for shape in SHAPES:
        w, real = torch.randn(shape[1:], requires_grad=True), torch.randn(shape) + 0.5
        value = answer(lambda x, w=w: (w * x.square() / 2).flatten(1).sum(1, keepdim=True), real, 3.0)
        seen |= _noted(value, w, f"for real samples of shape {list(shape)}")
    return seen


def straight(answer) -> Observations:
    """The penalty of D(x) = w·x, which is (‖w‖ − 1)² wherever it looks; and where it looks."""
    seen = {}
    bare = getattr(torch.func, "debug_unwrap", Tensor.detach)  # vmap hands over a wrapper of the whole batch
    for shape in SHAPES:
        w = torch.randn(shape[1:], requires_grad=True)
        real, fake = torch.randn(shape) + 4, torch.randn(shape) - 4
        places = []

        def critic(x, w=w, places=places):
            places.append(bare(x).detach().clone().reshape(-1, *w.shape))
            return (w * x).flatten(1).sum(1, keepdim=True)

        where = f"for samples of shape {list(shape)}"
        seen |= _noted(answer(critic, real, fake), w, where)
        asked = torch.cat(places) if places else real[:0]
        seen[f"{where}, the number of points at which the critic is asked"] = len(asked)
        if len(asked) != len(real):
            continue
        epsilon = ((asked - fake) / (real - fake)).flatten(1)
        seen[f"{where}, each x̂ lies between its own real and generated sample"] = bool(
            (epsilon.std(1) < 1e-4).all() and (epsilon > -1e-4).all() and (epsilon < 1.0001).all()
        )
        seen[f"{where}, each sample has its own ε"] = bool(epsilon.mean(1).std() > 1e-3)
    return seen


def _noted(value: object, w: Tensor, where: str) -> Observations:
    """The penalty, and what it tells the discriminator's weight."""
    (found,) = gradients_of(value, [w])
    return {f"{where}, the value": detached(value), f"{where}, the gradient with respect to the weight": found}


def _one_norm(critic, real, fake):
    slopes = _slopes(critic, real, fake)
    return (slopes.norm() - 1).square()


def _slopes(critic, real, fake):
    epsilon = torch.rand(len(real), *[1] * (real.ndim - 1))
    between = (epsilon * real + (1 - epsilon) * fake).detach().requires_grad_()
    return torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]


NORM = "slopes.flatten(1).norm(dim=1)"

EXERCISE = Exercise(
    number="7.1",
    title="Two penalties, from the slopes of single samples",
    hints=(
        "Each sample has a slope of its own: all of its numbers together are one arrow. How does one call of autograd "
        "give the slopes of a whole batch? And what must be kept so that the penalty can teach the weights?",
        "torch.autograd.grad(D(x).sum(), x, create_graph=True) gives a tensor like x. Flatten all but the first "
        "dimension. R1: squares, summed over the numbers, averaged over the samples, times γ/2. Penalty: (norm − 1)², "
        "averaged.",
    ),
    parts=(
        Part(
            r1,
            probe=curved,
            name="R1",
            why="It asks for a slope of 0, where the data are: a D that has nothing left to tell pays nothing.",
            mistakes=(
                Mistake(
                    "a penalty that cannot teach the weights",
                    "The value is right, but it has no graph behind it: the weights would never hear of it.",
                    edited(r1, ("create_graph=True)", "create_graph=True)\n    slopes = slopes.detach()")),
                ),
                Mistake(
                    "γ in place of γ/2",
                    "The half belongs to the definition, so that the push on a linear D with slope w is −γw.",
                    edited(r1, ("gamma / 2", "gamma")),
                ),
                Mistake(
                    "the norm without its square",
                    "R1 charges for the squared slope. The norm itself pulls with full force even where D is nearly "
                    "flat.",
                    edited(r1, (".square().sum(1)", ".norm(dim=1)")),
                ),
                Mistake(
                    "a mean over the numbers of a sample",
                    "The square of an arrow's length is a sum over its numbers. With images your brake would be "
                    "hundreds of times too weak.",
                    edited(r1, (".sum(1).mean()", ".mean()")),
                ),
                Mistake(
                    "a sum over one dimension only",
                    "An image's slope is one arrow over channels, rows and columns together. For points yours "
                    "is right.",
                    edited(r1, (".flatten(1)", "")),
                ),
                Mistake(
                    "a sum over the batch",
                    "The expectation over real samples became a sum, so the brake grows with the batch size.",
                    edited(r1, (".sum(1).mean()", ".sum()")),
                ),
                Mistake(
                    "the slope of the mean logit",
                    "The mean divides each sample's slope by n, and the square divides twice.",
                    edited(r1, ("(x).sum()", "(x).mean()")),
                ),
            ),
        ),
        Part(
            gradient_penalty,
            probe=straight,
            name="the gradient penalty",
            why="For D(x) = w·x it is (‖w‖ − 1)², for any batch size and shape: one test that catches most mistakes.",
            mistakes=(
                Mistake(
                    "a gradient penalty without a graph",
                    "The value is right, but the weights never hear of it. What keeps the graph of a gradient?",
                    edited(
                        gradient_penalty, ("create_graph=True)", "create_graph=True)\n    slopes = slopes.detach()")
                    ),
                ),
                Mistake(
                    "one norm over the whole batch",
                    "It grows with the root of the batch size, so that the penalty asks for flatter and flatter "
                    "critics. Each sample has a slope of its own.",
                    _one_norm,
                ),
                Mistake(
                    "a norm over one dimension only",
                    "An image's slope is one arrow over channels, rows and columns together. For flat samples yours is "
                    "right.",
                    edited(gradient_penalty, (NORM, "slopes.norm(dim=1)")),
                ),
                Mistake(
                    "one ε for the whole batch",
                    "All samples are then looked at in the same fraction of the way. Draw one for each.",
                    edited(gradient_penalty, ("len(real), *[1] * (real.ndim - 1)", "1")),
                ),
                Mistake(
                    "an ε for each number",
                    "Your x̂ lies somewhere in the box between the two samples, not on the line that joins them.",
                    edited(gradient_penalty, ("len(real), *[1] * (real.ndim - 1)", "real.shape")),
                ),
                Mistake(
                    "slopes at the real samples only",
                    "That is where R1 looks. This one charges for slopes on the way between the two.",
                    edited(gradient_penalty, ("epsilon * real + (1 - epsilon) * fake", "real")),
                ),
                Mistake(
                    "a squared norm compared with 1",
                    "(‖∇‖² − 1)² is zero at the same place, but far steeper where the slope is large.",
                    edited(gradient_penalty, (NORM, NORM + ".square()")),
                ),
                Mistake(
                    "the charge added up over the batch",
                    "The penalty's weight would grow with the batch size.",
                    edited(gradient_penalty, (".square().mean()", ".square().sum()")),
                ),
            ),
        ),
    ),
)
