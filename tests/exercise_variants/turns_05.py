"""Answers to the turns of lesson 05: right ones in other styles, known mistakes in other words, and near neighbours."""

import torch
from torch.nn import functional as F

from course_utils.checks.turns.lesson_05.logit_gradients import non_saturating_slope, saturating_slope

# --- 05.1 the slopes ---------------------------------------------------------------------------------------


def saturating_by_autograd(f):
    f = f.detach().clone().requires_grad_()
    return torch.autograd.grad(torch.log(1 - f.sigmoid()).sum(), f)[0]


def non_saturating_by_autograd(f):
    f = f.detach().clone().requires_grad_()
    F.softplus(-f).sum().backward()
    return f.grad


def least_squares_slope(f):
    """A near neighbour: another loss."""
    return f - 1


# --- 05.2 signal to noise ----------------------------------------------------------------------------------


def ratio_by_variances(g):
    noise = g.var(dim=0).sum()
    return g.mean(0).pow(2).sum() / noise - 1 / len(g)


def ratio_by_loops(gradients):
    batches = gradients.shape[0]
    mean = sum(gradients) / batches
    noise = sum((row - mean).dot(row - mean) for row in gradients) / (batches - 1)
    return float((mean @ mean - noise / batches) / noise)


def ratio_with_signal_as_it_is(g):
    return g.mean(0).norm() ** 2 / g.var(dim=0).sum()


def ratio_of_single_weights(g):
    """A near neighbour: a ratio for each weight, averaged."""
    return (g.mean(0) ** 2 / g.var(0)).mean()


# --- 05.3 correction ---------------------------------------------------------------------------------------


def correction_by_normalize(gradients, size=0.2):
    return size * F.normalize(gradients, dim=1, eps=1e-30)


def correction_by_loop(gradients, size=0.2):
    rows = [size * row / row.norm() if row.norm() > 0 else row for row in gradients]
    return torch.stack(rows)


def correction_in_place(gradients, size=0.2):
    norms = gradients.square().sum(1, keepdim=True).sqrt()
    norms[norms == 0] = 1
    return gradients.div_(norms).mul_(size)


def clipped_rows(gradients, size=0.2):
    norms = gradients.norm(dim=1, keepdim=True)
    return torch.where(norms > size, gradients * size / norms, gradients)


def correction_by_largest(gradients, size=0.2):
    """A near neighbour: another norm."""
    return size * gradients / gradients.abs().amax(1, keepdim=True).clamp(min=1e-30)


# --- 05.4 soft labels --------------------------------------------------------------------------------------


def soft_by_cross_entropy(r, f, real_label, fake_label):
    loss = F.binary_cross_entropy_with_logits
    return loss(r, torch.full_like(r, real_label)) + loss(f, torch.full_like(f, fake_label))


def soft_by_a_line(r, f, a, b):
    """softplus(t) − softplus(−t) = t."""
    return (F.softplus(r) - a * r).mean() + (F.softplus(f) - b * f).mean()


def soft_by_logsigmoid(r, f, a, b):
    real = a * F.logsigmoid(r) + (1 - a) * F.logsigmoid(-r)
    fake = b * F.logsigmoid(f) + (1 - b) * F.logsigmoid(-f)
    return -(real.mean() + fake.mean())


def soft_with_one_mean(r, f, a, b):
    logits, labels = torch.cat([r, f]), torch.cat([torch.full_like(r, a), torch.full_like(f, b)])
    return F.binary_cross_entropy_with_logits(logits, labels)


def soft_least_squares(r, f, a, b):
    """A near neighbour: another distance from the labels."""
    return (r.sigmoid() - a).square().mean() + (f.sigmoid() - b).square().mean()


VARIANTS = {
    "05.1": [
        (saturating_by_autograd, non_saturating_by_autograd),
        (lambda f: -1 / (1 + (-f).exp()), lambda f: f.sigmoid() - 1),
    ],
    "05.2": [(ratio_by_variances,), (ratio_by_loops,)],
    "05.3": [(correction_by_normalize,), (correction_by_loop,), (correction_in_place,)],
    "05.4": [(soft_by_cross_entropy,), (soft_by_a_line,), (soft_by_logsigmoid,)],
}
MUTANTS = {
    "05.1": [
        ("the slope of the non-saturating loss", (lambda f: f.sigmoid() - 1, non_saturating_slope)),
        ("a flipped sign in the non-saturating slope", (saturating_slope, lambda f: 1 - f.sigmoid())),
        ("", (saturating_slope, least_squares_slope)),
    ],
    "05.2": [
        ("a signal that still holds noise", (ratio_with_signal_as_it_is,)),
        ("", (ratio_of_single_weights,)),
    ],
    "05.3": [
        ("clipping", (clipped_rows,)),
        ("", (correction_by_largest,)),
    ],
    "05.4": [
        ("one mean over both halves", (soft_with_one_mean,)),
        ("", (soft_least_squares,)),
    ],
}
