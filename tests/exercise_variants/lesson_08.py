"""Answers to the exercises of lesson 08: right ones in other styles, and known mistakes in other words."""

import math

import torch
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

# --- 8.1 ---------------------------------------------------------------------------------------------------


def by_distributions(m, v, prior_m, prior_v):
    return kl_divergence(Normal(m, (v / 2).exp()), Normal(prior_m, (prior_v / 2).exp())).sum(dim=-1)


def by_loop(mean, log_var, prior_mean, prior_log_var):
    total = 0
    for j in range(mean.shape[1]):
        s2, t2 = torch.exp(log_var[:, j]), torch.exp(prior_log_var[:, j])
        total = total + 0.5 * ((mean[:, j] - prior_mean[:, j]) ** 2 / t2 + s2 / t2 - 1 - torch.log(s2 / t2))
    return total


def by_expectations(mean, log_var, prior_mean, prior_log_var):
    entropy = 0.5 * (log_var + 1).sum(1)
    cross = 0.5 * (prior_log_var + (log_var.exp() + (mean - prior_mean) ** 2) * torch.exp(-prior_log_var)).sum(1)
    return cross - entropy


def in_place(mean, log_var, prior_mean, prior_log_var):
    mean -= prior_mean
    log_var -= prior_log_var
    return (mean.pow(2) * (-prior_log_var).exp() + log_var.exp() - 1 - log_var).sum(-1).div(2)


# --- 8.2 ---------------------------------------------------------------------------------------------------


def draw_by_rsample(mu, log_var, k):
    return Normal(mu, torch.exp(0.5 * log_var)).rsample((k,))


def draw_by_loop(mean, log_var, k):
    return torch.stack([mean + torch.sqrt(log_var.exp()) * torch.randn_like(mean) for _ in range(k)])


def draw_by_two_loops(mean, log_var, k):
    def one(i):
        return Normal(mean[i], (log_var[i] / 2).exp()).rsample()

    return torch.stack([torch.stack([one(i) for i in range(len(mean))]) for _ in range(k)])


def draw_repeated(mean, log_var, k):
    n, d = mean.shape
    flat = mean.repeat(k, 1) + (log_var / 2).exp().repeat(k, 1) * torch.normal(0.0, 1.0, (k * n, d))
    return flat.view(k, n, d)


def draw_in_full(mean, log_var, k):
    return MultivariateNormal(mean, torch.diag_embed(log_var.exp())).rsample((k,))


def draw_shared_by_images(mean, log_var, k):
    return torch.stack([mean + (log_var / 2).exp() * torch.randn(mean.shape[1]) for _ in range(k)])


# --- 8.3 ---------------------------------------------------------------------------------------------------


def bound_by_largest(log_w):
    top = log_w.max(dim=1, keepdim=True).values
    return (top + (log_w - top).exp().mean(1, keepdim=True).log()).squeeze(1)


def bound_by_rows(log_weights):
    return torch.stack([torch.logsumexp(row, 0) - math.log(len(row)) for row in log_weights])


def bound_shifted(log_weights):
    return torch.logsumexp(log_weights - math.log(log_weights.size(1)), dim=1)


# --- 8.5 and 8.6 -------------------------------------------------------------------------------------------


def active_by_loop(codes):
    count = 0
    for column in codes.T:
        if ((column - column.mean()) ** 2).mean() > 0.01:
            count += 1
    return count


def losses_by_rsample(encoder, decoder, x):
    m, v = encoder(x).chunk(2, 1)
    q = Normal(m, v.mul(0.5).exp())
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean()
    return -Normal(decoder(q.rsample()), 0.3).log_prob(x).sum() / len(x), kl


def losses_written_out(encoder, decoder, x):
    mean, log_var = encoder(x).split(4, dim=1)
    z = torch.randn(mean.shape) * log_var.exp().sqrt() + mean
    squared = (decoder(z) - x).pow(2).sum(1).mean()
    constant = x.shape[1] * (math.log(0.3) + 0.5 * math.log(2 * math.pi))
    return squared / (2 * 0.3**2) + constant, (0.5 * (mean**2 + log_var.exp() - 1 - log_var)).sum(1).mean()


def losses_by_mse(encoder, decoder, x):
    output = encoder(x)
    mean, log_var = output[:, :4], output[:, 4:]
    std = torch.exp(log_var / 2)
    z = torch.addcmul(mean, std, torch.empty_like(std).normal_())
    constant = x.shape[1] * math.log(0.3 * math.sqrt(2 * math.pi))
    reconstruction = nn.functional.mse_loss(decoder(z), x, reduction="sum") / len(x) / 0.18 + constant
    return reconstruction, -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp()) / len(x)


