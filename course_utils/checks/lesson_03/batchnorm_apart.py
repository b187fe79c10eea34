"""Exercise 3.4: BatchNorm in a discriminator that sees real and generated samples in separate batches."""

import torch
from torch import Tensor, nn

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, outcome


def together(discriminator: nn.Module, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    logits = discriminator(torch.cat([real, fake]))
    return logits[: len(real)], logits[len(real) :]


def probe(answer) -> Observations:
    """Batches of different sizes, through a discriminator in training mode."""
    discriminator = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.LeakyReLU(0.2), nn.Linear(4, 1))
    inputs = {"real": torch.randn(6, 3) - 1, "fake": torch.randn(4, 3) + 2}
    seen = outcome(lambda real, fake: answer(discriminator, real, fake), **inputs)
    return seen | {"BatchNorm's running mean afterwards": discriminator[1].running_mean.clone()}


EXERCISE = Exercise(
    number="3.4",
    title="One batch or two?",
    hints=(
        "How many times may the discriminator be called? And once you have its answer for all samples, which belong "
        "to whom?",
        "torch.cat along the first axis, one call, then cut after len(real). For the conclusion: what are the mean "
        "and the variance of each batch after BatchNorm, in either case?",
    ),
    parts=(
        Part(
            together,
            name="the joined batch",
            probe=probe,
            expects="a function that returns the logits of the real and of the generated samples, in this order",
            why="One call, one mean, one variance.",
            mistakes=(
                Mistake(
                    "two calls",
                    "Each call has a batch, and statistics, of its own. That is `apart`, which you already have.",
                    lambda discriminator, real, fake: (discriminator(real), discriminator(fake)),
                ),
                Mistake(
                    "the two answers exchanged",
                    "In which order were the samples joined, and in which order do you return their logits?",
                    edited(together, ("[real, fake]", "[fake, real]")),
                ),
                Mistake(
                    "a cut in the middle",
                    "The two batches need not be of the same size. Cut where the real ones end.",
                    lambda discriminator, real, fake: discriminator(torch.cat([real, fake])).chunk(2),
                ),
                Mistake(
                    "a discriminator in eval mode",
                    "BatchNorm then takes its running statistics, not those of the batch: that is another experiment.",
                    edited(together, ("discriminator(torch", "discriminator.eval()(torch")),
                ),
                Mistake(
                    "fakes that are cut off from the generator",
                    "The generator learns through these logits, too. Whether to detach is for the caller to say.",
                    edited(together, ("[real, fake]", "[real, fake.detach()]")),
                ),
            ),
        ),
        choice(
            "B",
            {
                "A": (
                    "noise in the statistics of a small batch",
                    "Then 1,024 samples a batch would be better than 64. Compare the last two rows.",
                ),
                "C": (
                    "a fault of the two calls",
                    "Without BatchNorm there are two calls, too. Which accuracy does that row show?",
                ),
                "D": (
                    "too few steps for so small a network",
                    "In the first row the same network has learnt it in the same number of steps.",
                ),
            },
            "A difference in form survives: with two humps in place of one, D got 78 % apart in our trials (seeds "
            "100 to 104). DCGAN has BatchNorm in D all the same; the course has not.",
            "the conclusion",
        ),
    ),
    predictions="ABCD",
)
