"""Exercise 7.5, a bug hunt: a critic whose penalty is computed, and changes nothing."""

import torch
from torch import Tensor, nn

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations


def repaired_critic_step(
    critic: nn.Module, optimizer: torch.optim.Optimizer, real: Tensor, fake: Tensor, weight: float = 10.0
) -> tuple[float, float]:
    epsilon = torch.rand(len(real), 1)
    between = (epsilon * real + (1 - epsilon) * fake).requires_grad_()
    (slopes,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    penalty = weight * (slopes.norm(dim=1) - 1).square().mean()

    loss = critic(fake).mean() - critic(real).mean()
    optimizer.zero_grad()
    (loss + penalty).backward()
    optimizer.step()
    return loss.item(), penalty.item()


def probe(step) -> Observations:
    """Two steps of a linear critic: its slope is the same everywhere, so it does not matter which ε are drawn."""
    seen = {}
    for case, optimizer_of in {"gradient descent": torch.optim.SGD, "Adam": torch.optim.Adam}.items():
        critic = nn.Linear(3, 1)
        optimizer = optimizer_of(critic.parameters(), lr=0.02)
        for weight in critic.parameters():
            weight.grad = torch.ones_like(weight)  # the generator's step, through the critic, has left it
        for count in (1, 2):
            loss, penalty = step(critic, optimizer, torch.randn(7, 3) + 1, torch.randn(7, 3), 2.0)
            when = f"with {case}, step {count}"
            seen[f"{when}, the loss that is returned"] = torch.tensor(float(loss))
            seen[f"{when}, the penalty that is returned"] = torch.tensor(float(penalty))
            seen[f"{when}, the critic's weight after it"] = critic.weight.detach().clone()
    return seen


STEP_FOR_THE_PENALTY = "    optimizer.zero_grad()\n    penalty.backward()\n    optimizer.step()\n"

EXERCISE = Exercise(
    number="7.5",
    title="The critic that runs away",
    hints=(
        "The penalty is printed, and it is enormous. Would a penalty that reaches the weights let itself grow like "
        "this? Follow the gradients: which call adds to .grad, which one empties it, in which order?",
        "Both terms have to be in .grad when the optimiser steps, and nothing else. Where must zero_grad() stand?",
    ),
    parts=(
        choice(
            "C",
            {
                "A": (
                    "a penalty whose weight is too small",
                    "At the end the charge is in the millions, for a value below two thousand. A critic that felt the "
                    "charge would not pay more than it gains, however small the weight.",
                ),
                "B": (
                    "real and generated swapped in the loss",
                    "That turns the critic's sign, and nothing else: the penalty would hold its slopes near 1 all the "
                    "same. The second curve says that it does not.",
                ),
                "D": (
                    "a two-sided penalty that got stuck",
                    "A critic that is stuck sees too little of W, as in section 2. This one sees hundreds of times too "
                    "much.",
                ),
                "E": (
                    "a learning rate that is too high",
                    "Steps that are too large overshoot, and come back. After the first fifty steps both curves only "
                    "rise, and smoothly.",
                ),
            },
            why="It is computed, printed, even differentiated; and then it is wiped out before the step.",
        ),
        Part(
            repaired_critic_step,
            probe=probe,
            name="the repair",
            why="A penalty that works is small on the screen: what is charged for does not happen.",
            mistakes=(
                Mistake(
                    "the step as it was",
                    "What it does has not changed: the weights move as if there were no penalty.",
                    edited(repaired_critic_step, ("(loss + penalty)", "loss")),
                ),
                Mistake(
                    "gradients that are never set to zero",
                    "Now the penalty stays in .grad, but so does everything from earlier steps, the generator's "
                    "included.",
                    edited(repaired_critic_step, ("    optimizer.zero_grad()\n", "")),
                ),
                Mistake(
                    "gradients that are emptied only after the step",
                    "In this training that would do. In a whole GAN the generator's step has left something in .grad, "
                    "and now it counts.",
                    edited(
                        repaired_critic_step,
                        ("    optimizer.zero_grad()\n", ""),
                        ("optimizer.step()\n", "optimizer.step()\n    optimizer.zero_grad()\n"),
                    ),
                ),
                Mistake(
                    "a loss that is returned with the penalty in it",
                    "The step is right. But the first curve would no longer be E f(real) − E f(generated).",
                    edited(repaired_critic_step, ("return loss.item()", "return (loss + penalty).item()")),
                ),
                Mistake(
                    "two steps in place of one",
                    "The critic descends the penalty, then the loss, each as if the other did not exist. Both belong "
                    "to one step.",
                    edited(
                        repaired_critic_step,
                        ("    loss = ", STEP_FOR_THE_PENALTY + "    loss = "),
                        ("(loss + penalty)", "loss"),
                    ),
                ),
                Mistake(
                    "a penalty that is added as a number",
                    "A number has no gradient. The loss on the screen changes, the step does not.",
                    edited(
                        repaired_critic_step,
                        ("(loss + penalty)", "loss"),
                        ("return loss.item()", "return (loss + penalty).item()"),
                    ),
                ),
                Mistake(
                    "a penalty that is rewarded",
                    "The critic descends its loss. What is to become small has to be added.",
                    edited(repaired_critic_step, ("(loss + penalty)", "(loss - penalty)")),
                ),
                Mistake(
                    "a critic that has lost its loss",
                    "Its slopes are now near 1, but it no longer tells real from generated: only the penalty is "
                    "descended.",
                    edited(repaired_critic_step, ("(loss + penalty)", "penalty")),
                ),
            ),
        ),
    ),
)