def losses_with(z_of, kl_of=None):
    def losses(encoder, decoder, x):
        mean, log_var = encoder(x).chunk(2, dim=-1)
        kl = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0))
        reconstruction = -Normal(decoder(z_of(mean, log_var)), 0.3).log_prob(x).sum(1).mean()
        return reconstruction, kl.mean() if kl_of == "mean" else kl.sum(1).mean()

    return losses


def drawn_without_gradient(mean, log_var):
    with torch.no_grad():
        return mean + (0.5 * log_var).exp() * torch.randn_like(mean)


VARIANTS = {
    "8.1": [(by_distributions,), (by_loop,), (by_expectations,), (in_place,)],
    "8.2": [(draw_by_rsample,), (draw_by_loop,), (draw_by_two_loops,), (draw_repeated,), (draw_in_full,)],
    "8.3": [(bound_by_largest,), (bound_by_rows,), (bound_shifted,)],
    "8.4": [
        (lambda d, m, w: (w * d / (2 * m)) ** 0.5, 0.000408),
        (lambda pixels, latent_dim, weight: (0.5 * weight / latent_dim * pixels) ** 0.5, torch.tensor(0.00040816)),
        (lambda d, m, w: torch.tensor(w * d / m / 2, dtype=torch.float64).sqrt(), 4.08e-4),
    ],
    "8.5": [
        (active_by_loop, "C"),
        (lambda means: ((means**2).mean(0) - means.mean(0) ** 2 > 0.01).sum(), " c "),
        (lambda means: sum(v > 0.01 for v in torch.var(means, dim=0).tolist()), "c"),
    ],
    "8.6": [("D", losses_by_rsample), (" d ", losses_written_out), ("d", losses_by_mse)],
}

MUTANTS = {
    "8.1": [
        (
            "the divergence the other way round",
            (lambda m, v, pm, pv: kl_divergence(Normal(pm, (pv / 2).exp()), Normal(m, (v / 2).exp())).sum(1),),
        ),
        ("a mean over the dimensions", (lambda m, v, pm, pv: by_loop(m, v, pm, pv) / m.shape[1],)),
        (
            "log_var read as the logarithm of the standard deviation",
            (lambda m, v, pm, pv: kl_divergence(Normal(m, v.exp()), Normal(pm, pv.exp())).sum(1),),
        ),
        ("a prior that is left out", (lambda m, v, pm, pv: 0.5 * (m**2 + v.exp() - 1 - v).sum(-1),)),
    ],
    "8.2": [
        ("a code without noise", (lambda mean, log_var, k: torch.stack([mean * (log_var / 2).exp()] * k),)),
        ("a code without noise", (lambda mean, log_var, k: mean.repeat(k, 1, 1),)),
        (
            "one draw, repeated k times",
            (lambda mean, log_var, k: torch.stack([Normal(mean, (log_var / 2).exp()).rsample()] * k),),
        ),
        ("noise that all images of the batch share", (draw_shared_by_images,)),
        (
            "exp(log_var) used as the standard deviation",
            (lambda mean, log_var, k: Normal(mean, log_var.exp()).rsample((k,)),),
        ),
        (
            "a draw that is cut off from the encoder",
            (lambda mean, log_var, k: Normal(mean, (log_var / 2).exp()).sample((k,)),),
        ),
    ],
    "8.3": [
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
    "8.4": [
        ("a KL taken as summed", (lambda d, m, w: (0.5 * d * w) ** 0.5, 0.000408)),
        ("a factor of two that got lost", (lambda d, m, w: (d * w) ** 0.5 / m**0.5, 0.000408)),
        ("a standard deviation that was not squared", (lambda d, m, w: (w * d / (2 * m)) ** 0.5, 0.00408)),
    ],
    "8.5": [
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
    "8.6": [
        ("the function as it was", ("D", losses_with(lambda mean, log_var: log_var.exp().sqrt() * mean))),
        ("a code that is still not drawn", ("D", losses_with(lambda mean, log_var: mean))),
        (
            "noise that multiplies the mean",
            ("D", losses_with(lambda mean, v: torch.randn_like(mean) * v.exp().sqrt() * mean)),
        ),
        (
            "noise that all images of the batch share",
            ("D", losses_with(lambda m, v: m + torch.randn(1, 4) * v.exp().sqrt())),
        ),
        ("noise that σ does not scale", ("D", losses_with(lambda mean, log_var: mean + torch.randn_like(mean)))),
        (
            "noise of the size σ²",
            ("D", losses_with(lambda mean, log_var: Normal(mean, log_var.exp()).rsample())),
        ),
        ("a draw that is cut off from the encoder", ("D", losses_with(drawn_without_gradient))),
        (
            "a KL repaired that was right",
            ("D", losses_with(lambda m, v: m + (v / 2).exp() * torch.randn_like(m), kl_of="mean")),
        ),
        ("posterior collapse", ("a", losses_by_rsample)),
    ],
}
