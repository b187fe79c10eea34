"""Answers to the exercises of lesson 10: right ones in other styles, and known mistakes in other words."""

import math

import torch
from torch import nn
from torch.distributions import Normal
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, nll_loss, one_hot
from torch.utils.data import DataLoader, TensorDataset

# --- 10.1 ---------------------------------------------------------------------------------------------------


def logit_by_densities(x, y, m, g, s):
    return (Normal(m[y], s).log_prob(x) - Normal(g[y], s).log_prob(x)).sum(-1)


def logit_by_direction(x, labels, real_means, fake_means, std):
    m, g = real_means[labels], fake_means[labels]
    direction = (m - g) / std**2
    return (x * direction).sum(1) - (m.pow(2).sum(1) - g.pow(2).sum(1)) / (2 * std**2)


def logit_by_loop(x, labels, real_means, fake_means, std):
    rows = []
    for point, label in zip(x, labels.tolist(), strict=True):
        to_real, to_fake = point - real_means[label], point - fake_means[label]
        rows.append((to_fake @ to_fake - to_real @ to_real) / std**2 / 2)
    return torch.stack(rows)


def mixtures(x, labels, real_means, fake_means, std):
    real = Normal(real_means, std).log_prob(x[:, None]).sum(-1).exp().mean(1)
    fake = Normal(fake_means, std).log_prob(x[:, None]).sum(-1).exp().mean(1)
    return real.log() - fake.log()


# --- 10.2 ---------------------------------------------------------------------------------------------------


def label_by_table(z, labels, classes):
    rows = torch.cat([torch.eye(classes), torch.zeros(1, classes)])  # −1 counts from the end: the zeros
    return torch.hstack([z, rows[labels]])


def label_by_comparison(z, labels, classes):
    return torch.cat((z, (labels.unsqueeze(1) == torch.arange(classes)).float()), -1)


def label_by_loop(z, labels, classes):
    out = torch.zeros(len(z), z.shape[1] + classes)
    out[:, : z.shape[1]] = z
    for i, label in enumerate(labels.tolist()):
        if label >= 0:
            out[i, z.shape[1] + label] = 1.0
    return out


def label_without_last_column(z, labels, classes):
    return torch.cat([z, one_hot(labels + 1, classes + 1)[:, 1:]], dim=1)


# --- 10.3 ---------------------------------------------------------------------------------------------------


def losses_by_bce(real, fake, real_c, fake_c, y, w, name=1.0):
    bce, ones, zeros = binary_cross_entropy_with_logits, torch.ones_like(real), torch.zeros_like(fake)
    classes = nn.CrossEntropyLoss()
    d_loss = bce(real, ones) + bce(fake, zeros) + classes(real_c, y) + name * classes(fake_c, w)
    return d_loss, bce(fake, ones) + classes(fake_c, w)


def losses_by_nll(real, fake, real_c, fake_c, y, w):
    named = nll_loss(fake_c.log_softmax(1), w)
    d_loss = torch.log1p(torch.exp(-real)).mean() + torch.log1p(fake.exp()).mean()
    return d_loss + nll_loss(real_c.log_softmax(1), y) + named, -fake.sigmoid().log().mean() + named


def losses_by_picking(real, fake, real_c, fake_c, y, w):
    n = len(real)
    on_real = (real_c.logsumexp(1) - real_c[range(n), y]).mean()
    on_fake = (fake_c.logsumexp(1) - fake_c.gather(1, w[:, None]).squeeze(1)).mean()
    logsigmoid = nn.functional.logsigmoid
    d_loss = -(logsigmoid(real) + logsigmoid(-fake)).mean() + on_real + on_fake
    return d_loss, on_fake - logsigmoid(fake).mean()


def losses_with_probabilities(real, fake, real_c, fake_c, y, w):
    return losses_by_bce(real, fake, torch.softmax(real_c, -1), torch.softmax(fake_c, -1), y, w)


def saturating(real, fake, real_c, fake_c, y, w):
    d_loss, _ = losses_by_bce(real, fake, real_c, fake_c, y, w)
    return d_loss, (1 - fake.sigmoid()).log().mean() + cross_entropy(fake_c, w)


def misread(real, fake, real_c, fake_c, y, w):
    return losses_by_bce(real, fake, real_c, fake_c, y, w)[0], -fake.sigmoid().log().mean() - cross_entropy(fake_c, w)


# --- 10.5 ---------------------------------------------------------------------------------------------------


def obedience_by_quadratic(read, labels):
    n, hits = labels.numel(), int((read == labels).sum())
    share = hits / n
    a, b, c = 1 + 1.96**2 / n, -(2 * share + 1.96**2 / n), share**2
    root = math.sqrt(b * b - 4 * a * c)
    return share, (-b - root) / (2 * a), (-b + root) / (2 * a)


def obedience_by_counts(read, labels):
    n = len(read)
    k = sum(int(r == y) for r, y in zip(read, labels, strict=True))
    z2 = 1.96 * 1.96
    half = 1.96 / (n + z2) * math.sqrt(k * (n - k) / n + z2 / 4)
    middle = (k + z2 / 2) / (n + z2)
    return k / n, middle - half, middle + half


