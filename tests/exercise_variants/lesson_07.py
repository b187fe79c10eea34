"""Answers to the exercises of lesson 07: right ones in other styles, and known mistakes in other words."""

import torch
from torch.nn import functional as F
from torch.nn.functional import normalize

from course_utils.checks.lesson_07.augmentation import augmented_d_loss, augmented_g_loss
from course_utils.checks.lesson_07.hinge_and_pairs import hinge_d, paired_d, paired_g
from course_utils.checks.lesson_07.runaway_critic import repaired_critic_step
from course_utils.checks.lesson_07.two_penalties import gradient_penalty, r1


def r1_looped(D, x, strength):
    total = 0.0
    for sample in x:
        sample = sample[None].clone().requires_grad_()
        (slope,) = torch.autograd.grad(D(sample).squeeze(), sample, create_graph=True)
        total = total + (slope**2).sum()
    return strength * total / (2 * len(x))


def r1_with_grad_outputs(discriminator, real, gamma):
    real = real.clone().requires_grad_(True)
    logits = discriminator(real)
    slopes = torch.autograd.grad(logits, real, torch.ones_like(logits), create_graph=True, retain_graph=True)[0]
    return 0.5 * gamma * torch.linalg.vector_norm(slopes, dim=tuple(range(1, slopes.ndim))).pow(2).mean()


def r1_over_all(discriminator, real, gamma):
    real.requires_grad_()
    slopes = torch.autograd.grad([discriminator(real).sum()], [real], create_graph=True)[0]
    return gamma * (slopes * slopes).sum() / len(real) / 2


def penalty_looped(critic, x, y):
    charges = []
    for real, fake in zip(x, y, strict=True):
        eps = torch.rand(())
        point = torch.lerp(fake, real, eps)[None].requires_grad_()
        slope = torch.autograd.grad(critic(point).sum(), point, create_graph=True)[0]
        charges.append((slope.pow(2).sum().sqrt() - 1) ** 2)
    return torch.stack(charges).mean()


def penalty_with_grad_outputs(critic, real, fake):
    n = real.shape[0]
    alpha = torch.rand(n, 1).expand(n, real[0].numel()).view_as(real)
    mixed = torch.autograd.Variable(alpha * fake + (1 - alpha) * real, requires_grad=True)
    scores = critic(mixed)
    (g,) = torch.autograd.grad(scores, mixed, torch.ones(scores.size()), True, True)
    return torch.mean((torch.sqrt(torch.sum(g.view(n, -1) ** 2, dim=1)) - 1.0) ** 2)


def r1_by_vmap(D, real, gamma):
    slopes = torch.func.vmap(torch.func.grad(lambda x: D(x[None]).squeeze()))(real)
    return gamma / 2 * slopes.flatten(1).pow(2).sum(1).mean()


def penalty_by_vmap(D, real, fake):
    epsilon = torch.rand(len(real), *[1] * (real.dim() - 1))
    slopes = torch.func.vmap(torch.func.grad(lambda x: D(x[None]).squeeze()))(epsilon * real + (1 - epsilon) * fake)
    return (slopes.flatten(1).norm(dim=1) - 1).pow(2).mean()


def penalty_flat(critic, real, fake):
    flat_real, flat_fake = real.flatten(1), fake.flatten(1)
    between = (flat_fake + torch.rand(len(real))[:, None] * (flat_real - flat_fake)).requires_grad_()
    slopes = torch.autograd.grad(critic(between.view_as(real)).sum(), between, create_graph=True)[0]
    return torch.linalg.vector_norm(slopes, dim=1).sub(1).pow(2).mean()


def power_written_out(weight, u):
    w = weight.detach().reshape(len(weight), -1)
    v = w.t().mv(u)
    v = v / v.norm()
    u = w.mv(v)
    u = u / u.norm()
    return torch.dot(u, weight.reshape(len(weight), -1).mv(v)), u


def power_by_einsum(W, u):
    with torch.no_grad():
        matrix = W.view(W.shape[0], -1)
        v = torch.einsum("ij,i->j", matrix, u)
        v /= v.norm()
        new = torch.einsum("ij,j->i", matrix, v)
        new /= new.norm()
    return (torch.outer(new, v) * W.view(W.shape[0], -1)).sum(), new


