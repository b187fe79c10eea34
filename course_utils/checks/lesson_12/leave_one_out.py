"""Exercise 12.3: a Parzen window in which no point judges itself."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def leave_one_out(points: Tensor, std: float) -> Tensor:
    n, d = points.shape
    logs = -torch.cdist(points, points).square() / (2 * std**2)
    logs = logs.masked_fill(torch.eye(n, dtype=torch.bool), -math.inf)
    return logs.logsumexp(1) - math.log(n - 1) - d / 2 * math.log(2 * math.pi * std**2)


def probe(likelihood) -> Observations:
    """Ordinary points, and an outlier whose density underflows."""
    points = torch.randn(11, 3, dtype=torch.double)
    far = torch.cat([points[:6], torch.tensor([[40.0, 0.0, 0.0]], dtype=torch.double)])
    return {"the value": likelihood(points, 0.8), "with an outlier, the value": likelihood(far, 0.3)}


EXERCISE = Exercise(
    number="12.3",
    title="No point judges itself",
    hints=(
        "How many windows does the mixture for one point consist of? What must stand on the diagonal, before the "
        "logsumexp, so that a point's own window adds exactly nothing?",
        "log p(xᵢ) = logsumexp over j ≠ i of −|xᵢ − xⱼ|²/(2s²), − log(n − 1) − d/2 · log(2πs²); put −∞ on the "
        "diagonal.",
    ),
    parts=(
        Part(
            leave_one_out,
            probe=probe,
            why="Now σ can be chosen without validation points. With its own window, each point votes for σ = 0.",
            mistakes=(
                Mistake(
                    "each point's own window counted",
                    "A point is at distance 0 from itself. The smaller std is, the better it then explains itself.",
                    lambda points, std: (
                        (-torch.cdist(points, points).square() / (2 * std**2)).logsumexp(1)
                        - math.log(len(points))
                        - points.shape[1] / 2 * math.log(2 * math.pi * std**2)
                    ),
                ),
                Mistake(
                    "a zero on the diagonal",
                    "e⁰ = 1: the point's own window is still in the sum. Which logarithm belongs to a weight of 0?",
                    edited(leave_one_out, ("-math.inf", "0.0")),
                ),
                Mistake(
                    "n windows in the mean where n − 1 are left",
                    "A mean over n − 1 windows divides by n − 1.",
                    edited(leave_one_out, ("n - 1", "n")),
                ),
                Mistake(
                    "a sum of windows instead of their mean",
                    "A mixture of m windows gives each the weight 1/m; otherwise it does not integrate to 1.",
                    edited(leave_one_out, (" - math.log(n - 1)", "")),
                ),
                Mistake(
                    "a Gaussian without its normaliser",
                    "exp(−|x|²/2s²) is no density before it is divided by its integral. As std grows, this score "
                    "only gets better.",
                    edited(leave_one_out, (" - d / 2 * math.log(2 * math.pi * std**2)", "")),
                ),
                Mistake(
                    "the normaliser of one dimension",
                    "The integral over d coordinates is the product of d integrals.",
                    edited(leave_one_out, (" - d / 2 *", " - 1 / 2 *")),
                ),
                Mistake(
                    "a normaliser that is squared",
                    "Over one coordinate, exp(−x²/2s²) integrates to √(2πs²), a root. What does a logarithm make of a "
                    "root?",
                    edited(leave_one_out, (" - d / 2 *", " - d *")),
                ),
                Mistake(
                    "distances that are not squared",
                    "`cdist` returns distances; the exponent of a Gaussian holds their squares.",
                    edited(leave_one_out, ("cdist(points, points).square()", "cdist(points, points)")),
                ),
                Mistake(
                    "an exponent without its 2",
                    "A Gaussian of standard deviation s falls with |x|²/(2s²).",
                    edited(leave_one_out, ("(2 * std**2)\n", "std**2\n")),
                ),
                Mistake(
                    "an exponential that underflows",
                    "Far from all others the sum of exponentials is 0 in the computer, and its logarithm −∞. One "
                    "such point spoils the mean.",
                    edited(leave_one_out, ("logs.logsumexp(1)", "logs.exp().sum(1).log()")),
                ),
            ),
        ),
    ),
)
