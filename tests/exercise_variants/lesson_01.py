"""Answers to the exercises of lesson 01: right ones in other styles, and known mistakes in other words."""

import math

import torch
from torch.nn import functional as F

# --- 1.1 a cautious label ----------------------------------------------------------------------------------


def as_sigmoid(p, q, t):
    return torch.sigmoid((t * p).log() - ((1 - t) * p + q).log())


def from_the_odds(p, q, t):
    odds = t * p / ((1 - t) * p + q)
    return odds / (1 + odds)


def looped_best(real, fake, t):
    best = []
    for a, b in zip(real.tolist(), fake.tolist(), strict=True):
        yes, no = t * a, (1 - t) * a + b
        best.append(yes / (yes + no))
    return torch.tensor(best)


def in_place(p, q, t):
    return q.add_(p).reciprocal_().mul_(p).mul_(t)


def weighted(real, fake, t):
    return torch.sigmoid(math.log(t) + real.log() - fake.log())


def two_sided(real, fake, t):
    return fake.lerp(real, t) / (real + fake)


def inverted_odds_against(p, q, t):
    return 1 / (((1 - t) * p + q) / (t * p))


# --- 1.2 the value -----------------------------------------------------------------------------------------


def with_where(p, q):
    best = p / (p + q)
    zero = torch.zeros_like(p)
    real = torch.where(p > 0, p * best.log(), zero)
    return real.sum() + torch.where(q > 0, q * (1 - best).log(), zero).sum()


def without_the_nans(p, q):
    terms = torch.stack([p, q]) * (torch.stack([p, q]) / (p + q)).log()
    return terms.nan_to_num().sum()


def from_the_divergences(p, q):
    m = (p + q) / 2
    kl = [F.kl_div(m.log(), x, reduction="sum") for x in (p, q)]
    return kl[0] + kl[1] - math.log(4)


def looped_value(p, q):
    total = 0.0
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        total += a * math.log(a / (a + b)) if a else 0.0
        total += b * math.log(b / (a + b)) if b else 0.0
    return total


def naive_value(p, q):
    best = p / (p + q)
    return torch.dot(p, best.log()) + torch.dot(q, (1 - best).log())


def in_bits(p, q):
    return from_the_divergences(p, q) * math.log2(math.e)


def only_real(p, q):
    best = p / (p + q)
    return p[p > 0] @ best[p > 0].log() + p[p > 0] @ (1 - best)[p > 0].log()


def written_out_divergence(p, q):
    m = (p + q) / 2
    return (torch.special.xlogy(p, p / m) + torch.special.xlogy(q, q / m)).sum() / 2


# --- 1.3 the pull with D held fixed ------------------------------------------------------------------------


def detached_pull(p, s):
    s = s.clone().requires_grad_()
    q = s.softmax(0)
    d = (p / (p + q)).detach()
    (-(q * d.log()).sum()).backward()
    return s.grad


def by_the_theorem(p, scores):
    def bracket(s):
        q = torch.softmax(s, 0)
        m = (p + q) / 2
        return (q * (q / p).log()).sum() - (p * (p / m).log() + q * (q / m).log()).sum()

    return torch.func.grad(bracket)(scores)


def by_the_jacobian(p, scores):
    q = torch.softmax(scores, 0)
    return (torch.diag(q) - torch.outer(q, q)) @ torch.log1p(q / p)


def all_flowing(p, s):
    s = s.clone().requires_grad_()
    q = s.softmax(0)
    return torch.autograd.grad((q * (1 + q / p).log()).sum(), s)[0]


def saturating_pull(p, s):
    s = s.clone().requires_grad_()
    q = s.softmax(0)
    d = (p / (p + q)).detach()
    return torch.autograd.grad((q * (1 - d).log()).sum(), s)[0]


# --- 1.4 two divergences -----------------------------------------------------------------------------------


def f_js(u):
    return u * math.log(2) + u * u.log() - (1 + u) * torch.log1p(u) + math.log(2)


def f_js_shifted(u):
    return f_js(u) + 3 * (u - 1)


def f_soft(u):
    return -u.log() - f_js(u)


def f_soft_shifted(u):
    return f_soft(u) - (u - 1) / 2


