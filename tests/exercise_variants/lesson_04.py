"""Answers to the exercises of lesson 04: right ones in other styles, and known mistakes in other words."""

import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid


def captured_looped(shares, n):
    total = 0.0
    for p in shares.tolist():
        total += 1 - math.pow(1 - p, n)
    return total


def captured_by_logs(p, draws):
    return -torch.expm1(draws * torch.log1p(-p)).sum()


def captured_left_over(shares, n):
    missed = torch.ones_like(shares)
    for _ in range(n):
        missed *= 1 - shares
    return len(shares) - missed.sum()


def accuracy_step_by_step(k, caught, m):
    sure = 1.0
    for _ in range(m):
        sure *= caught / k
    return 0.5 * (1 - sure) + 0.5


def accuracy_by_packs(k, c, m):
    """Half the sum, over all packs, of the larger of the two probabilities."""
    inside, all_packs = c**m, k**m
    return (inside * max(1 / all_packs, 1 / inside) + (all_packs - inside) / all_packs) / 2


def accuracy_tensor(k, caught, m):
    return 1 - torch.tensor(caught / k, dtype=torch.float64).pow(m).div(2)


def report_looped(x, centres, stds, least):
    counts, good = [0] * len(centres), 0
    for point in x:
        away = [((point - c).norm() / s).item() for c, s in zip(centres, stds, strict=True)]
        mode = min(range(len(away)), key=away.__getitem__)
        if away[mode] <= 3:
            counts[mode] += 1
            good += 1
    return sum(count >= least for count in counts), good / len(x)


def report_one_hot(samples, centres, stds, least):
    squared = (samples[:, None] - centres[None]).div(stds[None, :, None]).square().sum(-1)
    own = squared == squared.amin(dim=1, keepdim=True)
    inside = own & (squared <= 9)
    return (inside.sum(0) >= least).sum(), inside.any(1).float().mean()


def report_unique(samples, centres, stds, least):
    distance, nearest = torch.linalg.vector_norm((samples.unsqueeze(1) - centres) / stds[:, None], dim=2).min(1)
    _, counts = nearest[distance < 3].unique(return_counts=True)
    return int((counts >= least).sum()), (distance < 3).sum().item() / samples.shape[0]


def report_plain(samples, centres, stds, least, nearest_by_std=False):
    gaps = (samples[:, None] - centres).square().sum(-1).sqrt()
    own = (gaps / stds if nearest_by_std else gaps).min(1).indices
    good = [bool(gaps[i, k] <= 3 * stds[k]) for i, k in enumerate(own.tolist())]
    counts = torch.zeros(len(centres))
    counts.index_add_(0, own[torch.tensor(good)], torch.ones(sum(good)))
    return int((counts >= least).sum()), sum(good) / len(good)


def closeness_looped(h):
    numbers = []
    for i, row in enumerate(h):
        others = torch.cat([h[:i], h[i + 1 :]])
        numbers.append(torch.exp(-(others - row).abs().sum(1)).sum())
    return torch.cat([h, torch.stack(numbers)[:, None]], 1)


def closeness_masked(h):
    table = torch.exp(-(h.unsqueeze(0) - h.unsqueeze(1)).abs().sum(-1))
    return torch.hstack([h, (table * (1 - torch.eye(len(h)))).sum(1, keepdim=True)])


def closeness_by_cdist(h):
    return torch.column_stack([h, torch.cdist(h, h, p=1).neg().exp().sum(0) - 1.0])


def closeness_with_itself(h):
    return torch.column_stack([h, torch.cdist(h, h, p=1).neg().exp().sum(0)])


def closeness_averaged(h):
    table = torch.exp(-(h[None] - h[:, None]).abs().sum(-1))
    return torch.hstack([h, ((table.sum(1) - 1) / (len(h) - 1))[:, None]])


def closeness_without_graph(h):
    with torch.no_grad():
        value = closeness_looped(h)[:, -1:]
    return torch.cat([h, value], 1)


def spread_by_variance(samples):
    return samples.var(dim=1, correction=0).sum(-1).sqrt()


def spread_looped(runs):
    return torch.stack([(run - run.mean(0)).norm() / len(run) ** 0.5 for run in runs])


def spread_by_pairs(samples):
    """The mean square of all distances between two points is twice that from the centre."""
    return ((samples[:, :, None] - samples[:, None]).square().sum(-1).mean((1, 2)) / 2).sqrt()


