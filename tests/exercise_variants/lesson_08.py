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


def score_by_autograd(f, z, mean, std):
    mu = mean.clone().requires_grad_()
    rows = [torch.autograd.grad(Normal(mu, std).log_prob(one).sum(), mu)[0] for one in z]
    return torch.stack(rows) * f.view(-1, 1)


def score_by_einsum(f, z, mean, std):
    return torch.einsum("n,nd->nd", f, (z - mean) * std.pow(-2))


def score_by_loops(f, z, mean, std):
    return torch.stack([f * (z[:, j] - mean[j]) / std[j].square() for j in range(z.shape[1])], dim=1)


# --- 8.4 ---------------------------------------------------------------------------------------------------


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
    "8.3": [(score_by_autograd, "A"), (score_by_einsum, " a"), (score_by_loops, "a")],
    "8.4": [("D", losses_by_rsample), (" d ", losses_written_out), ("d", losses_by_mse)],
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
        (
            "a division by σ in the place of σ²",
            (lambda f, z, mean, std: torch.stack([v * (one - mean) / std for v, one in zip(f, z, strict=True)]), "A"),
        ),
        ("f left out", (lambda f, z, mean, std: (z - mean) / std.square(), "A")),
        ("an average over the draws", (lambda f, z, mean, std: score_by_einsum(f, z, mean, std).mean(dim=0), "A")),
        ("a fixed noise for all draws", (score_by_einsum, "c")),
    ],
    "8.4": [
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
