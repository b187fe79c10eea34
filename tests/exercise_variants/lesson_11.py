"""Answers to the exercises of lesson 11: right ones in other styles, and known mistakes in other words."""

import itertools
import math
from fractions import Fraction

import numpy as np
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, l1_loss, logsigmoid, mse_loss


def pairs_looped(frequencies):
    total = 1
    for value in sorted(set(frequencies)):
        for i in range(1, frequencies.count(value) + 1):
            total *= i
    return total


def pairs_tried_out(counts):
    orders = itertools.permutations(range(len(counts)))
    return sum(all(counts[i] == counts[j] for i, j in enumerate(order)) for order in orders)


def share_tried_out(counts):
    orders = list(itertools.permutations(range(len(counts))))
    kept = [order for order in orders if all(counts[i] == counts[j] for i, j in enumerate(order))]
    return sum(i == j for order in kept for i, j in enumerate(order)) / len(kept) / len(counts)


def share_by_image(counts):
    return sum(1 / counts.count(c) for c in counts) / len(counts)


def share_tensor(counts):
    return torch.tensor(counts).unique().numel() / torch.tensor(float(len(counts)))


def pairs_in_numpy(counts):
    return np.prod([math.factorial(n) for n in np.unique(counts, return_counts=True)[1]])


def cycle_rotated(nets, xs, distance=l1_loss, short=0):
    total = 0
    for i, x in enumerate(xs):
        y = x
        for net in [*nets[i:], *nets[:i]][: len(nets) - short]:
            y = net(y)
        total = total + distance(y, x)
    return total


def cycle_recursive(translators, batches):
    def onward(x, i, left):
        return x if left == 0 else onward(translators[i](x), (i + 1) % len(translators), left - 1)

    rounds = [onward(x, i, len(translators)) - x for i, x in enumerate(batches)]
    return torch.stack([difference.abs().sum() / difference.numel() for difference in rounds]).sum()


def cycle_all_at_once(translators, batches):
    """Every batch takes one step at a time; the list turns with them."""
    travelling = list(batches)
    for _ in translators:
        moved = [net(x) for net, x in zip(translators, travelling, strict=True)]
        travelling = [moved[-1], *moved[:-1]]
    return sum((x - home).norm(p=1) / home.numel() for x, home in zip(travelling, batches, strict=True))


def identity_rolled(nets, xs):
    return sum(l1_loss(net(x), x) for net, x in zip(nets, [*xs[1:], xs[0]], strict=True))


def identity_by_domain(translators, batches):
    total = torch.zeros(())
    for i in range(len(batches)):
        total += torch.mean(torch.abs(batches[i] - translators[i - 1](batches[i])))
    return total


def identity_stacked(translators, batches):
    made = torch.stack([translators[i - 1](batches[i]) for i in range(len(batches))])
    return (made - torch.stack(list(batches))).abs().flatten(1).mean(1).sum()


def identity_of_the_source(nets, xs):
    return sum(l1_loss(net(x), x) for net, x in zip(nets, xs, strict=True))


def backward_cat(enc, dec, style, code):
    codes = enc(dec(torch.cat([style, style]), torch.cat([code, torch.roll(code, shifts=1, dims=0)])))
    one, two = codes.chunk(2)
    return torch.linalg.vector_norm(one - two, ord=1, dim=-1).mean()


def backward_looped(encode, decode, z, s):
    total = 0.0
    shifted = torch.cat([s[-1:], s[:-1]])
    for i in range(len(z)):
        here, there = (encode(decode(z[i : i + 1], code[i : i + 1])) for code in (s, shifted))
        total = total + (there - here).abs().sum()
    return total / len(z)


def backward_l1(encode, decode, z, s):
    other = s[torch.arange(len(s)) - 1]
    return l1_loss(encode(decode(z, s)), encode(decode(z, other)), reduction="sum") / z.shape[0]


