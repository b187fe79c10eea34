"""Answers to the exercises of lesson 16: right ones in other styles, and known mistakes in other words."""

import copy
import io
import math

import numpy as np
import torch

# --- 16.1 ----------------------------------------------------------------------------------------------------


def intensity_by_image(n, i, o, width):
    weights_for_each = i * o / n
    return 2 * i * o / (width * (weights_for_each + i + o))


def intensity_in_numpy(batch, inputs, outputs, width):
    moved = np.array([inputs * outputs, batch * inputs, batch * outputs]) * width
    return np.float64(2 * batch) * inputs * outputs / moved.sum()


def intensity_in_tensors(batch, inputs, outputs, width):
    x, w = torch.empty(batch, inputs, device="meta"), torch.empty(inputs, outputs, device="meta")
    numbers = sum(tensor.numel() for tensor in (x, w, x @ w))
    return torch.tensor(2.0 * batch * inputs * outputs) / (width * numbers)


def batch_by_image(ridge, inputs, outputs, width):
    left = 2 / (ridge * width) - 1 / inputs - 1 / outputs
    return 1 / left if left > 0 else float("inf")


def batch_in_numpy(ridge, inputs, outputs, width):
    slope = 2 * inputs * outputs - ridge * width * (inputs + outputs)
    return np.where(slope > 0, ridge * width * inputs * outputs / slope, np.inf)


def batch_by_search(ridge, inputs, outputs, width):
    low, high = 0.0, 1e12
    if intensity_by_image(high, inputs, outputs, width) < ridge:
        return math.inf
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if intensity_by_image(middle, inputs, outputs, width) < ridge else (low, middle)
    return torch.tensor(high, dtype=torch.float64)


# --- 16.2 ----------------------------------------------------------------------------------------------------


def scaled_by_grad(weights, optimizer, loss, scale, good, patience):
    found = torch.autograd.grad(loss * scale, weights)
    if any((~torch.isfinite(g)).any() for g in found):
        return [scale * 0.5, 0]
    for weight, g in zip(weights, found, strict=True):
        weight.grad = g / scale
    optimizer.step()
    return [scale * 2, 0] if good + 1 >= patience else [scale, good + 1]


def scaled_in_one_vector(weights, optimizer, loss, scale, good, patience):
    optimizer.zero_grad(set_to_none=False)
    loss.mul(scale).backward()
    every = torch.cat([p.grad.reshape(-1) for p in weights]).double()
    if not math.isfinite(every.abs().sum().item()):
        return torch.tensor(scale / 2), torch.tensor(0)
    with torch.no_grad():
        for p in weights:
            p.grad.mul_(1 / scale)
    optimizer.step()
    if (good + 1) % patience == 0:
        return scale * 2.0, 0
    return scale, good + 1


def scaled_and_cleared_at_the_end(weights, optimizer, loss, scale, good, patience):
    torch.mul(loss, scale).backward()
    finite = all(np.isfinite(p.grad.numpy()).all() for p in weights)
    if finite:
        torch._foreach_div_([p.grad for p in weights], scale)
        optimizer.step()
    optimizer.zero_grad()
    good = good + 1 if finite else 0
    scale = scale if finite else scale / 2
    return (scale * 2, 0) if good == patience else (scale, good)


def scaled_without_division(weights, optimizer, loss, scale, good, patience):
    optimizer.zero_grad()
    loss.mul(scale).backward()
    if not all(torch.isfinite(p.grad).all() for p in weights):
        return scale / 2, 0
    optimizer.step()
    return (scale * 2, 0) if good + 1 == patience else (scale, good + 1)


def scaled_with_look_at_the_loss(weights, optimizer, loss, scale, good, patience):
    if not math.isfinite(loss.item()):
        return scale / 2, 0
    for weight, g in zip(weights, torch.autograd.grad(loss * scale, weights), strict=True):
        weight.grad = g / scale
    optimizer.step()
    return (scale * 2, 0) if good + 1 == patience else (scale, good + 1)


def scaled_counting_on(weights, optimizer, loss, scale, good, patience):
    found = torch.autograd.grad(loss * scale, weights)
    if not all(g.isfinite().all() for g in found):
        return scale / 2, good
    for weight, g in zip(weights, found, strict=True):
        weight.grad = g / scale
    optimizer.step()
    return (scale * 2, 0) if good + 1 == patience else (scale, good + 1)


