"""Answers to the turns of lesson 04: right ones in other styles, known mistakes in other words, and near neighbours."""

import math

import torch

# --- 04.1 the birthday test --------------------------------------------------------------------------------


def birthday_looped(samples, near):
    pairs = alike = 0
    for i in range(len(samples)):
        for j in range(i):
            pairs += 1
            alike += (samples[i] - samples[j]).norm().item() < near
    return pairs / alike if alike else float("inf")


def birthday_of_a_table(x, near):
    table = torch.cdist(x, x).triu(diagonal=1)
    above = torch.ones_like(table).triu(diagonal=1).bool()
    return above.sum() / (table[above] < near).sum()


def birthday_by_share(x, near):
    distances = (x[:, None] - x[None]).square().sum(-1).sqrt()
    n = x.shape[0]
    alike = (distances < near).sum() - n
    return n * (n - 1) / alike.item() if alike else math.inf


def birthday_twice(x, near):
    alike = (torch.cdist(x, x) < near).sum().item() - len(x)
    return math.comb(len(x), 2) / alike if alike else math.inf


def birthday_with_itself(x, near):
    return math.comb(len(x), 2) / (torch.cdist(x, x) < near).sum().item()


def birthday_of_squares(x, near):
    """A near neighbour of the right answer: squared distances."""
    alike = (torch.pdist(x).square() < near).sum().item()
    return math.comb(len(x), 2) / alike if alike else math.inf


# --- 04.2 packs --------------------------------------------------------------------------------------------


def packs_by_view(x, m):
    return x.contiguous().view(*x.shape[:-2], -1, m * x.shape[-1])


def packs_by_unflatten(x, m):
    return x.unflatten(-2, (-1, m)).flatten(start_dim=-2)


def packs_by_strides(x, m):
    return torch.cat([x[..., i::m, :] for i in range(m)], dim=-1)


def packs_of_halves(x, m):
    size = x.shape[-2] // m
    return torch.cat([x[..., i * size : (i + 1) * size, :] for i in range(m)], dim=-1)


def packs_of_one_run(x, m):
    return x.flatten().view(-1, m * x.shape[-1])


def packs_averaged(x, m):
    return torch.stack([x[..., i::m, :] for i in range(m)]).mean(0)


def packs_backwards(x, m):
    """A near neighbour: the samples of a pack in reverse order."""
    return torch.cat([x[..., i::m, :] for i in reversed(range(m))], dim=-1)


# --- 04.3 the deviation of the batch -----------------------------------------------------------------------


def deviation_by_hand(h):
    centre = h.mean(dim=-2, keepdim=True)
    size = ((h - centre).pow(2).mean(dim=-2, keepdim=True) + 1e-8).pow(0.5).mean(dim=-1, keepdim=True)
    return torch.cat([h, size.repeat(*[1] * (h.ndim - 2), h.shape[-2], 1)], dim=-1)


def deviation_by_ones(h):
    size = torch.sqrt(h.var(-2, unbiased=False) + 1e-8).mean(-1)
    return torch.cat([h, torch.ones_like(h[..., :1]) * size[..., None, None]], -1)


def deviation_in_place(h):
    out = h.new_empty(*h.shape[:-1], h.shape[-1] + 1)
    out[..., :-1] = h
    out[..., -1] = (h.var(dim=-2, correction=0) + 1e-8).sqrt().mean(-1)[..., None]
    return out


def deviation_unbiased(h):
    size = torch.sqrt(h.var(-2) + 1e-8).mean(-1)
    return torch.cat([h, torch.ones_like(h[..., :1]) * size[..., None, None]], -1)


def deviation_over_features(h):
    return torch.cat([h, (h.var(-1, correction=0, keepdim=True) + 1e-8).sqrt()], -1)


def deviation_of_the_root(h):
    size = torch.sqrt(h.var(-2, unbiased=False).mean(-1) + 1e-8)
    return torch.cat([h, torch.ones_like(h[..., :1]) * size[..., None, None]], -1)


def deviation_absolute(h):
    """A near neighbour of the deviation: the mean absolute distance from the mean."""
    size = (h - h.mean(dim=-2, keepdim=True)).abs().mean(dim=(-2, -1), keepdim=True)
    return torch.cat([h, size.expand(*h.shape[:-1], 1)], dim=-1)


VARIANTS = {
    "04.1": [(birthday_looped,), (birthday_of_a_table,), (birthday_by_share,)],
    "04.2": [(packs_by_view,), (packs_by_unflatten,), (packs_by_strides,)],
    "04.3": [(deviation_by_hand,), (deviation_by_ones,), (deviation_in_place,)],
}
MUTANTS = {
    "04.1": [
        ("each pair counted twice", (birthday_twice,)),
        ("each sample counted as its own double", (birthday_with_itself,)),
        ("", (birthday_of_squares,)),
    ],
    "04.2": [
        ("packs of samples that lie apart", (packs_of_halves,)),
        ("runs poured into one batch", (packs_of_one_run,)),
        ("the mean of each pack", (packs_averaged,)),
        ("", (packs_backwards,)),
    ],
    "04.3": [
        ("the unbiased variance", (deviation_unbiased,)),
        ("a deviation over the features of each sample", (deviation_over_features,)),
        ("a root taken after the mean", (deviation_of_the_root,)),
        ("", (deviation_absolute,)),
    ],
}