# --- 1.5 the repaired loss ---------------------------------------------------------------------------------


def by_logsigmoid(D, x, g):
    return -(F.logsigmoid(D(x)).mean() + F.logsigmoid(-D(g)).mean())


def by_cross_entropy(D, x, g):
    scores = D(torch.cat([x, g]))
    labels = torch.cat([torch.ones(len(x)), torch.zeros(len(g))])
    return 2 * F.binary_cross_entropy_with_logits(scores, labels)


def by_logaddexp(D, x, g):
    r, f = D(x), D(g.detach())
    zero = torch.zeros(())
    return torch.logaddexp(zero, -r).sum() / len(r) + torch.logaddexp(zero, f).sum() / len(f)


def averaged_over_both(D, x, g):
    return by_cross_entropy(D, x, g) / 2


def samples_as_logits(D, x, g):
    return -F.logsigmoid(x).mean() - F.logsigmoid(-D(g)).mean()


def all_real(D, x, g):
    scores = torch.cat([D(x), D(g)])
    return 2 * F.binary_cross_entropy_with_logits(scores, torch.ones_like(scores))


def sigmoids_as_logits(D, x, g):
    r, f = torch.sigmoid(D(x)), torch.sigmoid(D(g))
    return F.binary_cross_entropy_with_logits(r, torch.ones_like(r)) + F.softplus(f).mean()


LOGIT, JSD = 2.1972, 0.3804

VARIANTS = {
    "1.1": [
        (as_sigmoid, LOGIT),
        (looped_best, math.log(9)),
        (in_place, torch.tensor(0.9).logit()),
        (from_the_odds, 2.2),
    ],
    "1.2": [
        (with_where, 0.38),
        (from_the_divergences, torch.tensor(JSD)),
        (looped_value, JSD),
        (without_the_nans, 0.380),
    ],
    "1.3": [(detached_pull, 0.764), (by_the_theorem, torch.tensor(0.7637)), (by_the_jacobian, 0.763)],
    "1.4": [(f_js, f_soft, "c"), (f_js_shifted, f_soft_shifted, " C "), (f_js, f_soft_shifted, "(c)")],
    "1.5": [("c", by_logsigmoid), (" C ", by_cross_entropy), ("C", by_logaddexp)],
}

MUTANTS = {
    "1.1": [
        ("a weight where a label was meant", (weighted, LOGIT)),
        ("smoothed labels on both sides", (two_sided, LOGIT)),
        ("the odds instead of the probability", (inverted_odds_against, LOGIT)),
        ("a pair of odds the wrong way round", (as_sigmoid, torch.tensor(0.1).logit())),
        ("no bound", (as_sigmoid, torch.tensor(1.0).logit())),
        ("a probability", (as_sigmoid, torch.tensor(0.9))),
    ],
    "1.2": [
        ("a 0 · log 0 that was left to the computer", (naive_value, JSD)),
        ("a value in bits", (in_bits, JSD)),
        ("two expectations over the real samples", (only_real, JSD)),
        ("the Jensen–Shannon divergence", (written_out_divergence, JSD)),
        ("the value of the game", (with_where, -0.6255)),
    ],
    "1.3": [
        ("a D that moves along", (all_flowing, 0.7637)),
        ("the minimax loss", (saturating_pull, 0.7637)),
        ("the direction of descent", (lambda p, s: -by_the_jacobian(p, s), 0.7637)),
        ("KL(q‖p) alone", (by_the_jacobian, math.log(5))),
        ("a value in bits", (by_the_jacobian, 1.1018)),
    ],
    "1.4": [
        ("one JSD in place of two", (lambda u: f_js(u) / 2, f_soft, "C")),
        ("half of it", (f_js, lambda u: f_soft(u) / 2, "C")),
        ("the minimax loss", (f_js, f_js, "C")),
        ("an upper limit for both", (f_js, f_soft, "a")),
    ],
    "1.5": [
        ("the loss as it was", ("C", samples_as_logits)),
        ("a mean over both kinds together", ("C", averaged_over_both)),
        ("one label for both kinds", ("C", all_real)),
        ("a sigmoid too many", ("C", sigmoids_as_logits)),
        ("a discriminator that has won", (" a", by_logsigmoid)),
    ],
}