def step_with(for_d=torch.randn_like, for_g=torch.randn_like):
    """The step written out; the two functions make latent vectors of z."""

    def step(g, d, opt_g, opt_d, x, z):
        opt_d.zero_grad(set_to_none=True)
        with torch.no_grad():
            made = g(for_d(z))
        on_real, on_made = d(x), d(made)
        loss = binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real))
        (loss + binary_cross_entropy_with_logits(on_made, torch.zeros_like(on_made))).backward()
        opt_d.step()
        opt_g.zero_grad()
        (-logsigmoid(d(g(for_g(z)))).mean()).backward()
        opt_g.step()

    return step


def step_drawing_once(generator, discriminator, g_optimizer, d_optimizer, real, z):
    fake = generator(torch.randn(len(z), z.shape[1]))
    d_loss = -logsigmoid(discriminator(real)).mean() - logsigmoid(-discriminator(fake.detach())).mean()
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()
    g_optimizer.zero_grad()
    torch.nn.functional.softplus(-discriminator(fake)).mean().backward()
    g_optimizer.step()


def step_of_larger_batches(generator, discriminator, g_optimizer, d_optimizer, real, z):
    step_with(lambda _: torch.randn(len(real), 8), lambda _: torch.empty(len(real), 8).normal_())(
        generator, discriminator, g_optimizer, d_optimizer, real, z
    )


def step_in_place(generator, discriminator, g_optimizer, d_optimizer, real, z):
    step_with(lambda old: old.normal_(), lambda old: old.normal_())(
        generator, discriminator, g_optimizer, d_optimizer, real, z
    )


VARIANTS = {
    "4.1": [
        (captured_looped, accuracy_step_by_step), (captured_by_logs, accuracy_by_packs),
        (captured_left_over, accuracy_tensor),
    ],
    "4.2": [(report_looped,), (report_one_hot,), (report_unique,), (lambda *a: report_plain(*a, nearest_by_std=True),)],
    "4.3": [(closeness_looped,), (closeness_masked,), (closeness_by_cdist,)],
    "4.4": [(spread_by_variance, " d "), (spread_looped, "D"), (spread_by_pairs, "d\n")],
    "4.5": [
        ("c", step_with()), (" C", step_drawing_once), ("c ", step_of_larger_batches), ("C", step_in_place),
    ],
}  # fmt: skip

MUTANTS = {
    "4.1": [
        ("the number of modes that are missed", (lambda p, n: len(p) - captured_looped(p, n), accuracy_by_packs)),
        ("a product over the modes", (lambda p, n: math.prod(1 - (1 - q) ** n for q in p.tolist()), accuracy_tensor)),
        ("a pack judged by one of its samples", (captured_looped, lambda k, c, m: 0.5 + (k - c) / (2 * k))),
        (
            "an error on every pack that could be both",
            (captured_looped, lambda k, c, m: accuracy_step_by_step(k, c, m) - 0.5),
        ),
    ],
    "4.2": [
        ("the nearest mode taken in plain distance", (report_plain,)),
        ("one sample that is enough", (lambda x, c, s, least: report_looped(x, c, s, 1),)),
        ("more than `least` samples asked for", (lambda x, c, s, least: report_unique(x, c, s, least + 1),)),
    ],
    "4.3": [
        ("each sample counted as its own neighbour", (closeness_with_itself,)),
        ("a mean over the batch", (closeness_averaged,)),
        ("a detached closeness", (closeness_without_graph,)),
    ],
    "4.4": [
        ("distances from the origin", (lambda s: s.norm(dim=2).pow(2).mean(1).sqrt(), "D")),
        ("no root", (lambda s: s.var(dim=1, correction=0).sum(-1), "D")),
        ("a valley of the loss", (spread_looped, "b")),
    ],
    "4.5": [
        ("the step as it was", ("C", step_with(lambda z: z, lambda z: z.clone()))),
        ("new latent vectors for the discriminator only", ("C", step_with(for_g=lambda z: z))),
        ("new latent vectors for the generator only", ("C", step_with(for_d=lambda z: z))),
        (
            "one latent vector for the whole batch",
            ("C", step_with(*[lambda z: torch.randn(1, z.shape[1]).repeat(len(z), 1)] * 2)),
        ),
        ("a generator that is too small", ("d", step_with())),
    ],
}
