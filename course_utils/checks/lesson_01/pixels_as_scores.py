"""Exercise 1.5: a bug hunt. The samples themselves went into the loss where D's scores of them were meant."""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, detached, gradients_of


def discriminator_loss(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    real_score = discriminator(real)
    fake_score = discriminator(fake)
    return softplus(-real_score).mean() + softplus(fake_score).mean()


def broken(discriminator: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """The loss of the notebook, as it was."""
    real_score, fake_score = real.squeeze(-1), discriminator(fake)
    return softplus(-real_score).mean() + softplus(fake_score).mean()


def probe(loss) -> Observations:
    """The value, and what a step on it would do to each of D's weights."""
    discriminator = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1), nn.Flatten(0))
    weights = list(discriminator.parameters())
    value = loss(discriminator, 1 + torch.randn(8, 1), torch.randn(8, 1) - 1)
    seen: Observations = {"the value": detached(value)}
    names = ("first weights", "first biases", "last weights", "last bias")
    return seen | {
        f"the gradient of D's {name}": gradient
        for name, gradient in zip(names, gradients_of(value, weights), strict=True)
    }


EXERCISE = Exercise(
    number="1.5",
    title="Bug hunt: nothing is real",
    hints=(
        "What does D say of real samples at the end, and what would its loss be if that went into it? Which of D's two "
        "wishes is nobody working on?",
        "For each of the two terms: which number in it changes when D's weights change? Both should be scores that D "
        "gave.",
    ),
    parts=(
        choice(
            "C",
            {
                "A": (
                    "a discriminator that has won",
                    "Then D would tell the two apart: D(x) near 1, D(G(z)) near 0. Here both fall together.",
                ),
                "B": (
                    "the same sign for both players",
                    "Then the generator would help D, and its loss would fall as well. Here it climbs without an end.",
                ),
                "D": (
                    "a generator loss without D",
                    "Such a loss would stand at ln 2 and not move. This one moves, and so does the generator.",
                ),
                "E": (
                    "the circling of lesson 06",
                    "Circling players overtake each other, and the curves swing. These go one way.",
                ),
            },
            why=(
                "D's loss settles at the mean of softplus(−x) over the data, 0.35 here: a property of the data, not of "
                "D."
            ),
        ),
        Part(
            discriminator_loss,
            probe=probe,
            name="the repaired loss",
            mistakes=(
                Mistake(
                    "the loss as it was",
                    "One of its terms does not change whatever D's weights are.",
                    broken,
                ),
                Mistake(
                    "the generated samples in the place of their scores",
                    "One bug was exchanged for its mirror image: now nobody tells D what is generated.",
                    edited(discriminator_loss, ("fake_score = discriminator(fake)", "fake_score = fake.squeeze(-1)")),
                ),
                Mistake(
                    "real and generated exchanged",
                    "Both terms have D's scores now. Which of the two should D push up?",
                    edited(
                        discriminator_loss,
                        ("softplus(-real_score)", "softplus(real_score)"),
                        ("softplus(fake_score)", "softplus(-fake_score)"),
                    ),
                ),
                Mistake(
                    "one label for both kinds",
                    "This D learns to call everything real: the bug's opposite, with curves that rise together.",
                    edited(discriminator_loss, ("softplus(fake_score)", "softplus(-fake_score)")),
                ),
                Mistake(
                    "the value instead of the loss",
                    "This is V, which D wants large. The training loop minimises what it is given.",
                    edited(
                        discriminator_loss,
                        ("return softplus(-real_score).mean() +", "return -softplus(-real_score).mean() -"),
                    ),
                ),
                Mistake(
                    "a mean over both kinds together",
                    "This is half of what was asked: V, and so D's loss, is the sum of two means. For D alone a factor "
                    "hardly matters, but the numbers of the lesson, such as 2 ln 2, would no longer hold.",
                    lambda discriminator, real, fake: discriminator_loss(discriminator, real, fake) / 2,
                ),
                Mistake(
                    "a sigmoid too many",
                    "Both terms have D's scores now, but they went through a sigmoid before a formula that takes "
                    "logits.",
                    edited(
                        discriminator_loss,
                        ("discriminator(real)", "discriminator(real).sigmoid()"),
                        ("discriminator(fake)", "discriminator(fake).sigmoid()"),
                    ),
                ),
            ),
        ),
    ),
)