def backward_to_z(encode, decode, z, s):
    found = encode(decode(z, s))
    return torch.linalg.vector_norm(z - found, ord=1, dim=1).mean()


def backward_elementwise(encode, decode, z, s):
    return l1_loss(encode(decode(z, s)), encode(decode(z, s.roll(1, 0))))


def share_counted(cycle, true):
    counted = [t.item() > 1 for c, t in zip(cycle, true, strict=True) if c < 0.2]
    return sum(counted) / len(counted)


def share_product(cycle_error, true_error):
    closed, wrong = (cycle_error < 0.2).double(), (true_error > 1).double()
    return (closed * wrong).sum() / closed.sum()


def share_filtered(cycle_error, true_error):
    kept = torch.masked_select(true_error, cycle_error.lt(0.2))
    return torch.tensor(kept.gt(1).sum().item() / kept.numel())


def share_in_numpy(cycle, true):
    return np.mean(true.numpy()[cycle.numpy() < 0.2] > 1)


def step_with(judged, taught="own", cycle_of=lambda x: x):
    """The step written out; `judged` and `taught` say how translations and discriminators belong together."""

    def step(pair, opt_g, opt_d, x, y):
        fake_y, fake_x = pair.to_b(x), pair.to_a(y)
        opt_d.zero_grad(set_to_none=True)
        false_a, false_b = (fake_x, fake_y) if taught == "own" else (fake_y, fake_x)
        loss_a = (
            -logsigmoid(pair.discriminator_a(x)).mean() - logsigmoid(-pair.discriminator_a(false_a.detach())).mean()
        )
        loss_b = (
            -logsigmoid(pair.discriminator_b(y)).mean() - logsigmoid(-pair.discriminator_b(false_b.detach())).mean()
        )
        d_loss = loss_a + loss_b
        d_loss.backward()
        opt_d.step()

        to_a, to_b = (fake_x, fake_y) if judged == "own" else (fake_y, fake_x)
        loss = -logsigmoid(pair.discriminator_a(to_a)).mean() - logsigmoid(pair.discriminator_b(to_b)).mean()
        cycle = l1_loss(pair.to_a(cycle_of(fake_y)), x) + l1_loss(pair.to_b(cycle_of(fake_x)), y)
        opt_g.zero_grad()
        (loss + 5.0 * cycle).backward()
        opt_g.step()
        return d_loss.detach(), cycle.detach()

    return step


def step_translating_twice(pair, g_optimizer, d_optimizer, a, b):
    def bce(judge, x, real):
        logits = judge(x)
        return binary_cross_entropy_with_logits(logits, torch.full_like(logits, float(real)))

    with torch.no_grad():
        b_made, a_made = pair.to_b(a), pair.to_a(b)
    g_optimizer.zero_grad()
    d_optimizer.zero_grad()
    terms = [bce(pair.discriminator_a, a, 1), bce(pair.discriminator_a, a_made, 0)]
    terms += [bce(pair.discriminator_b, b, 1), bce(pair.discriminator_b, b_made, 0)]
    sum(terms).backward()
    d_optimizer.step()
    b_made, a_made = pair.to_b(a), pair.to_a(b)
    cycle = nn.L1Loss()(pair.to_a(b_made), a) + nn.L1Loss()(pair.to_b(a_made), b)
    (5 * cycle + bce(pair.discriminator_a, a_made, 1) + bce(pair.discriminator_b, b_made, 1)).backward()
    g_optimizer.step()
    return sum(term.item() for term in terms), float(cycle)


