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


def dealt_as_lists(count, sizes):
    return [pile.tolist() for pile in dealt_by_noise(count, sizes)]


def dealt_as_columns(count, sizes):
    return [pile[:, None] for pile in dealt_by_noise(count, sizes)]


def dealt_as_fractions(count, sizes):
    return [pile.double() for pile in dealt_by_noise(count, sizes)]


def dealt_in_strides(count, sizes):
    return [torch.arange(count)[k :: len(sizes)][:size] for k, size in enumerate(sizes)]


def dealt_by_one_generator(count, sizes):
    order = torch.randperm(count, generator=torch.Generator().manual_seed(3))
    return order[: sum(sizes)].split(list(sizes))


def dealt_from_one_end(count, sizes):
    order = torch.rand(count).argsort()
    return [order[-size:] for size in sizes]


def dealt_with_one_too_many(count, sizes):
    order, ends = torch.rand(count).argsort(), torch.tensor(sizes).cumsum(0).tolist()
    return [order[end - size - (k > 0) : end - (k > 0)] for k, (size, end) in enumerate(zip(sizes, ends, strict=True))]


def dealt_half_and_half(count, sizes):
    """Half of the second pile is in the first: neither one number nor all."""
    order = torch.randperm(count)
    start = sizes[0] - sizes[1] // 2
    return order[: sizes[0]], order[start : start + sizes[1]]


def dealt_and_not_left_over(count, sizes):
    return torch.split(torch.rand(count).argsort(), tuple(sizes))


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


def from_eigenvalues(first, second, values, a=None, b=None):
    a, b = covariance(first) if a is None else a, covariance(second) if b is None else b
    overlap = 2 * values(a, b).clamp(min=0).sqrt().sum()
    return (first.mean(0) - second.mean(0)).square().sum() + a.trace() + b.trace() - overlap


def multiplied_entrywise(first, second):
    return from_eigenvalues(first, second, lambda a, b: torch.linalg.eigvals(torch.mul(a, b)).real)


def multiplied_eigenvalues(first, second):
    return from_eigenvalues(first, second, lambda a, b: torch.linalg.svdvals(a).flip(0) * eigvalsh(b))


def multiplied_the_wrong_way_round(first, second):
    """Near neighbour of separate eigenvalues: the largest of one with the smallest of the other."""
    return from_eigenvalues(first, second, lambda a, b: eigvalsh(a) * eigvalsh(b).flip(0))


def as_if_symmetric(first, second):
    return from_eigenvalues(first, second, lambda a, b: eigh(a @ b).eigenvalues)


def as_if_symmetric_by_the_upper_half(first, second):
    return from_eigenvalues(first, second, lambda a, b: eigvalsh(a @ b, UPLO="U"))


def eigenvalues_of(a, b):
    return torch.linalg.eigvals(a @ b).real


def not_centred(first, second):
    a, b = (sum(torch.outer(row, row) for row in x) / (len(x) - 1) for x in (first, second))
    return from_eigenvalues(first, second, eigenvalues_of, a, b)


def not_centred_once(first, second):
    return from_eigenvalues(first, second, eigenvalues_of, a=first.T @ first / (len(first) - 1))


def by_correlations(first, second):
    a, b = (torch.from_numpy(np.corrcoef(x.numpy(), rowvar=False)) for x in (first, second))
    return from_eigenvalues(first, second, eigenvalues_of, a, b)


def by_one_correlation(first, second):
    return from_eigenvalues(first, second, eigenvalues_of, a=torch.corrcoef(first.T))


def shifted_absolutely(first, second):
    shift = first.mean(0) - second.mean(0)
    return by_symmetric_root(first, second) - (shift**2).sum() + shift.norm(p=1)


def shifted_by_the_largest(first, second):
    shift = first.mean(0) - second.mean(0)
    return by_symmetric_root(first, second) - (shift**2).sum() + shift.abs().max()


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


def inside(real, fake, k):
    return torch.cdist(real, fake) < torch.cdist(real, real).sort(1).values[:, k, None]


def covered_per_sample(real, fake, k):
    return int((inside(real, fake, k).sum(1) > 0).sum()) / len(fake)


def covered_by_all(real, fake, k):
    return (inside(real, fake, k).float().min(1).values == 1).float().mean()


def covered_in_pairs(real, fake, k):
    return inside(real, fake, k).sum() / (len(real) * len(fake))


def covered_k_times(real, fake, k):
    return (torch.cdist(real, fake).kthvalue(k).values < torch.cdist(real, real).kthvalue(k + 1).values).float().mean()


def covered_twice(real, fake, k):
    """Near neighbour of k points in each ball."""
    return (inside(real, fake, k).sum(1) >= k + 1).float().mean()


def covered_by_most(real, fake, k):
    """Near neighbour of all points in each ball."""
    return (inside(real, fake, k).float().mean(1) > 0.05).float().mean()


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


