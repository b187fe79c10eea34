"""Exercise 10.2: labels behind the latent code, some of which are unknown."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def with_label(z: Tensor, labels: Tensor, classes: int) -> Tensor:
    told = one_hot(labels.clamp(min=0), classes) * (labels >= 0)[:, None]
    return torch.cat([z, told.to(z.dtype)], dim=1)


def probe(append) -> Observations:
    """Six codes, seven classes of which the batch shows some; in a second batch no label is known."""
    labels = torch.tensor([3, -1, 0, 1, 3, -1])[torch.randperm(6)]
    seen = outcome(append, z=torch.randn(6, 4), labels=labels, classes=7)
    unknown = outcome(append, z=torch.randn(2, 4), labels=torch.tensor([-1, -1]), classes=7)
    return seen | {f"where no label is known, {name}": value for name, value in unknown.items()}


EXERCISE = Exercise(
    number="10.2",
    title="A label, or none",
    hints=(
        "How many columns must the result have, whatever labels a batch happens to hold? And what does your code make "
        "of −1?",
        "Make the one-hot rows of labels in which −1 was replaced by some valid class, with the number of classes "
        "given; then multiply the rows of unknown labels by 0, and append.",
    ),
    parts=(
        Part(
            with_label,
            probe=probe,
            why=(
                "A network that is trained with and without its label can be asked for both predictions that guidance "
                "needs."
            ),
            mistakes=(
                Mistake(
                    "a width that follows the batch",
                    "Without the number of classes the one-hot vector is as long as the largest label at hand. The "
                    "first batch that lacks the last class stops the training.",
                    edited(with_label, (", classes) *", ") *")),
                ),
                Mistake(
                    "unknown labels taken for class 0",
                    "To replace −1 by a valid class is fine, but afterwards these rows say “class 0”. They should say "
                    "nothing.",
                    edited(with_label, (" * (labels >= 0)[:, None]", "")),
                ),
                Mistake(
                    "unknown labels taken for the last class",
                    "An index of −1 counts from the end, without an error: the generator is told the last class.",
                    lambda z, labels, classes: torch.cat([z, torch.eye(classes)[labels]], dim=1),
                ),
                Mistake(
                    "a label as one number",
                    "It says that class 6 is six times class 1, and class 2 lies between 1 and 3. Classes have no "
                    "order.",
                    lambda z, labels, classes: torch.cat([z, labels[:, None].to(z.dtype)], dim=1),
                ),
                Mistake(
                    "a column of its own for “unknown”",
                    "A sensible design, but another one: asked for are as many columns as classes, all 0 if the label "
                    "is unknown.",
                    lambda z, labels, classes: torch.cat([z, one_hot(labels + 1, classes + 1).to(z.dtype)], dim=1),
                ),
                Mistake(
                    "the label in front of the code",
                    "The first layer of a trained generator expects z first. Nothing would stop it, and it would draw "
                    "nonsense.",
                    edited(with_label, ("[z, told.to(z.dtype)]", "[told.to(z.dtype), z]")),
                ),
            ),
        ),
    ),
)