# --- 16.3 ----------------------------------------------------------------------------------------------------


def gradient_by_product(gradients, sizes):
    n = torch.tensor(sizes, dtype=gradients.dtype)
    return n @ torch.nan_to_num(gradients) / n.sum()


def gradient_in_numpy(gradients, sizes):
    n, g = np.array(sizes), gradients.numpy()
    return np.average(g[n > 0], axis=0, weights=n[n > 0])


def gradient_in_a_loop(gradients, sizes):
    total = 0
    for k in range(len(sizes)):
        if sizes[k]:
            total = total + gradients[k].double() * sizes[k]
    return total / sum(sizes)


def moments_by_second_moment(means, variances, sizes):
    n = torch.tensor(sizes)
    kept, share = n > 0, n[n > 0] / n.sum()
    mean = (share[:, None] * means[kept]).sum(0)
    second = (share[:, None] * (variances[kept] + means[kept] ** 2)).sum(0)
    return [mean, second - mean**2]


def moments_in_numpy(means, variances, sizes):
    n = np.array(sizes)
    m, v = means.numpy()[n > 0].astype(float), variances.numpy()[n > 0].astype(float)
    mean = np.average(m, axis=0, weights=n[n > 0])
    return mean, np.average(v + (m - mean) ** 2, axis=0, weights=n[n > 0])


def moments_two_at_a_time(means, variances, sizes):
    """Chan's update: one share after the other."""
    count, mean, squares = 0, torch.zeros(means.shape[1]), torch.zeros(means.shape[1])
    for m, v, n in zip(means, variances, sizes, strict=True):
        if n == 0:
            continue
        gap = m - mean
        squares = squares + v * n + gap**2 * count * n / (count + n)
        mean = mean + gap * n / (count + n)
        count += n
    return mean, squares / count


def gradient_summed(gradients, sizes):
    return torch.stack([g for g, n in zip(gradients, sizes, strict=True) if n]).sum(0)


def moments_within(means, variances, sizes):
    return gradient_by_product(means, sizes), gradient_by_product(variances, sizes)


def moments_unbiased(means, variances, sizes):
    mean, variance = moments_two_at_a_time(means, variances, sizes)
    return mean, variance / (1 - 1 / sum(sizes))


# --- 16.4 ----------------------------------------------------------------------------------------------------


def rounded_by_bits(x):
    bits = x.contiguous().view(torch.int32)
    noisy = bits + torch.randint(0, 2**16, x.shape, dtype=torch.int32)
    return (noisy & -(2**16)).view(torch.float32).bfloat16()


def rounded_by_neighbours(x):
    up = torch.full_like(x, torch.inf).bfloat16()
    near = x.bfloat16()
    below = torch.where(near.float() > x, torch.nextafter(near, -up), near)
    above = torch.nextafter(below, up)
    chance = (x - below.float()) / (above.float() - below.float())
    return torch.where(torch.rand(x.shape) < chance, above, below)


def rounded_in_numpy(x):
    values = x.double().numpy()
    spacing = 2.0 ** (np.frexp(values)[1] - 8)
    whole = np.floor(values / spacing)
    whole += np.random.random(values.shape) < values / spacing - whole
    return torch.from_numpy(whole * spacing).to(torch.bfloat16)


def rounded_with_noise(x):
    spacing = 2.0 ** (torch.frexp(x).exponent - 8)
    centred = (torch.rand_like(x) - 0.5) * spacing
    return torch.where(x == 0, x, x.double() + centred).to(torch.bfloat16)


def rounded_off(x):
    return x.bfloat16().clone()


def cut_off(x):
    return (x.contiguous().view(torch.int32) & -65536).view(torch.float32).bfloat16()


def rounded_by_one_number(x):
    bits = x.contiguous().view(torch.int32) + int(torch.randint(2**16, ()))
    return (bits & -65536).view(torch.float32).bfloat16()


# --- 16.5 ----------------------------------------------------------------------------------------------------


def through_a_file(network, optimizer):
    file = io.BytesIO()
    torch.save({"n": network.state_dict(), "o": optimizer.state_dict()}, file)

    def back():
        file.seek(0)
        loaded = torch.load(file)
        network.load_state_dict(loaded["n"])
        optimizer.load_state_dict(loaded["o"])

    return back


