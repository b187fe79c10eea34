"""Answers to the exercises of lesson 05: right ones in other styles, and known mistakes in other words."""

import copy
import math

import torch
from torch import nn
from torch.nn import functional
from torch.nn.functional import logsigmoid, softplus

from course_utils.checks.lesson_05.confidence_or_accuracy import gradient_norm
from course_utils.checks.lesson_05.gradient_at_the_logits import least_squares_gradient, squashed_gradient
from course_utils.checks.lesson_05.stuck_losses import repaired_step
from course_utils.checks.lesson_05.transport_on_a_line import wasserstein_1d
from course_utils.checks.lesson_05.two_remedies import accumulated, clipped


def least_squares_by_autograd(fake_logits):
    f = fake_logits.detach().requires_grad_()
    return torch.autograd.grad(0.5 * (f - 1).square().mean(), f)[0]


def squashed_by_autograd(f):
    f = f.detach().clone().requires_grad_()
    (0.5 * functional.mse_loss(f.sigmoid(), torch.ones_like(f))).backward()
    return f.grad


def squashed_in_place(f):
    chance = f.sigmoid()
    return (1 - chance).square_().mul_(chance).div_(-f.numel())


def by_distribution_functions(a, b):
    x = torch.cat([a, b]).sort().values
    share_a = (a[:, None] <= x[:-1]).float().mean(0)
    share_b = (b[:, None] <= x[:-1]).float().mean(0)
    return ((share_a - share_b).abs() * x.diff()).sum()


def by_carrying(a, b):
    """Load after load, from the left: each point of a holds 1/n, each of b takes 1/m."""
    a, b, cost, i, j = a.sort().values, b.sort().values, 0.0, 0, 0
    load, room = len(b), len(a)  # in units of 1/(n m)
    while i < len(a) and j < len(b):
        moved = min(load, room)
        cost = cost + moved * (a[i] - b[j]).abs()
        load, room = load - moved, room - moved
        if load == 0:
            i, load = i + 1, len(b)
        if room == 0:
            j, room = j + 1, len(a)
    return cost / (len(a) * len(b))


def by_levels(a, b):
    """The distance between the two heaps' quantiles, between all levels at which one of them jumps."""
    n, m = len(a), len(b)
    levels = torch.cat([torch.arange(n + 1) / n, torch.arange(1, m) / m]).sort().values
    middle, width = (levels[1:] + levels[:-1]) / 2, levels.diff()
    left, right = a.sort().values[(middle * n).long()], b.sort().values[(middle * m).long()]
    return width @ (left - right).abs()