def obedience_by_tensors(read, labels):
    p = (read == labels).double().mean()
    n = torch.tensor(len(labels), dtype=torch.float64)
    spread = 1.96 * (p * (1 - p) / n + 1.96**2 / (4 * n**2)).sqrt()
    ends = (p + 1.96**2 / (2 * n) + torch.stack([-spread, spread])) / (1 + 1.96**2 / n)
    return p, ends[0], ends[1]


def obedience_as_usual(read, labels):
    p, n = (read == labels).double().mean(), len(labels)
    error = 1.96 * torch.sqrt(p * (1 - p)) / n**0.5
    return p.item(), (p - error).item(), (p + error).item()


# --- 10.6 ---------------------------------------------------------------------------------------------------


def epoch_by_split(x, y, size):
    for chosen in torch.randperm(len(x)).split(size):
        yield x[chosen], y[chosen]


def epoch_in_place(points, labels, size):
    order = torch.randperm(points.shape[0])
    points, labels = points[order], labels[order]
    return [(points[i : i + size], labels[i : i + size]) for i in range(0, len(points), size)]


def epoch_by_loader(points, labels, size):
    yield from DataLoader(TensorDataset(points, labels), batch_size=size, shuffle=True)


def epoch_two_orders(points, labels, size):
    points, labels = (rows[torch.randperm(len(rows))].split(size) for rows in (points, labels))
    return list(zip(points, labels, strict=True))


def epoch_points_only(points, labels, size):
    order = torch.randperm(len(points)).split(size)
    return [(points[chosen], part) for chosen, part in zip(order, labels.split(size), strict=True)]


def epoch_with_replacement(points, labels, size):
    for start in range(0, len(points), size):
        chosen = torch.randint(len(points), (min(size, len(points) - start),))
        yield points[chosen], labels[chosen]


VARIANTS = {
    "10.1": [(logit_by_densities,), (logit_by_direction,), (logit_by_loop,)],
    "10.2": [(label_by_table,), (label_by_comparison,), (label_by_loop,), (label_without_last_column,)],
    "10.3": [(losses_by_bce,), (losses_by_nll,), (losses_by_picking,)],
    "10.4": [
        (lambda c, u, w: c + w * (c - u), 0.632),
        (lambda cond, uncond, s: torch.lerp(uncond, cond, 1 + s), torch.tensor(0.6325)),
        (lambda c, u, w: c.mul(1 + w).sub(u.mul(w)), 0.4**0.5),
    ],
    "10.5": [(obedience_by_quadratic, "C"), (obedience_by_counts, " c "), (obedience_by_tensors, "c")],
    "10.6": [("C", epoch_by_split), ("c", epoch_in_place), (" C ", epoch_by_loader)],
}

MUTANTS = {
    "10.1": [
        ("the logit with the wrong sign", (lambda x, y, m, g, s: logit_by_densities(x, y, g, m, s),)),
        ("a discriminator that does not use the label", (mixtures,)),
        (
            "a probability instead of a logit",
            (lambda x, y, m, g, s: 1 / (1 + (-logit_by_direction(x, y, m, g, s)).exp()),),
        ),
        (
            "the standard deviation where the variance belongs",
            (lambda x, y, m, g, s: logit_by_densities(x, y, m, g, s) * s,),
        ),
    ],
    "10.2": [
        (
            "a width that follows the batch",
            (lambda z, y, classes: label_by_comparison(z, y, max(int(y.max()) + 1, 1)),),
        ),
        ("unknown labels taken for class 0", (lambda z, y, classes: label_by_comparison(z, y.relu(), classes),)),
        (
            "unknown labels taken for the last class",
            (lambda z, y, classes: torch.cat([z, one_hot(y % classes, classes)], 1),),
        ),
        ("a label as one number", (lambda z, y, classes: torch.column_stack([z, y]),)),
    ],
    "10.3": [
        (
            "a D that names the class of real images alone",
            (lambda *inputs: losses_by_bce(*inputs, name=0.0),),
        ),
        ("a D that is paid for misreading generated images", (lambda *inputs: losses_by_bce(*inputs, name=-1.0),)),
        (
            "a G that is paid for being misread",
            (misread,),
        ),
        ("G's minimax loss", (saturating,)),
        ("a softmax applied twice", (losses_with_probabilities,)),
    ],
    "10.4": [
        ("a strength that counts from 1", (lambda c, u, w: w * c + (1 - w) * u, 0.632)),
        ("an unconditional score that is added", (lambda c, u, w: c + w * (c + u), 0.632)),
        ("the variance", (lambda c, u, w: c + w * (c - u), 0.4)),
    ],
    "10.5": [
        ("the usual interval around the share", (obedience_as_usual, "C")),
        (
            "the usual interval, cut at 0 and 1",
            (lambda r, y: tuple(min(max(v, 0.0), 1.0) for v in obedience_as_usual(r, y)), "C"),
        ),
        ("labels that drown in the noise z", (obedience_by_counts, "d")),
    ],
    "10.6": [
        ("labels that are shuffled, too, but in another order", ("C", epoch_two_orders)),
        ("the function as it was", ("C", epoch_points_only)),
        ("a draw with replacement", ("C", epoch_with_replacement)),
        ("a last batch that is dropped", ("C", lambda x, y, size: epoch_in_place(x, y, size)[:-1])),
        ("a D that is too strong", ("b", epoch_by_split)),
    ],
}