class Kept:
    def __init__(self, network, optimizer):
        self.objects = network, optimizer
        self.kept = copy.deepcopy((network.state_dict(), optimizer.state_dict()))

    def __call__(self):
        for thing, state in zip(self.objects, copy.deepcopy(self.kept), strict=True):
            thing.load_state_dict(state)


def cloned(network, optimizer):
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    groups = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    memory = {p: {k: v.clone() for k, v in state.items()} for p, state in optimizer.state.items()}

    def back():
        with torch.no_grad():
            for name, tensor in network.state_dict().items():
                tensor.copy_(weights[name])
        for group, kept in zip(optimizer.param_groups, groups, strict=True):
            group.update(kept)
        for p, state in memory.items():
            optimizer.state[p] = {k: v.clone() for k, v in state.items()}

    return back


def shallow(network, optimizer):
    kept = dict(network.state_dict()), dict(optimizer.state_dict())

    def back():
        network.load_state_dict(kept[0])
        optimizer.load_state_dict(kept[1])

    return back


def copied_too_late(network, optimizer):
    weights, averages = network.state_dict(), optimizer.state_dict()

    def back():
        network.load_state_dict(copy.deepcopy(weights))
        optimizer.load_state_dict(copy.deepcopy(averages))

    return back


def serves_once(network, optimizer):
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    averages = copy.deepcopy(optimizer.state_dict())
    return lambda: (network.load_state_dict(weights), optimizer.load_state_dict(averages))


def weights_only(network, optimizer):
    twin = copy.deepcopy(network)
    return lambda: network.load_state_dict(twin.state_dict())


VARIANTS = {
    "16.1": [
        (intensity_by_image, batch_by_image),
        (intensity_in_numpy, batch_in_numpy),
        (intensity_in_tensors, batch_by_search),
    ],
    "16.2": [(scaled_by_grad,), (scaled_in_one_vector,), (scaled_and_cleared_at_the_end,)],
    "16.3": [
        (gradient_by_product, moments_by_second_moment),
        (gradient_in_numpy, moments_in_numpy),
        (gradient_in_a_loop, moments_two_at_a_time),
    ],
    "16.4": [
        (rounded_by_bits, " b "),
        (rounded_by_neighbours, "b"),
        (rounded_in_numpy, "B"),
        (rounded_with_noise, "(B)"),
    ],
    "16.5": [("b", through_a_file), ("B", Kept), (" B", cloned)],
}

MUTANTS = {
    "16.1": [
        (
            "weights that are fetched anew for each image",
            (lambda n, i, o, width: 2 * i * o / (width * (i * o + i + o)), batch_by_image),
        ),
        (
            "a negative batch",
            (intensity_by_image, lambda r, i, o, width: 1 / (2 / (r * width) - 1 / i - 1 / o)),
        ),
        ("a batch for the weights alone", (intensity_by_image, lambda r, i, o, width: 0.5 * width * r)),
    ],
    "16.2": [
        ("gradients that are still magnified", (scaled_without_division,)),
        ("a look at the loss in place of the gradients", (scaled_with_look_at_the_loss,)),
        ("a count that goes on after a skipped step", (scaled_counting_on,)),
    ],
    "16.3": [
        ("a sum of the gradients", (gradient_summed, moments_two_at_a_time)),
        (
            "a mean in which every process counts the same",
            (lambda g, n: g.nanmean(dim=0), moments_two_at_a_time),
        ),
        ("a mean of the shares' variances", (gradient_by_product, moments_within)),
        ("a variance divided by N − 1", (gradient_by_product, moments_unbiased)),
    ],
    "16.4": [
        ("rounding to the nearest", (rounded_off, "B")),
        ("always rounding towards zero", (cut_off, "B")),
        ("one random number for the whole tensor", (rounded_by_one_number, "B")),
        ("rounding errors that add up", (rounded_by_bits, "c")),
    ],
    "16.5": [
        ("a snapshot that still moves with the training", ("B", shallow)),
        ("a copy that is made too late", ("B", copied_too_late)),
        ("a snapshot that serves only once", ("B", serves_once)),
        ("weights that come back to an optimiser that does not", ("B", weights_only)),
        ("averages of Adam that do not come back", ("c", through_a_file)),
    ],
}
