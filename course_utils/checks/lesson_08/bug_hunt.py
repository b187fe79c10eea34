"""Exercise 8.4: a bug hunt. A VAE that is better than possible."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, Roughly

STD = 0.3  # of the pixels' noise


def repaired(encoder: nn.Module, decoder: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    mean, log_var = encoder(x).chunk(2, dim=1)
    z = mean + (log_var / 2).exp() * torch.randn_like(mean)
    reconstruction = -Normal(decoder(z), STD).log_prob(x).sum(1).mean()
    kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
    return reconstruction, kl


def cut_off(encoder: nn.Module, decoder: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    mean, log_var = encoder(x).chunk(2, dim=1)
    z = Normal(mean, (log_var / 2).exp()).sample()
    return -Normal(decoder(z), STD).log_prob(x).sum(1).mean(), repaired(encoder, decoder, x)[1]


def probe(losses) -> Observations:
    """Linear networks and 20,000 copies of one x: what a draw costs on average, and what flows back to the encoder."""
    encoder, decoder = nn.Linear(8, 8), nn.Linear(4, 8)
    with torch.no_grad():
        encoder.bias += torch.tensor([1.0, -1.0, 2.0, 0.5, -1.0, 0.8, -0.6, 1.0])
    reconstruction, kl = losses(encoder, decoder, torch.randn(8).expand(20_000, 8))
    (from_kl,) = torch.autograd.grad(kl, encoder.bias, retain_graph=True, allow_unused=True)
    found = torch.autograd.grad(reconstruction, [encoder.bias, decoder.bias], allow_unused=True)
    names = "the gradient of the reconstruction with respect to the encoder", "its gradient with respect to the decoder"
    seen: Observations = {"the KL": kl.detach(), "the gradient of the KL with respect to the encoder": from_kl}
    seen["the reconstruction"] = Roughly(reconstruction.detach(), 0.03 * float(reconstruction.detach().abs()) + 0.3)
    for name, gradient in zip(names, found, strict=True):
        seen[name] = None if gradient is None else Roughly(gradient, 0.08 * float(gradient.abs().max()) + 0.1)
    return seen


EXERCISE = Exercise(
    number="8.4",
    title="Bug hunt: better than possible",
    hints=(
        "The KL is the price of what the code tells. At the end nearly nothing is paid. What does the reconstruction "
        "say about how much is told?",
        "Something reaches the decoder that the KL does not see. The KL measures a Gaussian q with mean and σ: is z a "
        "draw from it?",
    ),
    parts=(
        choice(
            "D",
            {
                "A": (
                    "posterior collapse",
                    "A KL near 0 fits. But a collapsed code is empty, and without a code the reconstruction would "
                    "stay above 100 nats, where it began.",
                ),
                "B": (
                    "a KL averaged over the dimensions",
                    "That makes codes cheap, so the encoder would use many nats of them. The KL, logged as a mean "
                    "over four dimensions, would level off, not fall towards 0.",
                ),
                "C": (
                    "a KL with the wrong sign",
                    "Minimising it would drive the true KL up without end, and the logged one below zero. Neither "
                    "happens.",
                ),
                "E": (
                    "a squared error averaged over the pixels",
                    "Then codes would be dear, but the great directions still worth it: the KL would come to rest at "
                    "about four nats. This one falls towards 0.",
                ),
            },
            why=(
                "No bound on log p(x) can be better on average than the true density: a curve below that floor is a "
                "bug."
            ),
        ),
        Part(
            repaired,
            name="the repair",
            probe=probe,
            why=(
                "With noise of size σ, whatever the decoder is to read must stand out from it, and that is what the "
                "KL charges for."
            ),
            mistakes=(
                Mistake(
                    "the function as it was",
                    "Call it twice with the same x: does anything differ?",
                    edited(repaired, ("mean + (log_var", "mean * (log_var"), (" * torch.randn_like(mean)", "")),
                ),
                Mistake(
                    "a code that is still not drawn",
                    "z is now the mean itself. The encoder can still write any number of digits into it, whatever σ "
                    "claims.",
                    edited(repaired, (" + (log_var / 2).exp() * torch.randn_like(mean)", "")),
                ),
                Mistake(
                    "the standard deviation added as if it were noise",
                    "Two calls still give the same z. σ says how large the noise is; it is not the noise.",
                    edited(repaired, (" * torch.randn_like(mean)", "")),
                ),
                Mistake(
                    "noise that σ does not scale",
                    "A draw now, but not from q: whatever σ the encoder chooses and pays for, the decoder gets noise "
                    "of size 1.",
                    edited(repaired, ("(log_var / 2).exp() * torch", "torch")),
                ),
                Mistake(
                    "noise that multiplies the mean",
                    "A draw now, but its average is 0 for every image. Is that a draw from q?",
                    edited(repaired, ("mean + (log_var", "mean * (log_var")),
                ),
                Mistake(
                    "noise that all images of the batch share",
                    "Each z has the right distribution, but not all together: the errors of the images no longer "
                    "average out.",
                    edited(repaired, ("randn_like(mean)", "randn(mean.shape[1])")),
                ),
                Mistake(
                    "noise of the size σ²",
                    "log_var is the logarithm of the variance. The KL charges for σ, the decoder must get noise of "
                    "that size.",
                    edited(repaired, ("(log_var / 2).exp()", "log_var.exp()")),
                ),
                Mistake(
                    "a draw that is cut off from the encoder",
                    "The numbers are right, but the reconstruction no longer teaches the encoder anything.",
                    cut_off,
                ),
                Mistake(
                    "a KL repaired that was right",
                    "The sum over the dimensions was correct: the code costs what all of them cost together.",
                    edited(repaired, ("- log_var).sum(1).mean()", "- log_var).mean()")),
                ),
            ),
        ),
    ),
)
