"""Answers to the exercises of lesson 06: right ones in other styles, and known mistakes in other words."""

import cmath
import math

import numpy as np
import torch
from torch.nn import functional as F

from course_utils.checks.lesson_06.lazy_brake import lazy_factor
from course_utils.checks.lesson_06.look_ahead import consensus_factor, extragradient_factor
from course_utils.checks.lesson_06.one_side import losses

J = torch.tensor([[0.0, 0.5], [-0.5, 0.0]], dtype=torch.float64)
TURN = torch.tensor([[0.0, 1.0], [-1.0, 0.0]], dtype=torch.float64)
ONE = torch.eye(2, dtype=torch.float64)

# --- 6.1 the optimistic step -------------------------------------------------------------------------------


def continued(s, new, old, h):
    return s + h * new + h * (new - old)


def with_lerp(state, now, before, h):
    return torch.add(state, torch.lerp(before, now, 2.0), alpha=h)


def in_place(state, now, before, h):
    state += now.mul_(2).sub_(before).mul_(h)
    return state


def plain(state, now, before, h):
    return state + h * now


def adams(state, now, before, h):
    return state + h * (1.5 * now - 0.5 * before)


# --- 6.2 two factors ---------------------------------------------------------------------------------------


def ahead_by_eigenvalues(h):
    return torch.linalg.eigvals(ONE + h * TURN @ (ONE + h * TURN)).abs().max().item()


def consensus_by_eigenvalues(h, c):
    return torch.linalg.eigvals(ONE + h * (TURN - c * TURN.T @ TURN)).abs().max()


def consensus_with_the_square(h, c):
    return torch.linalg.eigvals(ONE + h * (TURN - c * TURN @ TURN)).abs().max()


# --- 6.3 the running mean ----------------------------------------------------------------------------------


def looped_mean(path):
    return torch.stack([path[: k + 1].mean(dim=0) for k in range(len(path))])


def updated_mean(path):
    means = path.clone()
    for k in range(1, len(path)):
        means[k] = means[k - 1] + (path[k] - means[k - 1]) / (k + 1)
    return means


def by_a_triangle(path):
    weights = torch.ones(len(path), len(path), dtype=path.dtype).tril()
    return weights / weights.sum(dim=1, keepdim=True) @ path


def unfinished_sum(path):
    return torch.stack([path[: k + 1].sum(dim=0) for k in range(len(path))])


def divided_by_all(path):
    return torch.cumsum(path / path.shape[0], 0)


def excluding(path):
    return torch.stack([path[: max(k, 1)].mean(dim=0) for k in range(len(path))])


# --- 6.4 the lazy brake ------------------------------------------------------------------------------------


def lazy_looped(h, gamma, every):
    state = torch.eye(2, dtype=torch.float64)
    for step in range(every):
        field = J.clone()
        if step == every - 1:
            field[1, 1] -= every * gamma
        state = state + h * field @ state
    return torch.linalg.eigvals(state).abs().max() ** (1 / every)


def lazy_numpy(h, gamma, k):
    free = np.array([[1, h / 2], [-h / 2, 1]])
    product = (free + np.array([[0, 0], [0, -h * gamma * k]])) @ np.linalg.matrix_power(free, k - 1)
    return float(np.abs(np.linalg.eigvals(product)).max() ** (1 / k))


def lazy_by_formula(h, gamma, every):
    free = torch.tensor([[1, h / 2], [-h / 2, 1]], dtype=torch.float64)
    m = torch.linalg.matrix_power(free, every - 1) @ (free - torch.diag(torch.tensor([0, h * gamma * every])).double())
    trace, det = m.trace().item(), m.det().item()
    root = cmath.sqrt(trace**2 / 4 - det)
    return math.exp(math.log(max(abs(trace / 2 + root), abs(trace / 2 - root))) / every)


# --- 6.5 the repaired losses -------------------------------------------------------------------------------


def by_logsigmoid(theta, psi):
    return F.logsigmoid(-theta * psi), -F.logsigmoid(-theta * psi) + math.log(2)


def by_the_value(theta, psi):
    v = -math.log(2) - torch.log1p(torch.exp(theta * psi))
    return v, -v


def in_place_of_v(theta, psi):
    """The term that G cannot change moves nobody."""
    v = F.logsigmoid(torch.zeros_like(psi)) + F.logsigmoid(-theta * psi)
    return v, -v


def raising_log_d(theta, psi):
    return F.softplus(-theta * psi), F.softplus(theta * psi) + math.log(2)


def helpful(theta, psi):
    loss = F.softplus(theta * psi) + math.log(2)
    return loss, loss


VARIANTS = {
    "6.1": [(continued,), (with_lerp,), (in_place,)],
    "6.2": [
        (ahead_by_eigenvalues, consensus_by_eigenvalues, 1),
        (lambda h: abs(1 + 1j * h - h * h), lambda h, c: math.hypot(1 - h * c, h), torch.tensor(1.0)),
        (lambda h: (1 - h**2 + h**4) ** 0.5, lambda h, c: abs(1 + h * (1j - c)), 1.0),
    ],
    "6.3": [(looped_mean, "b"), (updated_mean, " B"), (by_a_triangle, "B ")],
    "6.4": [(lazy_looped, " b "), (lazy_numpy, "b"), (lazy_by_formula, "B")],
    "6.5": [("b", by_logsigmoid), (" B", by_the_value), ("B ", in_place_of_v)],
}

MUTANTS = {
    "6.1": [
        ("a simultaneous step", (plain,)),
        ("half of the change", (adams,)),
        ("the two directions exchanged", (lambda s, now, before, h: continued(s, before, now, h),)),
    ],
    "6.2": [
        ("a look-ahead that is itself a step", (lambda h: abs((1 + 1j * h) ** 2), consensus_factor, 1.0)),
        ("a push in place of a brake", (extragradient_factor, consensus_with_the_square, 1.0)),
        ("the largest step of the minimax game", (extragradient_factor, consensus_factor, 2)),
    ],
    "6.3": [
        ("a sum that was never divided", (unfinished_sum, "B")),
        ("one divisor for all rows", (divided_by_all, "B")),
        ("a mean that leaves the current state out", (excluding, "B")),
        ("noise that averages out", (looped_mean, "c")),
    ],
    "6.4": [
        ("a lazy penalty with its ordinary weight", (lambda h, g, k: lazy_looped(h, g / k, k), "B")),
        ("a factor of k rounds, not of one", (lambda h, g, k: lazy_numpy(h, g, k) ** k, "B")),
        ("a brake that is too weak", (lazy_factor, "c")),
    ],
    "6.5": [
        ("the losses as they were", ("B", helpful)),
        ("the non-saturating loss", ("B", raising_log_d)),
        ("a step that is too large", ("c", losses)),
    ],
}
