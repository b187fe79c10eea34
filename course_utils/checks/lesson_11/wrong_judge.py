"""Exercise 11.5, a bug hunt: translations that are shown to the wrong discriminator."""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.optim import Optimizer

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, weights_of
from course_utils.models import CyclePair


def cycle_step(pair: CyclePair, g_optimizer: Optimizer, d_optimizer: Optimizer, a: Tensor, b: Tensor) -> tuple:
    b_made, a_made = pair.to_b(a), pair.to_a(b)
    judges = pair.discriminator_a, pair.discriminator_b

    d_loss = 0.0
    for judge, real, made in zip(judges, (a, b), (a_made, b_made), strict=True):
        d_loss = d_loss + softplus(-judge(real)).mean() + softplus(judge(made.detach())).mean()
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()

    fooled = sum(softplus(-judge(made)).mean() for judge, made in zip(judges, (a_made, b_made), strict=True))
    cycle = (pair.to_a(b_made) - a).abs().mean() + (pair.to_b(a_made) - b).abs().mean()
    g_optimizer.zero_grad()
    (fooled + 5 * cycle).backward(inputs=pair.translators())
    g_optimizer.step()
    return d_loss.item(), cycle.item()


def probe(step) -> Observations:
    """Two steps of a tiny pair: what is reported, and where each network stands afterwards."""

    def judge() -> nn.Module:
        return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0))

    pair = CyclePair(nn.Linear(2, 2), nn.Linear(2, 2), judge(), judge())
    g_optimizer = torch.optim.SGD(pair.translators(), lr=0.1)
    d_optimizer = torch.optim.SGD(pair.discriminators(), lr=0.3)
    a, b = torch.randn(6, 2), 2 + 0.5 * torch.randn(6, 2)
    seen: Observations = {}
    for i in (1, 2):
        d_loss, cycle = step(pair, g_optimizer, d_optimizer, a, b)
        seen |= {f"in step {i}, the discriminators' loss": float(d_loss), f"in step {i}, the cycle loss": float(cycle)}
    for name, network in pair.named_children():
        seen[f"after two steps, the parameters of {name}"] = weights_of(network)
    return seen


FOOLED = "made in zip(judges, (a_made, b_made), strict=True))"
AS_IT_WAS = (FOOLED, FOOLED.replace("a_made, b_made", "b_made, a_made"))

WHY_NOT = {
    "A": (
        "a learning rate that is too high",
        "Then the curves would jump. Here the cycle error is small and steady, and the true error hardly moves at all.",
    ),
    "B": (
        "a perfect map, but a wrong one",
        "If G made perfect members of B, no discriminator could tell them from real ones. What does the "
        "discriminators' loss say about that?",
    ),
    "D": (
        "discriminators that are not trained",
        "A discriminator that knows nothing has a loss of 2 log 2 = 1.39, two of them 2.77. Where is the curve?",
    ),
    "E": (
        "a cycle loss whose gradient is cut off",
        "Then one translator could move without the other, and the cycle would open. It is nearly closed from the "
        "first step to the last.",
    ),
}

EXERCISE = Exercise(
    number="11.5",
    title="Bug hunt: happy to stay at home",
    hints=(
        "What is the cheapest way to close a cycle? And which loss is there to forbid it? Follow one image a "
        "through the step, and note who judges its translation.",
        "G(a) has to look like a member of B. In the sum `fooled`, write down for each term which network judges "
        "which images, and compare it with the discriminators' own loop.",
    ),
    parts=(
        choice(
            "C",
            WHY_NOT,
            "Each discriminator asks the images that come from its own domain to look like its own domain: they do, "
            "if nothing is translated.",
        ),
        Part(
            cycle_step,
            name="the repair",
            probe=probe,
            mistakes=(
                Mistake(
                    "the step as it was",
                    "The parameters change exactly as before. Compare what the discriminators learn with what they "
                    "are asked.",
                    edited(cycle_step, AS_IT_WAS),
                ),
                Mistake(
                    "the discriminators taught the same mix-up",
                    "Both places now agree with each other, but a discriminator of A should learn what is false "
                    "among images of A. Your D_A compares real a with translations to B.",
                    edited(cycle_step, ("(a, b), (a_made, b_made)", "(a, b), (b_made, a_made)"), AS_IT_WAS),
                ),
                Mistake(
                    "the names of the two discriminators exchanged",
                    "Now each discriminator learns the other domain, and the sum is still in the other order than "
                    "the loop.",
                    edited(
                        cycle_step,
                        ("pair.discriminator_a, pair.discriminator_b", "pair.discriminator_b, pair.discriminator_a"),
                        AS_IT_WAS,
                    ),
                ),
                Mistake(
                    "real images shown to the discriminators in the other order",
                    "Each discriminator now learns that its own domain is false and the other one real.",
                    edited(cycle_step, ("(a, b), (a_made, b_made)", "(b, a), (a_made, b_made)"), AS_IT_WAS),
                ),
                Mistake(
                    "a repair that also cuts the cycle loss",
                    "The right judges are asked now. But the cycle loss is computed from detached translations: a "
                    "translator no longer learns whether its own result can be undone.",
                    edited(
                        cycle_step,
                        ("pair.to_a(b_made)", "pair.to_a(b_made.detach())"),
                        ("pair.to_b(a_made)", "pair.to_b(a_made.detach())"),
                    ),
                ),
                Mistake(
                    "no adversarial loss at all",
                    "Then nothing asks for a translation. The cycle alone is closed by doing nothing.",
                    edited(cycle_step, ("(fooled + 5 * cycle)", "(5 * cycle)")),
                ),
            ),
        ),
    ),
)
