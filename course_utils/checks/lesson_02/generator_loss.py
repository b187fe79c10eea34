"""Exercise 2.1: the non-saturating generator loss, from logits."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, softplus

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations, outcome


def generator_loss(fake_logits: Tensor) -> Tensor:
    return softplus(-fake_logits).mean()


def probe(loss) -> Observations:
    """Ordinary logits, and some for which the discriminator is sure."""
    seen = outcome(loss, fake_logits=3 * torch.randn(40))
    sure = outcome(loss, fake_logits=torch.tensor([[-200.0], [90.0]]))
    return seen | {f"for logits of -200 and 90, {name}": value for name, value in sure.items()}


EXERCISE = Exercise(
    number="2.1",
    title="The generator's loss, from logits",
    hints=(
        "The generator wants the discriminator to call its samples real. Which probability does it want near 1?",
        "−log σ(f) = softplus(−f). Average over the batch.",
    ),
    parts=(
        Part(
            generator_loss,
            probe=probe,
            mistakes=(
                Mistake(
                    "the saturating loss of the minimax game",
                    "It falls when the discriminator is fooled, as it should, but its gradient vanishes just where the "
                    "generator is worst. Which of the two losses of section 4 keeps its gradient there?",
                    lambda fake_logits: -softplus(fake_logits).mean(),
                ),
                Mistake(
                    "a flipped sign",
                    "This loss falls when the discriminator recognises the samples: the generator would help its "
                    "rival.",
                    lambda fake_logits: -softplus(-fake_logits).mean(),
                ),
                Mistake(
                    "a sigmoid applied twice",
                    "The logits went through a sigmoid before a formula that contains one already. A probability lies "
                    "between 0 and 1, so the loss cannot get below log(1 + e⁻¹) = 0.31.",
                    lambda fake_logits: softplus(-fake_logits.sigmoid()).mean(),
                ),
                Mistake(
                    "a sum where the mean was meant",
                    "The step would then grow with the batch size.",
                    lambda fake_logits: softplus(-fake_logits).sum(),
                ),
                Mistake(
                    "the logarithm of a sigmoid",
                    "For ordinary logits it is right. At −200 the sigmoid is rounded to 0 and its logarithm is −∞: the "
                    "two belong into one formula (lesson 01, section 2).",
                    lambda fake_logits: -fake_logits.sigmoid().log().mean(),
                ),
                Mistake(
                    "a cross-entropy of probabilities",
                    "PyTorch cuts its logarithm off at −100, so nothing is infinite. But the sigmoid before it was "
                    "rounded to 0, and passes no gradient back. Which of its losses takes logits?",
                    lambda fake_logits: binary_cross_entropy(fake_logits.sigmoid(), torch.ones_like(fake_logits)),
                ),
                Mistake(
                    "a logarithm with 1e-8 inside",
                    "It avoids log 0, but for a confident discriminator the gradient of the sigmoid underflows to "
                    "zero: the loss stands still where the generator needs it most.",
                    lambda fake_logits: -(fake_logits.sigmoid() + 1e-8).log().mean(),
                ),
            ),
        ),
    ),
)
