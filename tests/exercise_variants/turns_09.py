"""Answers to the turns of lesson 09: right ones in other styles, known mistakes in other words, and near neighbours."""

import math

import torch

# --- 09.1 the bound ----------------------------------------------------------------------------------------------


def bound_by_largest(log_w):
    top = log_w.max(dim=0).values
    return (log_w - top).exp().mean(0).log() + top


def bound_by_columns(log_w):
    return torch.stack([torch.logsumexp(column, 0) - math.log(len(column)) for column in log_w.T])


def bound_shifted(log_w):
    return torch.logsumexp(log_w - math.log(log_w.size(0)), dim=0)


def mean_of_logs(log_w):
    return torch.stack([column.sum() / len(column) for column in log_w.T])


def mean_of_weights(log_w):
    return torch.log(torch.exp(log_w).sum(0) / log_w.shape[0])


def bound_of_the_batch(log_w):
    """A near neighbour: one number for all images."""
    return (log_w.logsumexp(0) - math.log(len(log_w))).mean()


# --- 09.2 free bits ------------------------------------------------------------------------------------------------


def charge_by_maximum(kl, free):
    average = kl.sum(0) / len(kl)
    return torch.maximum(average, torch.full_like(average, free)).sum()


def charge_in_a_loop(kl, free):
    return sum(max(column.mean(), torch.tensor(free, dtype=kl.dtype)) for column in kl.T)


def charge_by_relu(kl, free):
    return torch.relu(kl.mean(0) - free).sum() + free * kl.shape[1]


def charge_for_each_image(kl, free):
    return torch.maximum(kl, torch.tensor(free, dtype=kl.dtype)).sum() / len(kl)


def charge_relu(kl, free):
    return torch.relu(kl.mean(0) - free).sum()


def charge_twice_the_free_part(kl, free):
    """A near neighbour."""
    return kl.mean(0).clamp(min=2 * free).sum()


# --- 09.3 all codes together ---------------------------------------------------------------------------------------


def density_by_largest(log_q):
    top = log_q.max(1, keepdim=True).values
    return (top + (log_q - top).exp().mean(1, keepdim=True).log()).squeeze(1)


def density_by_logaddexp(log_q):
    total = log_q[:, 0]
    for column in log_q.T[1:]:
        total = torch.logaddexp(total, column)
    return total - math.log(log_q.shape[1])


def density_averaged(log_q):
    return log_q.sum(1) / log_q.shape[1]


def density_of_one_fewer(log_q):
    """A near neighbour: N − 1 in the place of N."""
    return log_q.logsumexp(1) - math.log(log_q.shape[1] - 1)


# --- 09.4 straight through -----------------------------------------------------------------------------------------


def quantise_by_cdist(codes, book):
    numbers = torch.cdist(codes.flatten(0, 1), book).argmin(1).view(codes.shape[:2])
    nearest = book[numbers].detach()
    return nearest + codes - codes.detach(), numbers


def quantise_in_loops(codes, book):
    numbers = torch.stack(
        [torch.stack([(book - one).norm(dim=1).argmin() for one in image]) for image in codes.detach()]
    )
    return codes - (codes - book[numbers]).detach(), numbers


def quantise_expanded(codes, book):
    with torch.no_grad():
        distance = codes.square().sum(-1, keepdim=True) - 2 * codes @ book.T + book.square().sum(1)
        numbers = distance.min(-1).indices
        change = book[numbers] - codes
    return codes + change, numbers


def quantise_without_gradient(codes, book):
    numbers = torch.cdist(codes.flatten(0, 1), book).argmin(1).view(codes.shape[:2])
    return torch.nn.functional.embedding(numbers, book), numbers


def quantise_by_product(codes, book):
    numbers = (codes @ book.T).argmax(-1)
    return codes + (book[numbers] - codes).detach(), numbers


def quantise_by_the_second_nearest(codes, book):
    """A near neighbour."""
    numbers = torch.cdist(codes.flatten(0, 1), book).argsort(1)[:, 1].view(codes.shape[:2])
    return codes + (book[numbers] - codes).detach(), numbers


VARIANTS = {
    "09.1": [(bound_by_largest,), (bound_by_columns,), (bound_shifted,)],
    "09.2": [(charge_by_maximum,), (charge_in_a_loop,), (charge_by_relu,)],
    "09.3": [(density_by_largest,), (density_by_logaddexp,)],
    "09.4": [(quantise_by_cdist,), (quantise_in_loops,), (quantise_expanded,)],
}

MUTANTS = {
    "09.1": [
        ("the ELBO with k draws", (mean_of_logs,)),
        ("weights that leave the logarithm", (mean_of_weights,)),
        ("", (bound_of_the_batch,)),
    ],
    "09.2": [
        ("each image for itself", (charge_for_each_image,)),
        ("the free part subtracted", (charge_relu,)),
        ("", (charge_twice_the_free_part,)),
    ],
    "09.3": [
        ("the mean of the logarithms", (density_averaged,)),
        ("", (density_of_one_fewer,)),
    ],
    "09.4": [
        ("no gradient to the encoder", (quantise_without_gradient,)),
        ("the entry with the largest inner product", (quantise_by_product,)),
        ("", (quantise_by_the_second_nearest,)),
    ],
}
