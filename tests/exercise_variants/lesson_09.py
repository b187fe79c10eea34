"""Answers to the exercises of lesson 09: right ones in other styles, and known mistakes in other words."""

import math

import torch

# --- 9.1 ---------------------------------------------------------------------------------------------------


def bound_by_largest(log_w):
    top = log_w.max(dim=1, keepdim=True).values
    return (top + (log_w - top).exp().mean(1, keepdim=True).log()).squeeze(1)


def bound_by_rows(log_weights):
    return torch.stack([torch.logsumexp(row, 0) - math.log(len(row)) for row in log_weights])


def bound_shifted(log_weights):
    return torch.logsumexp(log_weights - math.log(log_weights.size(1)), dim=1)


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
    "9.1": [(bound_by_largest,), (bound_by_rows,), (bound_shifted,)],
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
        ("the ELBO with k draws", (lambda lw: torch.stack([row.sum() / len(row) for row in lw]),)),
        ("weights that leave the logarithm", (lambda lw: torch.log(torch.exp(lw).sum(1) / lw.shape[1]),)),
        (
            "the largest weight of the whole batch taken out",
            (lambda lw: lw.max() + torch.log(torch.exp(lw - lw.max()).sum(1) / lw.shape[1]),),
        ),
        ("a sum of the weights instead of their mean", (lambda lw: bound_by_largest(lw) + math.log(lw.shape[1]),)),
        (
            "a bound in which the worst draws count most",
            (lambda lw: math.log(lw.shape[1]) - torch.logsumexp(-lw, dim=1),),
        ),
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