def by_l1_loss(real, fake):
    n = math.lcm(len(real), len(fake))
    real, fake = (torch.sort(x.repeat(n // len(x)))[0] for x in (real, fake))
    return functional.l1_loss(real, fake)


def clipped_by_torch(gradients, limit):
    weights = [nn.Parameter(torch.zeros_like(g)) for g in gradients]
    for weight, g in zip(weights, gradients, strict=True):
        weight.grad = g.clone()
    nn.utils.clip_grad_norm_(weights, limit)
    return [weight.grad for weight in weights]


def clipped_in_place(grads, c):
    norm = math.sqrt(sum(float(g.square().sum()) for g in grads))
    if norm > c:
        for g in grads:
            g.mul_(c / norm)
    return grads


def clipped_if_longer(gradients, limit):
    norm = sum(g.pow(2).sum() for g in gradients) ** 0.5
    return gradients if norm <= limit else [g * limit / norm for g in gradients]


def accumulated_from_logarithms(generator, discriminator, batches):
    generator.zero_grad()
    for z in batches:
        chance = discriminator(generator(z)).sigmoid()
        (torch.log(1 - chance).sum() / len(torch.cat(batches))).backward()
    return [w.grad for w in generator.parameters()]


def non_saturating_batches(generator, discriminator, batches):
    loss = -logsigmoid(discriminator(generator(torch.cat(batches)))).mean()
    return torch.autograd.grad(loss, list(generator.parameters()))


def clipped_by_max(gradients, limit):
    norm = torch.stack([g.norm() for g in gradients]).norm()
    return tuple(g * limit / torch.maximum(norm, torch.tensor(limit)) for g in gradients)


def accumulated_in_grad(generator, discriminator, batches):
    generator.zero_grad()
    for z in batches:
        share = len(z) / sum(map(len, batches))
        (share * torch.log(1 - discriminator(generator(z)).sigmoid()).mean()).backward()
    return [w.grad for w in generator.parameters()]


def one_large_batch(generator, discriminator, batches):
    loss = logsigmoid(-discriminator(generator(torch.cat(batches)))).mean()
    return list(torch.autograd.grad(loss, list(generator.parameters())))


def accumulated_on_a_copy(g, d, batches):
    twin, n = copy.deepcopy(g), 0
    twin.zero_grad()
    for z in batches:
        (-softplus(d(twin(z)))).sum().backward()
        n += len(z)
    return [w.grad / n for w in twin.parameters()]


def mean_of_gradients(generator, discriminator, batches):
    found = [one_large_batch(generator, discriminator, [z]) for z in batches]
    return [torch.stack(gs).mean(0) for gs in zip(*found, strict=True)]


def norm_from_grad(loss, network):
    network.zero_grad()
    loss.backward()
    return torch.stack([w.grad.norm() for w in network.parameters()]).norm()


def norm_as_a_number(loss, net):
    found = torch.autograd.grad(loss, tuple(net.parameters()), retain_graph=True)
    return math.sqrt(sum(g.pow(2).sum().item() for g in found))


def norm_by_vector(loss, network):
    found = torch.autograd.grad(loss, list(network.parameters()))
    return nn.utils.parameters_to_vector([g.contiguous() for g in found]).square().sum().sqrt()


def never_zeroed_norm(loss, network):
    loss.backward()
    return sum(w.grad.square().sum() for w in network.parameters()).sqrt()


def step_with_criterion(generator, discriminator, g_optimizer, d_optimizer, real, z):
    criterion, n = nn.BCEWithLogitsLoss(), len(real)
    with torch.no_grad():
        fake = generator(z)
    d_optimizer.zero_grad(set_to_none=True)
    real_loss = criterion(discriminator(real), torch.ones(n, 1))
    fake_loss = criterion(discriminator(fake), torch.zeros(n, 1))
    real_loss.backward()
    fake_loss.backward()
    d_optimizer.step()
    g_optimizer.zero_grad(set_to_none=True)
    g_loss = criterion(discriminator(generator(z)), torch.ones(n, 1))
    g_loss.backward()
    g_optimizer.step()
    return (real_loss + fake_loss).item(), g_loss.item()


def step_by_hand(generator, discriminator, g_optimizer, d_optimizer, real, z):
    logits = discriminator(torch.cat([real, generator(z).detach()]))
    on_real, on_fake = logits[: len(real)], logits[len(real) :]
    d_loss = -logsigmoid(on_real).mean() - logsigmoid(-on_fake).mean()
    for w, g in zip(
        discriminator.parameters(), torch.autograd.grad(d_loss, list(discriminator.parameters())), strict=True
    ):
        w.grad = g
    d_optimizer.step()
    g_loss = -logsigmoid(discriminator(generator(z))).mean()
    for w, g in zip(generator.parameters(), torch.autograd.grad(g_loss, list(generator.parameters())), strict=True):
        w.grad = g
    g_optimizer.step()
    return [d_loss.item(), g_loss.item()]


def players_with(for_d, for_g):
    """A step whose losses see for_d(logits) and for_g(logits)."""

    def step(g, d, g_opt, d_opt, x, z):
        d_loss = softplus(-for_d(d(x))).mean() + softplus(for_d(d(g(z).detach()))).mean()
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        g_loss = softplus(-for_g(d(g(z)))).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        return d_loss.item(), g_loss.item()

    return step


def as_it_is(logits):
    return logits


VARIANTS = {
    "5.1": [
        (least_squares_by_autograd, squashed_by_autograd, -6.9078),
        (lambda f: f.sub(1).div_(f.numel()), squashed_in_place, -3 * math.log(10)),
        (
            lambda f: f / f.numel() - 1 / f.numel(),
            lambda logits: -logits.exp() / (1 + logits.exp()) ** 3 / logits.numel(),
            torch.tensor(-6.908),
        ),
    ],
    "5.2": [(by_distribution_functions,), (by_carrying,), (by_l1_loss,), (by_levels,)],
    "5.3": [
        (clipped_by_torch, accumulated_in_grad),
        (clipped_in_place, one_large_batch),
        (clipped_if_longer, accumulated_from_logarithms),
        (clipped_by_max, accumulated_on_a_copy),
    ],
    "5.4": [(norm_from_grad, " b "), (norm_as_a_number, "b"), (norm_by_vector, "B ")],
    "5.5": [(" d", players_with(as_it_is, as_it_is)), ("d", step_with_criterion), ("D", step_by_hand)],
}

MUTANTS = {
    "5.1": [
        ("a gradient without its 1/n", (lambda f: f - torch.ones_like(f), squashed_gradient, -6.91)),
        (
            "the derivative without that of the sigmoid",
            (least_squares_gradient, lambda f: (f.sigmoid() - 1) / f.numel(), -6.91),
        ),
        ("a flipped sign of the logit", (least_squares_gradient, squashed_gradient, 6.9078)),
    ],
    "5.2": [
        ("the average over all pairs", (lambda a, b: torch.cdist(a[:, None], b[:, None]).mean(),)),
        ("each point carried to the nearest one", (lambda a, b: torch.cdist(a[:, None], b[:, None]).amin(1).mean(),)),
        ("a sum where the mean was meant", (lambda a, b: wasserstein_1d(a, b) * (len(a) * len(b)),)),
    ],
    "5.3": [
        (
            "each tensor clipped by its own norm",
            (lambda gs, c: [clipped_in_place([g.clone()], c)[0] for g in gs], accumulated),
        ),
        (
            "each number clamped to ± the limit",
            (
                lambda gs, c: [torch.minimum(torch.maximum(g, torch.tensor(-c)), torch.tensor(c)) for g in gs],
                accumulated,
            ),
        ),
        ("every batch counted the same, whatever its size", (clipped, mean_of_gradients)),
        ("the non-saturating loss", (clipped, non_saturating_batches)),
        ("only the last batch", (clipped, lambda g, d, batches: one_large_batch(g, d, batches[-1:]))),
    ],
    "5.4": [
        ("what an earlier step has left in .grad", (never_zeroed_norm, "B")),
        ("a cure by mistakes", (gradient_norm, "a")),
    ],
    "5.5": [
        ("the step as it was", ("D", players_with(torch.sigmoid, torch.sigmoid))),
        ("a repair of the generator's loss only", ("D", players_with(torch.sigmoid, as_it_is))),
        ("a repair of the discriminator's loss only", ("D", players_with(as_it_is, torch.sigmoid))),
        ("an equilibrium", ("e ", repaired_step)),
    ],
}
