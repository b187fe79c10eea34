"""Answers to the turns of lesson 06: right ones in other styles, known mistakes in other words, near neighbours.

A mistake that is nobody's by name ("") is wrong all the same.
"""

import torch
from torch.nn.functional import logsigmoid

# --- 06.1 the field ----------------------------------------------------------------------------------------


def by_autograd(state):
    state = state.detach().clone().requires_grad_()
    value = logsigmoid(-state[..., 0] * state[..., 1]).sum()
    (slope,) = torch.autograd.grad(value, state)
    return slope * torch.tensor([-1.0, 1.0])


def flipped(state):
    return state.flip(-1) * torch.tensor([1.0, -1.0]) * state.prod(-1, keepdim=True).sigmoid()


def filled(state):
    out = torch.empty_like(state)
    believed = 1 / (1 + torch.exp(-state[..., 0] * state[..., 1]))
    out[..., 0], out[..., 1] = state[..., 1] * believed, -believed * state[..., 0]
    return out


def linear(state):
    return state.flip(-1) * torch.tensor([1.0, -1.0])


def halved(state):
    return flipped(state) / 2


def as_one_batch(state):
    theta, psi = state[:, 0], state[:, 1]
    return torch.stack([psi, -theta], 1) * torch.sigmoid(theta * psi)[:, None]


# --- 06.2 one after the other ------------------------------------------------------------------------------


def in_two_parts(state, field, h):
    new = state.clone()
    new[..., 0] = state[..., 0] + h * field(state)[..., 0]
    new[..., 1] = state[..., 1] + h * field(new)[..., 1]
    return new


def with_masks(state, field, h):
    for player in torch.eye(2):
        state = state + h * player * field(state)
    return state


def d_begins(state, field, h):
    for player in torch.eye(2).flip(0):
        state = state + h * player * field(state)
    return state


def both_at_once(state, field, h):
    return torch.add(state, field(state), alpha=h)


def half_steps(state, field, h):
    return in_two_parts(in_two_parts(state, field, h / 2), field, h / 2)


# --- 06.3 look before you step -----------------------------------------------------------------------------


def back_and_forth(position, f, h):
    start = position.clone()
    position += h * f(position)
    return start + h * f(position)


def player_by_player(s, f, h):
    look = f(s)
    theta, psi = s[..., 0] + h * look[..., 0], s[..., 1] + h * look[..., 1]
    move = f(torch.stack([theta, psi], dim=-1))
    return torch.stack([s[..., 0] + h * move[..., 0], s[..., 1] + h * move[..., 1]], dim=-1)


def with_torch_add(s, field, h):
    return torch.add(s, field(torch.add(s, field(s), alpha=h)), alpha=h)


def two_plain_steps(s, f, h):
    for _ in range(2):
        s = s + h * f(s)
    return s


def heun(s, f, h):
    first = f(s)
    return s + h * torch.stack([first, f(s + h * first)]).mean(dim=0)


def d_answers(s, f, h):
    theta = s[..., 0] + h * f(s)[..., 0]
    answer = f(torch.stack([theta, s[..., 1]], dim=-1))[..., 1]
    return torch.stack([theta, s[..., 1] + h * answer], dim=-1)


def look_half_as_far(s, f, h):
    return s + h * f(s + 0.5 * h * f(s))


VARIANTS = {
    "06.1": [(by_autograd,), (flipped,), (filled,)],
    "06.2": [(in_two_parts,), (with_masks,)],
    "06.3": [(back_and_forth,), (player_by_player,), (with_torch_add,)],
}

MUTANTS = {
    "06.1": [
        ("both players going uphill", (lambda state: by_autograd(state) * torch.tensor([-1.0, 1.0]),)),
        ("the slope of the logarithm left out", (linear,)),
        ("", (halved,)),
        ("", (as_one_batch,)),
    ],
    "06.2": [
        ("a simultaneous step", (both_at_once,)),
        ("D before G", (d_begins,)),
        ("", (half_steps,)),
    ],
    "06.3": [
        ("two simultaneous steps", (two_plain_steps,)),
        ("a mean of two fields", (heun,)),
        ("an alternating step", (d_answers,)),
        ("half a look ahead", (look_half_as_far,)),
        ("", (lambda s, f, h: s + h * f(s + 2 * h * f(s)),)),
    ],
}
