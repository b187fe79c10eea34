"""Exercise 5.4: is it the discriminator's accuracy that kills the gradient, or its confidence?"""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, detached


def gradient_norm(loss: Tensor, network: nn.Module) -> Tensor:
    gradients = torch.autograd.grad(loss, list(network.parameters()))
    return torch.cat([g.flatten() for g in gradients]).norm()


def probe(norm) -> Observations:
    """Two batches through a network in whose .grad an earlier step has left something."""
    network = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    for weight in network.parameters():
        weight.grad = torch.randn_like(weight)
    losses = [softplus(-network(4 * torch.randn(8, 3))).mean() for _ in range(2)]
    first, second = (norm(loss, network) for loss in losses)
    return {"the norm": detached(first), "the norm in a second call": detached(second)}


def _left_from_before(loss, network):
    loss.backward()
    return torch.cat([w.grad.flatten() for w in network.parameters()]).norm()


WHOLE = "torch.cat([g.flatten() for g in gradients]).norm()"

EXERCISE = Exercise(
    number="5.4",
    title="Accuracy or confidence?",
    hints=(
        "Norm: the gradient is one long vector. Conclusion: with logits f/T, which factors does the gradient of each "
        "loss have, and what does T do to each?",
        "Norm: torch.autograd.grad, flatten, concatenate, .norm(). Conclusion: the logit's slope is divided by T in "
        "both losses. Compare σ(f/T) and 1 − σ(f/T) for f = −10, T = 1 and T = 10.",
    ),
    parts=(
        Part(
            gradient_norm,
            probe=probe,
            name="the norm",
            mistakes=(
                Mistake(
                    "norms that were added up",
                    "The norm of a vector is not the sum of the norms of its pieces.",
                    edited(gradient_norm, (WHOLE, "sum(g.norm() for g in gradients)")),
                ),
                Mistake(
                    "an average of the tensors' norms",
                    "The weights are one long vector, and it has one norm.",
                    edited(gradient_norm, (WHOLE, "torch.stack([g.norm() for g in gradients]).mean()")),
                ),
                Mistake(
                    "a squared norm",
                    "Decades would count double. The last root is missing.",
                    edited(gradient_norm, (WHOLE, "sum(g.square().sum() for g in gradients)")),
                ),
                Mistake(
                    "the largest entry",
                    "That is another norm, the maximum norm; it does not see how many weights move.",
                    edited(gradient_norm, (WHOLE, "max(g.abs().max() for g in gradients)")),
                ),
                Mistake(
                    "one tensor's gradient only",
                    "A layer has a weight and a bias, and there are several layers; all of them count.",
                    edited(gradient_norm, (WHOLE, "gradients[0].norm()")),
                ),
                Mistake(
                    "what an earlier step has left in .grad",
                    "backward() adds to .grad. torch.autograd.grad leaves .grad alone.",
                    _left_from_before,
                ),
            ),
        ),
        choice(
            "B",
            {
                "A": (
                    "a cure by mistakes",
                    "Look at the printed accuracy. A positive factor changes no sign, so no decision changes.",
                ),
                "C": (
                    "a steeper discriminator",
                    "Divided by T, the logit rises T times as slowly; that factor alone makes the gradient shorter.",
                ),
                "D": (
                    "a rule for every loss",
                    "Look at the other curve: the non-saturating gradient gets shorter from the start.",
                ),
            },
            name="the conclusion",
            why="So “D must not become too accurate” blames the wrong thing: what kills this gradient is a "
            "large negative logit.",
        ),
    ),
    predictions="ABCD",
)
