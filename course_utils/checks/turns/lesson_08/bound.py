"""Turn 08.3: the loss of a VAE, minus the ELBO: the code's price plus that of the pixels given the code."""

import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def minus_elbo(logits, x, mean, std):
    pixels = binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))
    kl = 0.5 * (mean**2 + std**2 - 1 - 2 * std.log()).sum(1)
    return (pixels + kl).mean()


def probe(answer) -> Observations:
    """Four images of 3×5 pixels and three latent dimensions, so that no sum has another's length."""
    x = (torch.rand(4, 1, 3, 5, dtype=torch.float64) > 0.5).double()
    logits, mean = torch.randn(4, 1, 3, 5, dtype=torch.float64), torch.randn(4, 3, dtype=torch.float64)
    std = 0.2 + torch.rand(4, 3, dtype=torch.float64)
    return outcome(lambda logits, mean, std: answer(logits, x.clone(), mean, std), logits=logits, mean=mean, std=std)


KL = "0.5 * (mean**2 + std**2 - 1 - 2 * std.log()).sum(1)"
PIXELS = 'binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))'

TURN = Exercise(
    number="08.3",
    title="The loss",
    hints=(
        "Two prices of each image, both in nats, both sums: of the pixels given the code, over the pixels; of the code "
        "(section 4), over the latent dimensions. Over what is the mean taken?",
        'binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3)) is −log p(x|z) of each image. '
        "½(μ² + σ² − 1 − log σ²) is the KL of a dimension; log σ² = 2 log σ. Add the two, then take the mean over the "
        "images.",
    ),
    parts=(
        Part(
            minus_elbo,
            probe=probe,
            name="the loss",
            expects="a function of logits and x [n, 1, h, w], mean and std [n, d] that returns a number",
            why="Both terms are in nats per image: that is what makes their sum a bound on −log p(x).",
            mistakes=(
                Mistake(
                    "pixels averaged",
                    "A mean over the pixels makes them cheap and the code dear, as if β were the number of pixels. "
                    "Sum over the pixels; take the mean over the images only.",
                    edited(minus_elbo, (PIXELS, PIXELS.replace("sum(", "mean("))),
                ),
                Mistake(
                    "dimensions averaged",
                    "The code costs what all its dimensions cost together: sum the KL over them.",
                    edited(minus_elbo, (".log()).sum(1)", ".log()).mean(1)")),
                ),
                Mistake(
                    "images added up",
                    "The loss then grows with the batch. Take the mean over the images.",
                    edited(minus_elbo, ("(pixels + kl).mean()", "(pixels + kl).sum()")),
                ),
                Mistake(
                    "a code that is paid for",
                    "The KL is a price: it is added to the loss. Subtracted, the model is paid for long codes.",
                    edited(minus_elbo, ("pixels + kl", "pixels - kl")),
                ),
                Mistake(
                    "the ELBO in the place of minus the ELBO",
                    "An optimiser makes the loss small; the bound is to become large.",
                    edited(minus_elbo, ("(pixels + kl).mean()", "-(pixels + kl).mean()")),
                ),
                Mistake(
                    "no price for the code",
                    "This is the loss of a plain autoencoder with noise in its code.",
                    edited(minus_elbo, ("(pixels + kl).mean()", "pixels.mean()")),
                ),
                Mistake(
                    "log σ in the place of log σ²",
                    "The formula has the logarithm of the variance: 2 log σ.",
                    edited(minus_elbo, ("2 * std.log()", "std.log()")),
                ),
                Mistake(
                    "a flipped sign before the logarithm",
                    "With + log σ² the “divergence” of a narrow q is negative. No KL is.",
                    edited(minus_elbo, ("- 2 * std.log()", "+ 2 * std.log()")),
                ),
                Mistake(
                    "the half forgotten",
                    "The KL of one dimension is ½(μ² + σ² − 1 − log σ²).",
                    edited(minus_elbo, ("0.5 * (mean", "(mean")),
                ),
                Mistake(
                    "the one forgotten",
                    "For μ = 0 and σ = 1 the KL must be 0.",
                    edited(minus_elbo, (" - 1 - 2", " - 2")),
                ),
                Mistake(
                    "σ in the place of σ²",
                    "The formula has the variance: std**2.",
                    edited(minus_elbo, ("std**2", "std")),
                ),
                Mistake(
                    "logits taken for probabilities of the other colour",
                    "Look at the arguments: logits first, then the image. Their sign decides which colour is likely.",
                    edited(minus_elbo, ("with_logits(logits", "with_logits(-logits")),
                ),
            ),
        ),
    ),
)