def step_with_frozen_judges(pair, g_optimizer, d_optimizer, a, b):
    made = {"a": pair.to_a(b), "b": pair.to_b(a)}
    judges = {"a": pair.discriminator_a, "b": pair.discriminator_b}
    d_optimizer.zero_grad()
    d_losses = []
    for name, real in {"b": b, "a": a}.items():
        logits = judges[name](torch.cat([real, made[name].detach()]))
        signs = torch.cat([-torch.ones(len(real)), torch.ones(len(real))])
        d_losses.append(2 * torch.nn.functional.softplus(signs * logits).mean())
        d_losses[-1].backward()
    d_optimizer.step()
    pair.discriminator_a.requires_grad_(False)
    pair.discriminator_b.requires_grad_(False)
    g_optimizer.zero_grad()
    cycle = (pair.to_a(made["b"]) - a).abs().mean() + (pair.to_b(made["a"]) - b).abs().mean()
    fooled = sum(-logsigmoid(judges[name](made[name])).mean() for name in made)
    (fooled + 5 * cycle).backward()
    g_optimizer.step()
    pair.requires_grad_(True)
    return sum(d_losses).item(), cycle.item()


VARIANTS = {
    "11.1": [
        (pairs_looped, share_by_image), (pairs_tried_out, share_tried_out), (pairs_looped, share_tensor),
        (pairs_in_numpy, lambda counts: Fraction(len(set(counts)), len(counts))),
    ],
    "11.2": [
        (cycle_rotated, identity_rolled), (cycle_recursive, identity_by_domain), (cycle_all_at_once, identity_stacked),
    ],
    "11.3": [(backward_cat,), (backward_looped,), (backward_l1,)],
    "11.4": [(share_counted, " b "), (share_product, "b"), (share_filtered, "B\n"), (share_in_numpy, "b")],
    "11.5": [("c", step_with("own")), (" C", step_translating_twice), ("c ", step_with_frozen_judges)],
}  # fmt: skip

MUTANTS = {
    "11.1": [
        (
            "all bijections, as if every image were equally frequent",
            (lambda c: len(list(itertools.permutations(c))), share_by_image),
        ),
        ("F counted as free to choose", (lambda c: pairs_looped(c) ** 2, share_by_image)),
        (
            "the chance that the whole map is right",
            (pairs_looped, lambda c: math.prod(1 / math.factorial(c.count(v)) for v in set(c))),
        ),
        (
            "only the images that have no choice",
            (pairs_looped, lambda c: torch.tensor([float(c.count(v) == 1) for v in c]).mean()),
        ),
    ],
    "11.2": [
        ("one translator short of home", (lambda t, b: cycle_rotated(t, b, short=1), identity_rolled)),
        ("squared differences", (lambda t, b: cycle_rotated(t, b, mse_loss), identity_rolled)),
        (
            "a rule that holds for two domains only",
            (cycle_rotated, lambda t, b: sum(l1_loss(t[i](b[i - 1]), b[i - 1]) for i in range(len(t)))),
        ),
        ("each translator given the domain it starts from", (cycle_rotated, identity_of_the_source)),
        ("a mean over the starting points", (lambda t, b: cycle_rotated(t, b) / len(b), identity_rolled)),
    ],
    "11.3": [
        (
            "the same class code twice",
            (lambda enc, dec, z, s: (enc(dec(z, s)) - enc(dec(z, s))).sum(),),
        ),
        (
            "the class code of the row below",
            (lambda enc, dec, z, s: backward_l1(enc, dec, z.flip(0), s.flip(0)),),
        ),
        ("the found codes compared with z itself", (backward_to_z,)),
        ("a mean over the axis of the code", (backward_elementwise,)),
    ],
    "11.4": [
        ("a share of all pairs", (lambda c, t: ((c < 0.2) * (t > 1)).double().mean(), "B")),
        ("the share of wrong maps whose cycle closes", (lambda c, t: ((c < 0.2) & (t > 1)).sum() / (t > 1).sum(), "B")),
        ("a cycle loss that weighs too little", (share_counted, "c")),
    ],
    "11.5": [
        ("the step as it was", ("C", step_with("other"))),
        ("the discriminators taught the same mix-up", ("C", step_with("other", taught="other"))),
        ("a repair that also cuts the cycle loss", ("C", step_with("own", cycle_of=torch.detach))),
        ("a perfect map, but a wrong one", ("b", step_with("own"))),
    ],
}
