"""Answers to the turns of lesson 01: right ones in other styles, known mistakes in other words, near neighbours.

A mistake that is nobody's by name ("") is wrong all the same.
"""

import math

import torch
from torch.nn import functional as F

# --- 01.1 the value ----------------------------------------------------------------------------------------


def with_log1p(real, fake):
    return torch.log(real).sum() / len(real) + torch.log1p(-fake).sum() / len(fake)


def by_cross_entropy(real, fake):
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    return -F.binary_cross_entropy(real, ones) - F.binary_cross_entropy(fake, zeros)


def loss(real, fake):
    return -with_log1p(real, fake)


def of_all(real, fake):
    return torch.cat([real, 1 - fake]).log().mean()


def doubled(real, fake):
    return 2 * with_log1p(real, fake)


# --- 01.2 the losses ---------------------------------------------------------------------------------------


def d_by_logsigmoid(real_logits, fake_logits):
    return -F.logsigmoid(real_logits).mean() - F.logsigmoid(-fake_logits).mean()


def g_by_logsigmoid(f):
    return F.logsigmoid(-f).mean()


def d_by_cross_entropy(r, f):
    real = F.binary_cross_entropy_with_logits(r, torch.ones_like(r))
    return real + F.binary_cross_entropy_with_logits(f, torch.zeros_like(f))


def g_by_logaddexp(f):
    return -torch.logaddexp(torch.zeros(()), f).mean()


def naive_d(r, f):
    return -(r.sigmoid().log().mean() + (1 - f.sigmoid()).log().mean())


def pushed(f):
    return -F.logsigmoid(f).mean()


# --- 01.3 the best answer ----------------------------------------------------------------------------------


def as_sigmoid(p, q):
    return torch.sigmoid(p.log() - q.log())


def against(p, q):
    return 1 - q / (q + p)


def odds(p, q):
    return torch.exp(p.log() - q.log())


def squared(p, q):
    return p**2 / (p**2 + q**2)


# --- 01.4 the bracket --------------------------------------------------------------------------------------


def as_one_divergence(log_p, log_q, dx):
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    return 2 * (log_m.exp() * (log_m - log_p)).sum() * dx


def from_densities(log_p, log_q, dx):
    p, q = log_p.exp(), log_q.exp()
    m = (p + q) / 2
    jsd = dx * torch.sum(p * torch.log(p / m) + q * torch.log(q / m)) / 2
    return dx * torch.sum(q * torch.log(q / p)) - 2 * jsd


def without_width(log_p, log_q, dx):
    return from_densities(log_p, log_q, 1)


def half(log_p, log_q, dx):
    return as_one_divergence(log_p, log_q, dx) / 2


VARIANTS = {
    "01.1": [(with_log1p,), (by_cross_entropy,)],
    "01.2": [(d_by_logsigmoid, g_by_logsigmoid), (d_by_cross_entropy, g_by_logaddexp)],
    "01.3": [(as_sigmoid,), (against,)],
    "01.4": [(as_one_divergence,), (from_densities,)],
}

MUTANTS = {
    "01.1": [
        ("D's loss, the value with its sign changed", (loss,)),
        ("one mean over both kinds together", (of_all,)),
        ("", (doubled,)),
    ],
    "01.2": [
        ("the logarithm of a rounded probability", (naive_d, g_by_logsigmoid)),
        ("another loss, −log D", (d_by_logsigmoid, pushed)),
        ("", (d_by_logsigmoid, lambda f: g_by_logsigmoid(f) / 2)),
    ],
    "01.3": [
        ("the odds", (odds,)),
        ("the two densities exchanged", (lambda p, q: as_sigmoid(q, p),)),
        ("", (squared,)),
    ],
    "01.4": [
        ("a sum without its dx", (without_width,)),
        ("", (half,)),
    ],
}
