"""Answers to the turns of lesson 12: right ones in other styles, known mistakes in other words, and near neighbours.

A mistake that is nobody's by name ("") is wrong all the same.
"""

import numpy as np
import torch
from scipy.linalg import sqrtm
from torch.linalg import eigh, eigvalsh

# --- 12.1 ---


def dealt_from_a_pack(count, sizes):
    pack, piles = torch.randperm(count).tolist(), []
    for size in sizes:
        piles.append(torch.tensor(pack[:size]))
        pack = pack[size:]
    return piles


def dealt_by_noise(count, sizes):
    order, start, piles = torch.rand(count).argsort(), 0, []
    for size in sizes:
        piles.append(order[start : start + size])
        start += size
    return tuple(piles)


def dealt_without_replacement(count, sizes):
    return tuple(torch.multinomial(torch.ones(count), sum(sizes)).split(list(sizes)))


def dealt_anew(count, sizes):
    return [torch.rand(count).argsort()[:size] for size in sizes]


def dealt_by_choice(count, sizes):
    return [torch.randint(0, count, (size,)) for size in sizes]


def dealt_backwards(count, sizes):
    return torch.arange(count).flip(0)[: sum(sizes)].split(list(sizes))


def dealt_from_the_start(count, sizes):
    return torch.randperm(sum(sizes)).split(list(sizes))


# --- 12.2 ---


def covariance(x, less=1):
    centred = x - x.mean(0)
    return centred.T @ centred / (len(x) - less)


def by_symmetric_root(first, second):
    a, b = covariance(first), covariance(second)
    values, vectors = eigh(a)
    root = vectors * values.sqrt() @ vectors.T
    overlap = eigvalsh(root @ b @ root).clamp(min=0).sqrt().sum()
    return ((first.mean(0) - second.mean(0)) ** 2).sum() + a.trace() + b.trace() - 2 * overlap


def in_numpy(first, second):
    first, second = first.numpy(), second.numpy()
    a, b = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    shift = first.mean(0) - second.mean(0)
    return float(shift @ shift + np.trace(a + b - 2 * sqrtm(a @ b).real))


def divided_by_n(first, second):
    a, b = covariance(first, 0), covariance(second, 0)
    root = torch.linalg.eigvals(a @ b).sqrt().real.sum()
    return (first.mean(0) - second.mean(0)).square().sum() + torch.trace(a + b) - 2 * root


def one_divided_by_n(first, second):
    a, b = covariance(first, 0), covariance(second)
    root = torch.linalg.eigvals(a @ b).sqrt().real.sum()
    return (first.mean(0) - second.mean(0)).square().sum() + torch.trace(a + b) - 2 * root


def entries_rooted(first, second):
    a, b = covariance(first), covariance(second)
    return (first.mean(0) - second.mean(0)).square().sum() + (a + b - 2 * (a @ b).abs().sqrt()).trace()


def entries_multiplied(first, second):
    a, b = covariance(first), covariance(second)
    return (first.mean(0) - second.mean(0)).square().sum() + (a + b - 2 * (a * b).sqrt()).trace()


def one_covariance(first, second):
    a = covariance(first)
    return (first.mean(0) - second.mean(0)).square().sum() + 2 * a.trace() - 2 * a.trace()


# --- 12.3 ---


def covered_one_by_one(real, fake, k):
    count = 0
    for i, centre in enumerate(real):
        others = torch.cat([real[:i], real[i + 1 :]])
        radius = (others - centre).norm(dim=1).sort().values[k - 1]
        count += bool(((fake - centre).norm(dim=1) < radius).any())
    return count / len(real)


def covered_by_nearest(real, fake, k):
    radius = torch.cdist(real, real).topk(k + 1, largest=False).values[:, -1]
    return (torch.cdist(real, fake).min(1).values < radius).float().mean()


def covered_too_little(real, fake, k):
    radius = torch.cdist(real, real).sort(1).values[:, k - 1]
    return (torch.cdist(real, fake).min(1).values < radius).float().mean()


def covered_too_much(real, fake, k):
    return covered_by_nearest(real, fake, k + 1)


def covered_with_the_mean_radius(real, fake, k):
    radius = torch.cdist(real, real).kthvalue(k + 1).values.mean()
    return (torch.cdist(real, fake).min(1).values < radius).float().mean()


# --- 12.4 ---


def near_one_by_one(samples, known):
    found = []
    for sample in samples:
        apart = (known - sample).norm(dim=1)
        t = int(apart.argmin())
        others = torch.cat([known[:t], known[t + 1 :]])
        found.append(apart[t] / (others - known[t]).norm(dim=1).min())
    return torch.stack(found)


def near_by_table(samples, known):
    among = torch.cdist(known, known).fill_diagonal_(float("inf")).min(1).values
    apart, at = torch.cdist(samples, known).min(1)
    return apart / among[at]


def near_the_wrong_way(samples, known):
    return 1 / near_by_table(samples, known)


def near_by_a_typical_unit(samples, known):
    among = torch.cdist(known, known).fill_diagonal_(float("inf")).min(1).values
    return torch.cdist(samples, known).min(1).values / among.mean()


def near_by_the_third(samples, known):
    apart, at = torch.cdist(samples, known).min(1)
    return apart / torch.cdist(known[at], known).kthvalue(3).values


VARIANTS = {
    "12.1": [(dealt_from_a_pack,), (dealt_by_noise,), (dealt_without_replacement,)],
    "12.2": [(by_symmetric_root,), (in_numpy,)],
    "12.3": [(covered_one_by_one,), (covered_by_nearest,)],
    "12.4": [(near_one_by_one,), (near_by_table,)],
}

MUTANTS = {
    "12.1": [
        ("piles that overlap", (dealt_anew,)),
        ("numbers drawn with replacement", (dealt_by_choice,)),
        ("the same deal each time", (dealt_backwards,)),
        ("", (dealt_from_the_start,)),
    ],
    "12.2": [
        ("covariances divided by n", (divided_by_n,)),
        ("a root of each entry", (entries_rooted,)),
        ("features taken one by one", (entries_multiplied,)),
        ("", (one_divided_by_n,)),
        ("", (one_covariance,)),
        ("", (lambda first, second: by_symmetric_root(first[:6], second[:6]),)),
    ],
    "12.3": [
        ("a point counted as its own neighbour", (covered_too_little,)),
        ("", (covered_too_much,)),
        ("", (covered_with_the_mean_radius,)),
    ],
    "12.4": [
        ("a ratio upside down", (near_the_wrong_way,)),
        ("", (near_by_a_typical_unit,)),
        ("", (near_by_the_third,)),
    ],
}