def power_by_length(W, u):
    matrix = W.flatten(1)
    stretched = matrix @ normalize(matrix.detach().T @ u, dim=0)
    return stretched.norm(), normalize(stretched.detach(), dim=0)


def power_in_place(weight, u):
    matrix = weight.flatten(1)
    v = normalize(u @ matrix.detach(), dim=0)
    u.copy_(normalize(matrix.detach() @ v, dim=0))
    return u @ (matrix @ v), u


def power_without_norms(weight, u):
    matrix = weight.flatten(1)
    v = (u @ matrix).detach()
    u = matrix.detach() @ v
    return u @ (matrix @ v), u


def power_estimated_late(weight, u):
    return u @ weight.flatten(1) @ normalize(weight.detach().flatten(1).T @ u, dim=0), power_written_out(weight, u)[1]


def power_all_with_graph(weight, u):
    matrix = weight.flatten(1)
    v = normalize(u @ matrix, dim=0)
    u = normalize(matrix @ v, dim=0)
    return torch.dot(u, matrix @ v), u


def penalised(critic, real, fake, weight):
    epsilon = torch.rand_like(real[:, :1])
    between = (epsilon * real + (1 - epsilon) * fake).requires_grad_()
    slopes = torch.autograd.grad(critic(between).sum(), between, create_graph=True)[0]
    return weight * (slopes.norm(2, dim=1) - 1).pow(2).mean()


def step_zeroed_first(critic, opt, x, y, strength=10.0):
    opt.zero_grad()
    penalty = penalised(critic, x, y, strength)
    penalty.backward()
    loss = critic(y).mean() - critic(x).mean()
    loss.backward()
    opt.step()
    return loss.item(), penalty.item()


def step_by_package(critic, optimizer, real, fake, weight=10.0):
    charged = weight * gradient_penalty(critic, real, fake)
    loss = (critic(fake) - critic(real)).mean()
    weights = list(critic.parameters())
    found = torch.autograd.grad(loss + charged, weights, allow_unused=True, materialize_grads=True)
    for w, g in zip(weights, found, strict=True):
        w.grad = g
    optimizer.step()
    return loss, charged


def step_maximising(critic, optimizer, real, fake, weight=10.0):
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = None
    value = critic(real).mean() - critic(fake).mean()
    penalty = penalised(critic, real, fake, weight)
    torch.sum(penalty - value).backward()
    optimizer.step()
    return [-value.item(), penalty.item()]


def step_as_it_was(critic, optimizer, real, fake, weight=10.0):
    penalty = penalised(critic, real, fake, weight)
    penalty.backward()
    loss = critic(fake).mean() - critic(real).mean()
    critic.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), penalty.item()


def step_emptied_late(critic, optimizer, real, fake, weight=10.0):
    penalty = penalised(critic, real, fake, weight)
    penalty.backward()
    loss = (critic(fake) - critic(real)).mean()
    loss.backward()
    optimizer.step()
    critic.zero_grad()
    return loss.item(), penalty.item()


def step_all_in_one(critic, optimizer, real, fake, weight=10.0):
    penalty = penalised(critic, real, fake, weight)
    loss = critic(fake).mean() - critic(real).mean() + penalty
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item(), penalty.item()


def two_steps(critic, optimizer, real, fake, weight=10.0):
    penalty = penalised(critic, real, fake, weight)
    optimizer.zero_grad()
    penalty.backward()
    optimizer.step()
    optimizer.zero_grad()
    loss = critic(fake).mean() - critic(real).mean()
    loss.backward()
    optimizer.step()
    return loss.item(), penalty.item()


def d_together(D, x, y, T):
    logits = D(torch.cat([T(x), T(y.detach())]))
    labels = torch.cat([torch.ones(len(x)), torch.zeros(len(y))]).to(logits)
    losses = F.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return losses[: len(x)].mean() + losses[len(x) :].mean()


def d_by_logsigmoid(discriminator, real, fake, augment):
    with torch.no_grad():
        fake = augment(fake)
    return -F.logsigmoid(discriminator(augment(real))).mean() - F.logsigmoid(-discriminator(fake)).mean()