def near_by_comparison_with_zero(samples, known):
    among = torch.cdist(known, known) + 1e-9
    among[among == 0] = float("inf")
    apart, at = torch.cdist(samples, known).min(1)
    return apart / among.min(1).values[at]


def near_by_the_samples_second(samples, known):
    order = torch.cdist(samples, known).argsort(1)
    first, second = known[order[:, 0]], known[order[:, 1]]
    return (samples - first).norm(dim=1) / (first - second).norm(dim=1)


def near_by_the_samples_third(samples, known):
    order = torch.cdist(samples, known).argsort(1)
    first, third = known[order[:, 0]], known[order[:, 2]]
    return (samples - first).norm(dim=1) / (first - third).norm(dim=1)


def near_by_rows(samples, known):
    among = torch.cdist(known, known).fill_diagonal_(float("inf")).min(1).values
    return torch.cdist(samples, known).min(1).values / among[: len(samples)]


def near_by_the_last_rows(samples, known):
    among = torch.cdist(known, known).fill_diagonal_(float("inf")).min(1).values
    return torch.cdist(samples, known).min(1).values / among[-len(samples) :]


def near_by_difference(samples, known):
    among = torch.cdist(known, known).fill_diagonal_(float("inf")).min(1).values
    apart, at = torch.cdist(samples, known).min(1)
    return apart.sub(among[at])


def near_by_the_median_unit(samples, known):
    among = torch.cdist(known, known).fill_diagonal_(float("inf")).min(1).values
    return torch.cdist(samples, known).min(1).values / among.median()


VARIANTS = {
    "12.1": [(dealt_from_a_pack,), (dealt_by_noise,), (dealt_without_replacement,), (dealt_as_lists,)],
    "12.2": [(by_symmetric_root,), (in_numpy,)],
    "12.3": [(covered_one_by_one,), (covered_by_nearest,)],
    "12.4": [(near_one_by_one,), (near_by_table,)],
}

MUTANTS = {
    "12.1": [
        ("piles that overlap", (dealt_anew,)),
        ("piles that overlap", (dealt_half_and_half,)),
        ("numbers drawn with replacement", (dealt_by_choice,)),
        ("no number left over", (dealt_and_not_left_over,)),
        ("slices from the same start", (dealt_from_one_end,)),
        ("slices that share a number", (dealt_with_one_too_many,)),
        ("the same piles each time", (dealt_backwards,)),
        ("the same piles each time", (dealt_in_strides,)),
        ("the same piles each time", (dealt_by_one_generator,)),
        ("", (dealt_from_the_start,)),
        ("", (dealt_as_columns,)),
        ("", (dealt_as_fractions,)),
    ],
    "12.2": [
        ("covariances divided by n", (divided_by_n,)),
        ("a root of each entry", (entries_rooted,)),
        ("features taken one by one", (entries_multiplied,)),
        ("a product entry by entry", (multiplied_entrywise,)),
        ("eigenvalues of each matrix alone", (multiplied_eigenvalues,)),
        ("eigvalsh of a matrix that is not symmetric", (as_if_symmetric,)),
        ("moments without the mean subtracted", (not_centred,)),
        ("correlations", (by_correlations,)),
        ("a sum of absolute differences", (shifted_absolutely,)),
        ("", (multiplied_the_wrong_way_round,)),
        ("", (as_if_symmetric_by_the_upper_half,)),
        ("", (not_centred_once,)),
        ("", (by_one_correlation,)),
        ("", (shifted_by_the_largest,)),
        ("", (one_divided_by_n,)),
        ("", (one_covariance,)),
        ("", (lambda first, second: by_symmetric_root(first[:6], second[:6]),)),
    ],
    "12.3": [
        ("a point counted as its own neighbour", (covered_too_little,)),
        ("a share of the generated points", (covered_per_sample,)),
        ("balls that hold all points", (covered_by_all,)),
        ("a mean over pairs", (covered_in_pairs,)),
        ("k generated points in each ball", (covered_k_times,)),
        ("", (covered_twice,)),
        ("", (covered_by_most,)),
        ("", (covered_too_much,)),
        ("", (covered_with_the_mean_radius,)),
    ],
    "12.4": [
        ("a ratio upside down", (near_the_wrong_way,)),
        ("a known image that finds itself", (near_by_comparison_with_zero,)),
        ("the neighbour chosen by the sample", (near_by_the_samples_second,)),
        ("the neighbours of other images", (near_by_rows,)),
        ("a difference", (near_by_difference,)),
        ("one unit for all", (near_by_a_typical_unit,)),
        ("", (near_by_the_samples_third,)),
        ("", (near_by_the_last_rows,)),
        ("", (near_by_the_median_unit,)),
        ("", (near_by_the_third,)),
    ],
}
