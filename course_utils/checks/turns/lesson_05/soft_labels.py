"""Turn 05.4: the discriminator's cross-entropy with labels between 0 and 1."""

import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def soft_loss(r: Tensor, f: Tensor, real_label: float, fake_label: float) -> Tensor:
    on_real = real_label * softplus(-r) + (1 - real_label) * softplus(r)
    on_fake = fake_label * softplus(-f) + (1 - fake_label) * softplus(f)
    return on_real.mean() + on_fake.mean()


def probe(loss) -> Observations:
    """Two pairs of labels, and as in the lesson's trial a row of logits for each of several discriminators."""
    seen = {}
    for labels in ((1.0, 0.0), (0.9, 0.0), (0.8, 0.3)):
        r, f = 3 * torch.randn(2, 3, 5, dtype=torch.double)
        for name, value in outcome(lambda r, f, labels=labels: loss(r, f, *labels), r=r, f=f).items():
            seen[f"for the labels {labels[0]:g} and {labels[1]:g}, {name}"] = value
    return seen


REAL, FAKE = "real_label * softplus(-r) + (1 - real_label) * softplus(r)", "(1 - fake_label) * softplus(f)"
TWO_MEANS = "on_real.mean() + on_fake.mean()"

EXERCISE = Exercise(
    number="05.4",
    title="A cross-entropy with soft labels",
    hints=(
        "With the label y the cross-entropy of one sample is −y log σ(t) − (1 − y) log(1 − σ(t)). Both logarithms are "
        "softplus functions of the logit: which sign does each have?",
        "−log σ(t) = softplus(−t) and −log(1 − σ(t)) = softplus(t). Weigh them by y and 1 − y; once with r and the "
        "real label, once with f and the other. Then the mean of each, and their sum.",
    ),
    parts=(
        Part(
            soft_loss,
            probe=probe,
            name="the loss",
            expects="a function that takes two tensors and two numbers, and returns one number",
            why="With the labels 1 and 0 it is the loss of lesson 02.",
            mistakes=(
                Mistake(
                    "labels without their complement",
                    "With the label .9 there is a second term, with the weight .1, which asks for the other answer. "
                    "It keeps the logit from growing for ever.",
                    edited(
                        soft_loss,
                        (REAL, "real_label * softplus(-r)"),
                        (f"fake_label * softplus(-f) + {FAKE}", FAKE),
                    ),
                ),
                Mistake(
                    "the two labels exchanged",
                    "D would learn to call the generated samples real.",
                    lambda r, f, a, b: soft_loss(r, f, b, a),
                ),
                Mistake(
                    "the two signs exchanged",
                    "Where the label is near 1 the logit should be large, and softplus(t) is small for negative t. "
                    "Which sign belongs to the label?",
                    lambda r, f, a, b: soft_loss(-r, -f, a, b),
                ),
                Mistake(
                    "a label for the real samples only",
                    "The generated samples have a soft label as well.",
                    lambda r, f, a, b: soft_loss(r, f, a, 0.0),
                ),
                Mistake(
                    "one mean over both halves",
                    "This is half of the loss. Plain descent would make half of the step.",
                    edited(soft_loss, (TWO_MEANS, "(on_real.mean() + on_fake.mean()) / 2")),
                ),
                Mistake(
                    "sums in the place of means",
                    "The loss then grows with the size of the batch.",
                    edited(soft_loss, (TWO_MEANS, "on_real.sum() + on_fake.sum()")),
                ),
                Mistake(
                    "probabilities in the place of logits",
                    "softplus takes logits. After a sigmoid all numbers lie between 0 and 1.",
                    lambda r, f, a, b: soft_loss(r.sigmoid(), f.sigmoid(), a, b),
                ),
                Mistake(
                    "a climb in the place of a descent",
                    "The sign: the optimiser goes down whatever loss it is given.",
                    lambda r, f, a, b: -soft_loss(r, f, a, b),
                ),
            ),
        ),
    ),
)
