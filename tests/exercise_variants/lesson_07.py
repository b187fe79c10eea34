"""Answers to the exercises of lesson 07: right ones in other styles, and known mistakes in other words."""

import cmath
import math

import numpy as np
import torch
from torch.nn.functional import normalize

from course_utils.checks.lesson_07.lazy_brake import lazy_factor
from course_utils.checks.lesson_07.look_ahead import extragradient_factor, simultaneous_factor
from course_utils.checks.lesson_07.runaway_critic import repaired_critic_step
from course_utils.checks.lesson_07.two_penalties import gradient_penalty, r1

J = torch.tensor([[0.0, 0.5], [-0.5, 0.0]], dtype=torch.float64)


def by_eigenvalues(step_size):
    return torch.linalg.eigvals(torch.eye(2).double() + step_size * J).abs().max()


def ahead_by_eigenvalues(step_size):
    step = torch.eye(2).double() + step_size * J
    return torch.linalg.eigvals(torch.eye(2).double() + step_size * J @ step).abs().max().item()


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


VARIANTS = {
    "7.1": [
        (by_eigenvalues, ahead_by_eigenvalues, 2),
        (lambda h: math.hypot(1, h / 2), lambda h: abs(1 + 0.5j * h * (1 + 0.5j * h)), torch.tensor(2.0)),
        (lambda h: abs(1 + 0.5j * h), lambda h: (1 - h**2 / 4 + h**4 / 16) ** 0.5, 2.0),
    ],
    "7.2": [
        (r1_looped, penalty_looped),
        (r1_with_grad_outputs, penalty_with_grad_outputs),
        (r1_over_all, penalty_flat),
        (r1_by_vmap, penalty_by_vmap),
    ],
    "7.3": [(power_written_out,), (power_by_einsum,), (power_in_place,), (power_by_length,)],
    "7.4": [(lazy_looped, " b "), (lazy_numpy, "b"), (lazy_by_formula, "B")],
    "7.5": [("c", step_zeroed_first), (" C", step_by_package), ("C ", step_maximising)],
}

MUTANTS = {
    "7.1": [
        ("a look-ahead that is itself a step", (simultaneous_factor, lambda h: abs((1 + 0.5j * h) ** 2), 2.0)),
        ("the real part alone", (simultaneous_factor, lambda h: abs((1 + 0.5j * h * (1 + 0.5j * h)).real), 2.0)),
        ("h² in place of h", (simultaneous_factor, extragradient_factor, 4)),
        ("an eigenvalue ±i where it is ±i/2", (lambda h: abs(1 + 1j * h), extragradient_factor, 2.0)),
    ],
    "7.2": [
        ("a penalty that cannot teach the weights", (lambda D, x, c: r1_over_all(D, x, c).item(), gradient_penalty)),
        (
            "a mean over the numbers of a sample",
            (lambda D, x, c: r1_looped(D, x, c) / x[0].numel(), gradient_penalty),
        ),
        ("slopes at the real samples only", (r1, lambda critic, real, fake: penalty_flat(critic, real, real))),
    ],
    "7.3": [
        ("vectors that are not normalised", (power_without_norms,)),
        ("a gradient that flows through the iteration", (power_all_with_graph,)),
        ("an estimate with the old u", (power_estimated_late,)),
        ("the old u handed back", (lambda weight, u: (power_written_out(weight, u)[0], u),)),
        ("the Frobenius norm", (lambda weight, u: (weight.square().sum().sqrt(), power_written_out(weight, u)[1]),)),
    ],
    "7.4": [
        ("a lazy penalty with its ordinary weight", (lambda h, g, k: lazy_looped(h, g / k, k), "B")),
        ("a factor of k rounds, not of one", (lambda h, g, k: lazy_numpy(h, g, k) ** k, "B")),
        ("a brake that is too weak", (lazy_factor, "c")),
    ],
    "7.5": [
        ("the step as it was", ("C", step_as_it_was)),
        ("two steps in place of one", ("C", two_steps)),
        ("gradients that are emptied only after the step", ("C", step_emptied_late)),
        ("a loss that is returned with the penalty in it", ("C", step_all_in_one)),
        ("a learning rate that is too high", ("e", repaired_critic_step)),
    ],
}
