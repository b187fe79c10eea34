"""Exercise 2.2: what the discriminator's loss asks of each logit, and of a network that ends in a sigmoid."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited, number
from course_utils.checks.observe import Observations, outcome


def logit_gradients(real_logits: Tensor, fake_logits: Tensor) -> tuple[Tensor, Tensor]:
    for_real = -torch.sigmoid(-real_logits) / real_logits.numel()
    for_fake = torch.sigmoid(fake_logits) / fake_logits.numel()
    return for_real, for_fake


def probe(gradients) -> Observations:
    """Two batches of unequal size and bias: no sum or mean over both can pass for one over each."""
    seen = outcome(
        gradients, gradients=False, real_logits=1 + 2 * torch.randn(7), fake_logits=2 * torch.randn(12) - 0.5
    )
    value = seen["the value"]
    found = list(value) if isinstance(value, tuple | list) else [value]
    names = ("the gradient for the real logits", "the gradient for the generated logits")
    return {"the number of gradients": len(found)} | dict(zip(names, found, strict=False))


EXERCISE = Exercise(
    number="2.2",
    title="What the loss asks of each logit",
    hints=(
        "The derivative of softplus is the sigmoid. What does the minus in softplus(−r) do to it, and what the mean? "
        "For the floor: between which numbers do the outputs of a sigmoid lie, and which of them would each term like "
        "best?",
        "For a real logit −(1 − σ(r)) divided by the number of real logits; for a generated one σ(f) divided by "
        "theirs. For the floor put an output of 1 into the first term of the loss, and of 0 into the second.",
    ),
    parts=(
        Part(
            logit_gradients,
            probe=probe,
            name="the gradients",
            why="Each is the error of a prediction, σ − label: for real points σ(r) − 1, for generated ones σ(f) − 0.",
            mistakes=(
                Mistake(
                    "the gradient of a sum",
                    "The loss averages over each batch, so the pull on one logit gets weaker as the batch grows.",
                    edited(logit_gradients, (" / real_logits.numel()", ""), (" / fake_logits.numel()", "")),
                ),
                Mistake(
                    "an average over both batches together",
                    "The loss is a sum of two means, each over its own batch; the other batch's size does not enter.",
                    edited(
                        logit_gradients,
                        (" / real_logits.numel()", " / (real_logits.numel() + fake_logits.numel())"),
                        (" / fake_logits.numel()", " / (real_logits.numel() + fake_logits.numel())"),
                    ),
                ),
                Mistake(
                    "the direction of the step, not the gradient",
                    "A gradient points uphill. Should a descent on the loss raise or lower the logit of a real point?",
                    edited(
                        logit_gradients,
                        ("-torch.sigmoid(-real_logits)", "torch.sigmoid(-real_logits)"),
                        ("= torch.sigmoid(fake_logits)", "= -torch.sigmoid(fake_logits)"),
                    ),
                ),
                Mistake(
                    "a derivative of softplus(−r) that keeps σ(r)",
                    "This pulls hardest on the real points that D already recognises. Differentiate −log σ(r) once "
                    "more, and mind the inner derivative: what is left where σ(r) is 1?",
                    edited(logit_gradients, ("torch.sigmoid(-real_logits)", "torch.sigmoid(real_logits)")),
                ),
                Mistake(
                    "the gradient with respect to the probability",
                    "This is the derivative of −log D by D. A logit lies one sigmoid further in: the chain rule has "
                    "one more factor.",
                    edited(
                        logit_gradients,
                        ("-torch.sigmoid(-real_logits)", "-1 / torch.sigmoid(real_logits)"),
                        ("= torch.sigmoid(fake_logits)", "= 1 / torch.sigmoid(-fake_logits)"),
                    ),
                ),
                Mistake(
                    "the derivative of the sigmoid alone",
                    "σ(1 − σ) is the inner derivative. The logarithm around the sigmoid has one, too.",
                    edited(
                        logit_gradients,
                        ("-torch.sigmoid(-real_logits)", "-torch.sigmoid(real_logits) * torch.sigmoid(-real_logits)"),
                        ("= torch.sigmoid(fake_logits)", "= torch.sigmoid(fake_logits) * torch.sigmoid(-fake_logits)"),
                    ),
                ),
                Mistake(
                    "a pair in the wrong order",
                    "The two gradients are right, but the one for the generated logits comes first.",
                    edited(logit_gradients, ("return for_real, for_fake", "return for_fake, for_real")),
                ),
            ),
        ),
        number(
            math.log1p(math.exp(-1)) + math.log(2),
            within=0.005,
            name="the floor",
            why="So a loss that hangs just above 1.006 is the fingerprint of a sigmoid too many.",
            wrong={
                "a loss without a floor": (
                    0.0,
                    "To bring both terms to 0 the loss would need outputs that run to +∞ and −∞. A sigmoid gives "
                    "neither.",
                ),
                "the two terms treated alike": (
                    2 * math.log1p(math.exp(-1)),
                    "The second term would need an output of −1 for this. What is the lowest output of a sigmoid?",
                ),
                "the loss of a discriminator that cannot decide": (
                    2 * math.log(2),
                    "That is the loss where the outputs are 0 for everything. A trained one can do better on real "
                    "points.",
                ),
                "the real term alone": (math.log1p(math.exp(-1)), "The loss has a second term, for generated points."),
                "the generated term alone": (math.log(2), "The loss has a first term, for real points."),
            },
        ),
    ),
)
