"""Exercise 8.1: the KL divergence between two Gaussians with diagonal covariance."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def gaussian_kl(mean: Tensor, log_var: Tensor, prior_mean: Tensor, prior_log_var: Tensor) -> Tensor:
    variance_ratio = (log_var - prior_log_var).exp()
    distance = (mean - prior_mean).square() / prior_log_var.exp()
    return 0.5 * (distance + variance_ratio - 1 - log_var + prior_log_var).sum(1)


def probe(kl) -> Observations:
    """Five codes of three dimensions; and one that is its own prior."""
    mean, log_var, prior_mean, prior_log_var = 1.5 * torch.randn(4, 5, 3)
    inputs = {"mean": mean, "log_var": log_var, "prior_mean": prior_mean, "prior_log_var": prior_log_var}
    alike = kl(mean.clone(), log_var.clone(), mean.clone(), log_var.clone())
    return outcome(kl, **inputs) | {"the value where q is the prior": alike}


EXERCISE = Exercise(
    number="8.1",
    title="The KL divergence between two Gaussians",
    hints=(
        "Write log q − log p for one dimension, and average it over q. What are the means of (z − μ)² and of (z − m)² "
        "under q?",
        "Under q, (z − m)² has the mean (μ − m)² + σ². So one dimension costs ½((μ − m)²/s² + σ²/s² − 1 − log σ² + "
        "log s²). For m = 0 and s = 1 this must be the lesson's formula.",
    ),
    parts=(
        Part(
            gaussian_kl,
            probe=probe,
            why="With this form the prior may be learned, as lesson 10 does for the completion of pictures.",
            mistakes=(
                Mistake(
                    "the divergence the other way round",
                    "This averages over the prior, not over the encoder's q. It is 0 for equal Gaussians, too, but "
                    "the bound asks for an average over the z that the encoder draws.",
                    lambda m, v, pm, pv: gaussian_kl(pm, pv, m, v),
                ),
                Mistake(
                    "a prior that is left out",
                    "That is the divergence from N(0, I), whatever the prior. Put q equal to the prior: what should "
                    "come out?",
                    lambda m, v, pm, pv: gaussian_kl(m, v, torch.zeros_like(pm), torch.zeros_like(pv)),
                ),
                Mistake(
                    "a mean over the dimensions",
                    "Independent dimensions add up: the code of d dimensions costs the sum of what each costs.",
                    edited(gaussian_kl, (".sum(1)", ".mean(1)")),
                ),
                Mistake(
                    "log_var read as the logarithm of the standard deviation",
                    "Everything is consistent, but for other Gaussians: your variances are the squares of the right "
                    "ones.",
                    lambda m, v, pm, pv: gaussian_kl(m, 2 * v, pm, 2 * pv),
                ),
                Mistake(
                    "a squared distance divided by the standard deviation",
                    "A distance in units of s, squared, is divided by s². Check the units: z may be metres, a "
                    "divergence has none.",
                    edited(gaussian_kl, ("/ prior_log_var.exp()", "/ (prior_log_var / 2).exp()")),
                ),
                Mistake(
                    "the logarithms of the variances with the wrong sign",
                    "A narrow q must cost more, not less: with these signs the “divergence” gets negative.",
                    edited(gaussian_kl, ("- log_var + prior_log_var).sum", "+ log_var - prior_log_var).sum")),
                ),
                Mistake(
                    "the whole divergence with the wrong sign",
                    "A KL divergence is never negative. This would pay the encoder for leaving the prior.",
                    lambda m, v, pm, pv: -gaussian_kl(m, v, pm, pv),
                ),
            ),
        ),
    ),
)
