"""Answers to the exercises of lesson 09: right ones in other styles, and known mistakes in other words."""

import math

import torch
from torch.distributions import MultivariateNormal, kl_divergence

# --- 9.1 ---------------------------------------------------------------------------------------------------


def std_by_loop(precision):
    return torch.stack([1 / precision[j, j] ** 0.5 for j in range(len(precision))])


def gap_by_distributions(precision):
    zero, std = torch.zeros(len(precision)).to(precision), 1 / torch.diagonal(precision).sqrt()
    q = MultivariateNormal(zero, torch.diag(std**2))
    return kl_divergence(q, MultivariateNormal(zero, precision_matrix=precision))


def gap_by_slogdet(precision):
    half = torch.diag(precision).log().sum() / 2
    return half - torch.linalg.slogdet(precision)[1] / 2


def gap_by_product(precision):
    return -0.5 * torch.log(torch.linalg.det(precision) / torch.prod(torch.diag(precision)))


def gap_halved_once(precision):
    """A near neighbour: only the determinant has its half."""
    return precision.diagonal().log().sum() - 0.5 * precision.logdet()


# --- 9.3 ---------------------------------------------------------------------------------------------------


def active_by_loop(codes):
    count = 0
    for column in codes.T:
        if ((column - column.mean()) ** 2).mean() > 0.01:
            count += 1
    return count


# --- 9.4 ---------------------------------------------------------------------------------------------------


def weights_by_rsample(log_joint, q, x, k):
    z = q.rsample([k]).detach()
    return -(q.log_prob(z) - log_joint(x, z))


def weights_in_a_loop(log_joint, q, x, k):
    rows = []
    for _ in range(k):
        z = q.sample()
        rows.append(log_joint(x, z[None])[0] - q.log_prob(z))
    return torch.stack(rows)


def weights_from_noise(log_joint, q, x, k):
    mean, std = q.mean, q.stddev
    z = mean + std * torch.randn(k, *mean.shape)
    log_q = -0.5 * (((z - mean) / std) ** 2 + (2 * math.pi * std**2).log()).sum(-1)
    return log_joint(x, z) - log_q


def weights_drawn_twice(log_joint, q, x, k):
    z, other = q.sample((2, k))
    return log_joint(x, z) - q.log_prob(other)


VARIANTS = {
    "9.1": [
        (std_by_loop, gap_by_distributions),
        (lambda precision: torch.diag(precision) ** -0.5, gap_by_slogdet),
        (std_by_loop, gap_by_product),
    ],
    "9.2": [
        (lambda d, m, w: (w * d / (2 * m)) ** 0.5, 0.000408),
        (lambda pixels, latent_dim, weight: (0.5 * weight / latent_dim * pixels) ** 0.5, torch.tensor(0.00040816)),
        (lambda d, m, w: torch.tensor(w * d / m / 2, dtype=torch.float64).sqrt(), 4.08e-4),
    ],
    "9.3": [
        (active_by_loop, "C"),
        (lambda means: ((means**2).mean(0) - means.mean(0) ** 2 > 0.01).sum(), " c "),
        (lambda means: sum(v > 0.01 for v in torch.var(means, dim=0).tolist()), "c"),
    ],
    "9.4": [("B", weights_by_rsample), (" b", weights_in_a_loop), ("b", weights_from_noise)],
}

MUTANTS = {
    "9.1": [
        (
            "the posterior's own standard deviations",
            (lambda precision: torch.linalg.inv(precision).diagonal() ** 0.5, gap_by_slogdet),
        ),
        ("the half forgotten", (std_by_loop, lambda precision: 2 * gap_by_distributions(precision))),
        ("", (std_by_loop, gap_halved_once)),
    ],
    "9.2": [
        ("a KL taken as summed", (lambda d, m, w: (0.5 * d * w) ** 0.5, 0.000408)),
        ("a factor of two that got lost", (lambda d, m, w: (d * w) ** 0.5 / m**0.5, 0.000408)),
        ("a standard deviation that was not squared", (lambda d, m, w: (w * d / (2 * m)) ** 0.5, 0.00408)),
    ],
    "9.3": [
        (
            "a mean square where the variance was meant",
            (lambda means: sum(bool((column @ column) / len(column) > 0.01) for column in means.T), "C"),
        ),
        (
            "the standard deviation compared with 0.01",
            (lambda means: len([s for s in means.std(dim=0) if s > 0.01]), "C"),
        ),
        ("an accident of the first steps", (active_by_loop, "a")),
    ],
    "9.4": [
        ("the function as it was", ("B", weights_drawn_twice)),
        ("one draw for all k", ("B", lambda joint, q, x, k: weights_by_rsample(joint, q, x, 1).expand(k, -1))),
        ("weights that are averaged already", ("B", lambda *of: weights_from_noise(*of).mean(dim=0))),
        ("an encoder that is too wide", ("c", weights_by_rsample)),
    ],
}
