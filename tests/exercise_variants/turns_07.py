"""Answers to the turns of lesson 07: right ones in other styles, known mistakes in other words, and near neighbours."""

import itertools

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

# --- 07.1 the cheapest plan --------------------------------------------------------------------------------


def plan_in_numpy(real, fake):
    table = np.linalg.norm(real.numpy()[:, None] - fake.numpy()[None], axis=-1)
    rows, columns = linear_sum_assignment(table)
    return table[rows, columns].mean(), columns


def plan_of_generated(real, fake):
    """The pairing is asked from the other side, and turned round."""
    rows, columns = linear_sum_assignment(torch.cdist(fake, real))
    partner = torch.empty(len(rows), dtype=torch.long)
    partner[torch.as_tensor(columns)] = torch.as_tensor(rows)
    return (real - fake[partner]).norm(dim=1).mean().item(), partner.tolist()


def plan_nearest(real, fake):
    table = (real[:, None] - fake).pow(2).sum(-1).sqrt()
    return table.amin(1).mean(), table.argmin(1)


def plan_squared(real, fake):
    table = (real[:, None] - fake).pow(2).sum(-1)
    rows, columns = linear_sum_assignment(table)
    return table[rows, columns].mean(), columns


def plan_by_squares_measured_by_distance(real, fake):
    """A near neighbour of squared distances."""
    rows, columns = linear_sum_assignment(torch.cdist(real, fake).square())
    return torch.cdist(real, fake)[rows, columns].mean(), columns


# --- 07.2 the critic's moves ---------------------------------------------------------------------------------


def moves_by_grad(critic, optimizer, draw, charge, times):
    weights = list(critic.parameters())
    for _ in itertools.repeat(None, times):
        x, y = (samples.detach() for samples in draw())
        value = (critic(x)).mean() - (critic(y)).mean()
        loss = -value + charge(critic, x, y)
        found = torch.autograd.grad(loss, weights, allow_unused=True)
        for weight, gradient in zip(weights, found, strict=True):
            weight.grad = torch.zeros_like(weight) if gradient is None else gradient
        optimizer.step()
    return value.item()


def moves_in_two_passes(critic, optimizer, draw, charge, times):
    while times:
        real, fake = draw()
        fake = fake.data
        critic.zero_grad()
        charge(critic, real, fake).backward()
        loss = critic(fake).mean() - critic(real).mean()
        loss.backward()
        optimizer.step()
        times -= 1
    return -loss


def moves_on_one_draw(critic, optimizer, draw, charge, times):
    x, y = draw()
    y = y.detach()
    for _ in range(times):
        optimizer.zero_grad()
        value = critic(x).mean() - critic(y).mean()
        (charge(critic, x, y) - value).backward()
        optimizer.step()
    return value


def moves_downhill(critic, optimizer, draw, charge, times):
    for _ in range(times):
        x, y = draw()
        y = y.detach()
        optimizer.zero_grad()
        value = critic(x).mean() - critic(y).mean()
        (charge(critic, x, y) + value).backward()
        optimizer.step()
    return value


def moves_once_too_often(critic, optimizer, draw, charge, times):
    """A near neighbour of a single move."""
    return moves_in_two_passes(critic, optimizer, draw, charge, times + 1)


# --- 07.3 R2 -------------------------------------------------------------------------------------------------


def r2_looped(D, x, y, strength):
    total = 0.0
    for sample in y:
        sample = sample[None].detach().clone().requires_grad_()
        (slope,) = torch.autograd.grad(D(sample).squeeze(), sample, create_graph=True)
        total = total + (slope**2).sum()
    return strength * total / (2 * len(y))


def r2_by_grad_outputs(D, real, fake, gamma):
    fake = fake.data.requires_grad_(True)
    logits = D(fake)
    (g,) = torch.autograd.grad(logits, fake, torch.ones_like(logits), create_graph=True)
    return 0.5 * gamma * torch.linalg.vector_norm(g.reshape(len(fake), -1), dim=1).pow(2).mean()


def r2_at_real(D, real, fake, gamma):
    return r2_looped(D, fake, real, gamma)


def r2_without_graph(D, real, fake, gamma):
    return r2_looped(D, real, fake, gamma).detach()


def r2_times_gamma_squared(D, real, fake, gamma):
    """A near neighbour of γ in the place of γ/2."""
    return r2_looped(D, real, fake, gamma**2)


VARIANTS = {
    "07.1": [(plan_in_numpy,), (plan_of_generated,)],
    "07.2": [(moves_by_grad,), (moves_in_two_passes,)],
    "07.3": [(r2_looped,), (r2_by_grad_outputs,)],
}
MUTANTS = {
    "07.1": [
        ("the nearest generated point for each real one", (plan_nearest,)),
        ("squared distances", (plan_squared,)),
        ("", (plan_by_squares_measured_by_distance,)),
    ],
    "07.2": [
        ("one draw for all moves", (moves_on_one_draw,)),
        ("a critic that makes its value small", (moves_downhill,)),
        ("", (moves_once_too_often,)),
    ],
    "07.3": [
        ("the slope at the real samples", (r2_at_real,)),
        ("a penalty that does not reach the weights", (r2_without_graph,)),
        ("", (r2_times_gamma_squared,)),
    ],
}