def g_by_logsigmoid(discriminator, fake, augment):
    return -F.logsigmoid(discriminator(augment(fake))).mean()


def d_of_real_only(D, x, y, T):
    return -F.logsigmoid(D(T(x))).mean() - F.logsigmoid(-D(y.detach())).mean()


def g_without(D, y, T):
    return -F.logsigmoid(D(y)).mean()


def hinge_by_clamp(r, f):
    return torch.clamp(1 - r, min=0).mean() + torch.maximum(1 + f, torch.zeros_like(f)).mean()


def paired_d_by_logsigmoid(r, f):
    return -F.logsigmoid(r - f).mean()


def paired_g_by_exchange(real_logits, fake_logits):
    return paired_d_by_logsigmoid(fake_logits, real_logits)


def paired_by_columns(r, f):
    return F.softplus(f[None] - r[:, None]).mean()


VARIANTS = {
    "7.1": [
        (r1_looped, penalty_looped),
        (r1_with_grad_outputs, penalty_with_grad_outputs),
        (r1_over_all, penalty_flat),
        (r1_by_vmap, penalty_by_vmap),
    ],
    "7.2": [(power_written_out,), (power_by_einsum,), (power_in_place,), (power_by_length,)],
    "7.3": [
        (d_together, g_by_logsigmoid, "b"),
        (d_by_logsigmoid, g_by_logsigmoid, " B "),
        (lambda D, x, y, T: F.softplus(-D(T(x))).mean() + F.softplus(D(T(y.data))).mean(), augmented_g_loss, "B"),
    ],
    "7.4": [
        (hinge_by_clamp, paired_d_by_logsigmoid, paired_g_by_exchange),
        (lambda r, f: (F.relu(1 - r) + F.relu(1 + f)).mean(), lambda r, f: F.softplus(-(r - f)).mean(), paired_g),
        (hinge_by_clamp, lambda r, f: (f - r).exp().log1p().mean(), lambda r, f: paired_d(f, r)),
    ],
    "7.5": [("c", step_zeroed_first), (" C", step_by_package), ("C ", step_maximising)],
}

MUTANTS = {
    "7.1": [
        ("a penalty that cannot teach the weights", (lambda D, x, c: r1_over_all(D, x, c).item(), gradient_penalty)),
        (
            "a mean over the numbers of a sample",
            (lambda D, x, c: r1_looped(D, x, c) / x[0].numel(), gradient_penalty),
        ),
        ("slopes at the real samples only", (r1, lambda critic, real, fake: penalty_flat(critic, real, real))),
    ],
    "7.2": [
        ("vectors that are not normalised", (power_without_norms,)),
        ("a gradient that flows through the iteration", (power_all_with_graph,)),
        ("an estimate with the old u", (power_estimated_late,)),
        ("the old u handed back", (lambda weight, u: (power_written_out(weight, u)[0], u),)),
        ("the Frobenius norm", (lambda weight, u: (weight.square().sum().sqrt(), power_written_out(weight, u)[1]),)),
    ],
    "7.3": [
        ("an augmentation of the real images only", (d_of_real_only, augmented_g_loss, "B")),
        ("no augmentation in G's step", (augmented_d_loss, g_without, "B")),
        ("equal treatment taken for safety", (augmented_d_loss, augmented_g_loss, "a")),
    ],
    "7.4": [
        ("every real sample against every generated one", (hinge_d, paired_by_columns, paired_g)),
        ("a hinge at 0", (lambda r, f: F.relu(-r).mean() + F.relu(f).mean(), paired_d, paired_g)),
        ("minus the loss of D", (hinge_d, paired_d, lambda r, f: F.logsigmoid(r - f).mean())),
        ("", (lambda r, f: F.relu(2 - r).mean() + F.relu(2 + f).mean(), paired_d, paired_g)),
    ],
    "7.5": [
        ("the step as it was", ("C", step_as_it_was)),
        ("two steps in place of one", ("C", two_steps)),
        ("gradients that are emptied only after the step", ("C", step_emptied_late)),
        ("a loss that is returned with the penalty in it", ("C", step_all_in_one)),
        ("a learning rate that is too high", ("e", repaired_critic_step)),
    ],
}
