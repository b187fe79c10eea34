"""Answers to the turns of lesson 11: right ones in other styles, known mistakes in other words, and near neighbours."""

import torch
from torch.nn.functional import l1_loss, mse_loss

# --- 11.1 the cycle loss ---------------------------------------------------------------------------------------


def loss_by_torch(to_b, to_a, a, b):
    return l1_loss(to_a(to_b(a)), a) + l1_loss(to_b(to_a(b)), b)


def loss_by_hand(to_b, to_a, a, b):
    there, back = (a - to_a(to_b(a))).abs(), (b - to_b(to_a(b))).abs()
    return there.sum() / a.numel() + back.sum() / b.numel()


def loss_squared(to_b, to_a, a, b):
    return mse_loss(to_a(to_b(a)), a) + mse_loss(to_b(to_a(b)), b)


def loss_rooted(to_b, to_a, a, b):
    """A near neighbour: the roots of the means of squares."""
    return mse_loss(to_a(to_b(a)), a).sqrt() + mse_loss(to_b(to_a(b)), b).sqrt()


def loss_without_graph(to_b, to_a, a, b):
    with torch.no_grad():
        b_made, a_made = to_b(a), to_a(b)
    return l1_loss(to_a(b_made), a) + l1_loss(to_b(a_made), b)


# --- 11.2 the receptive field ------------------------------------------------------------------------------------


def field_from_the_end(layers):
    side = 1
    for kernel, stride in reversed(layers):
        side = stride * (side - 1) + kernel
    return side


def field_by_a_sum(layers):
    steps = [1]
    for _, stride in layers:
        steps.append(steps[-1] * stride)
    return 1 + sum((kernel - 1) * step for (kernel, _), step in zip(layers, steps, strict=False))


def field_in_float(layers):
    return float(field_from_the_end(layers))


def field_with_late_strides(layers):
    side, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        side += (kernel - 1) * step
    return side


# --- 11.3 the image pool -----------------------------------------------------------------------------------------


def query_in_a_loop(pool, new, swap, slots):
    pool, seen = pool.clone(), []
    for image, exchanged, slot in zip(new, swap, slots, strict=True):
        seen.append(pool[slot].clone() if exchanged else image)
        if exchanged:
            pool[slot] = image
    return torch.stack(seen), pool


def query_by_masks(pool, new, swap, slots):
    seen, after = new.clone(), pool.clone()
    seen[swap] = pool[slots[swap]]
    after[slots[swap]] = new[swap]
    return seen, after


def query_turned(pool, new, swap, slots):
    return query_by_masks(pool, new, ~swap, slots)


def query_that_forgets(pool, new, swap, slots):
    """A near neighbour of what has a name: what is exchanged is set to 0 in the pool."""
    seen, after = query_by_masks(pool, new, swap, slots)
    after[slots[swap]] = 0
    return seen, after


VARIANTS = {
    "11.1": [(loss_by_torch,), (loss_by_hand,)],
    "11.2": [(field_from_the_end,), (field_by_a_sum,), (field_in_float,)],
    "11.3": [(query_in_a_loop,), (query_by_masks,)],
}
MUTANTS = {
    "11.1": [
        ("squared differences", (loss_squared,)),
        ("translations that are detached", (loss_without_graph,)),
        ("", (loss_rooted,)),
    ],
    "11.2": [("the stride counted too early", (field_with_late_strides,))],
    "11.3": [("swap turned round", (query_turned,)), ("", (query_that_forgets,))],
}
