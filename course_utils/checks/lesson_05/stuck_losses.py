"""Exercise 5.5, a bug hunt: losses that stop at two odd numbers, and a generator that stops on its way."""

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, weights_of


def repaired_step(
    generator: nn.Module,
    discriminator: nn.Module,
    g_optimizer: torch.optim.Optimizer,
    d_optimizer: torch.optim.Optimizer,
    real: Tensor,
    z: Tensor,
) -> tuple[float, float]:
    fake = generator(z)
    on_real, on_fake = discriminator(real), discriminator(fake.detach())
    ones, zeros = torch.ones_like(on_real), torch.zeros_like(on_fake)
    d_loss = binary_cross_entropy_with_logits(on_real, ones) + binary_cross_entropy_with_logits(on_fake, zeros)
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()

    judged = discriminator(fake)
    g_loss = binary_cross_entropy_with_logits(judged, torch.ones_like(judged))
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()
    return d_loss.item(), g_loss.item()


def probe(step) -> Observations:
    """Two steps of both players; the discriminator is undecided first, then sure of nearly everything."""
    seen = {}
    for case, scale in {"undecided": 1.0, "very sure": 60.0}.items():
        generator, discriminator = nn.Linear(2, 2), nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 1))
        with torch.no_grad():
            discriminator[2].weight *= scale
        optimizers = [torch.optim.SGD(network.parameters(), lr=0.1) for network in (generator, discriminator)]
        for _ in range(2):
            losses = step(generator, discriminator, *optimizers, torch.randn(9, 2) + 1, torch.randn(9, 2))
        when = f"with a discriminator that is {case}, after two steps"
        for name, loss in zip(("D", "G"), losses, strict=True):
            seen[f"{when}, {name}'s loss"] = torch.tensor(float(loss))
        for name, network in {"D": discriminator, "G": generator}.items():
            seen[f"{when}, the vector of {name}'s weights"] = weights_of(network)
    return seen


LOGITS = "discriminator(real), discriminator(fake.detach())"
PROBABILITIES = "discriminator(real).sigmoid(), discriminator(fake.detach()).sigmoid()"
FOR_D = "binary_cross_entropy_with_logits(on_real, ones) + binary_cross_entropy_with_logits(on_fake, zeros)"
SIGMOID_IN_D, SIGMOID_IN_G = (LOGITS, PROBABILITIES), ("discriminator(fake)\n", "discriminator(fake).sigmoid()\n")

EXERCISE = Exercise(
    number="5.5",
    title="The losses that stop at odd numbers",
    hints=(
        "Which value of its argument makes log(1 + exp(−f)) equal to 0.693, and which makes it 0.313? Where do such "
        "arguments come from?",
        "The generator's loss stands at softplus(0), the discriminator's at softplus(−1) + softplus(0). So the loss "
        "was handed 0 for every fake and 1 for every real sample. Follow the scores from the network to the loss, for "
        "both players.",
    ),
    parts=(
        choice(
            "D",
            {
                "A": (
                    "a discriminator that is too weak",
                    "A weak one would leave its loss near 2 ln 2 = 1.39, a coin toss for each side. Here it falls "
                    "quickly, and then stands at 1.006 without a tremble; and the accuracy is 1.",
                ),
                "B": (
                    "the saturating loss",
                    "log(1 − D) is never positive. The generator's loss here is positive throughout.",
                ),
                "C": (
                    "a generator that is cut off by a detach",
                    "Then its gradient would be zero, or missing, from the first step on. It is not zero at the start; "
                    "it dies while D learns.",
                ),
                "E": (
                    "an equilibrium",
                    "At the equilibrium the discriminator guesses: its loss is 2 ln 2 = 1.386, its accuracy a half, "
                    "and the points are where the data are. Only the generator's loss would fit.",
                ),
            },
            why="The loss was handed numbers between 0 and 1, and takes them for logits: it can never be sure.",
        ),
        Part(
            repaired_step,
            probe=probe,
            name="the repair",
            why="Now the loss sees the logits, and −log D keeps its gradient however sure D is.",
            mistakes=(
                Mistake(
                    "the step as it was",
                    "Nothing has changed in what it does.",
                    edited(repaired_step, SIGMOID_IN_D, SIGMOID_IN_G),
                ),
                Mistake(
                    "a repair of the discriminator's loss only",
                    "The generator still learns through the second sigmoid, and its gradient dies as before.",
                    edited(repaired_step, SIGMOID_IN_G),
                ),
                Mistake(
                    "a repair of the generator's loss only",
                    "The discriminator's loss still stops at 1.006, for the same reason.",
                    edited(repaired_step, SIGMOID_IN_D),
                ),
                Mistake(
                    "a loss on probabilities",
                    "It is right on paper. But where D is very sure, its sigmoid is rounded to 0 or 1, and no gradient "
                    "comes back. Which loss takes logits?",
                    edited(
                        repaired_step,
                        SIGMOID_IN_D,
                        SIGMOID_IN_G,
                        (
                            FOR_D,
                            FOR_D.replace("binary_cross_entropy_with_logits", "nn.functional.binary_cross_entropy"),
                        ),
                        (
                            "binary_cross_entropy_with_logits(judged, ",
                            "nn.functional.binary_cross_entropy(judged, ",
                        ),
                    ),
                ),
                Mistake(
                    "a repair with the saturating loss",
                    "The logits arrive. But G's loss is log(1 − D) now, and its gradient dies where D is sure; asked "
                    "is the non-saturating one.",
                    edited(
                        repaired_step,
                        ("g_loss = binary", "g_loss = -binary"),
                        ("torch.ones_like(judged)", "torch.zeros_like(judged)"),
                    ),
                ),
                Mistake(
                    "the labels of the two players swapped",
                    "For itself the discriminator calls real samples 1; the generator wants its fakes to be called 1.",
                    edited(
                        repaired_step,
                        (
                            "torch.ones_like(on_real), torch.zeros_like(on_fake)",
                            "torch.zeros_like(on_real), torch.ones_like(on_fake)",
                        ),
                        ("torch.ones_like(judged)", "torch.zeros_like(judged)"),
                    ),
                ),
            ),
        ),
    ),
)
