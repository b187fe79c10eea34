"""Answers to the exercises of lesson 13: right ones in other styles, and known mistakes in other words."""

import math
import statistics

import numpy as np
import torch
from scipy import stats
from torch.nn import functional as F

from course_utils.intervals import confidence_interval
from course_utils.training.randomness import forked_random_state

# --- 13.1 ----------------------------------------------------------------------------------------------------


def covering_by_moments(w, m, s):
    second = w * (s**2 + m**2) + (1 - w) * (s**2 + m**2)
    mean = w * -m + (1 - w) * m
    return [mean, (second - mean**2) ** 0.5]


def covering_in_tensors(weight, centre, std):
    weights = torch.tensor([weight, 1 - weight], dtype=torch.float64)
    means = torch.tensor([-centre, centre], dtype=torch.float64)
    mean = (weights * means).sum()
    return mean, (std**2 + (weights * (means - mean).square()).sum()).sqrt()


def covering_in_numpy(p, c, sd):
    mean = np.average([-c, c], weights=[p, 1 - p])
    return mean, np.sqrt(sd**2 + np.average((np.array([-c, c]) - mean) ** 2, weights=[p, 1 - p]))


def covering_in_float32(weight, centre, std):
    weights, means = torch.tensor([weight, 1 - weight]), torch.tensor([-centre, centre])
    mean = weights @ means
    return mean.item(), torch.sqrt(weights @ (means**2 + std**2) - mean**2).item()


COVERING = {
    "moments": covering_by_moments,
    "spread within": lambda w, m, s: (w * -m + (1 - w) * m, s),
    "not centred": lambda w, m, s: (m - 2 * w * m, (s * s + m * m) ** 0.5),
}

# --- 13.2 ----------------------------------------------------------------------------------------------------


def interval_by_course(first, second):
    return confidence_interval([first[seed] - second[seed] for seed in sorted(first)])


def interval_in_numpy(a, b):
    gaps = np.array([a[s] for s in sorted(a)]) - np.array([b[s] for s in sorted(b)])
    return gaps.mean(), stats.sem(gaps) * stats.t.ppf(0.975, df=len(gaps) - 1)


def interval_of_scipy(a, b):
    seeds = list(b)
    found = stats.ttest_rel([a[s] for s in seeds], [b[s] for s in seeds]).confidence_interval(0.95)
    return (found.low + found.high) / 2, (found.high - found.low) / 2


def interval_in_a_loop(a, b):
    gaps = []
    for seed, value in a.items():
        gaps.append(value - b.pop(seed))
    return statistics.fmean(gaps), stats.t.isf(0.025, len(gaps) - 1) * statistics.stdev(gaps) / len(gaps) ** 0.5


def interval_in_float32(a, b):
    n = len(a)
    gaps = torch.tensor([a[s] for s in sorted(a)]) - torch.tensor([b[s] for s in sorted(b)])
    return gaps.mean(), stats.t.ppf(0.975, n - 1) * gaps.std() / n**0.5


def interval_by_position(a, b):
    return confidence_interval((np.array(list(a.values())) - np.array(list(b.values()))).tolist())


def interval_of_two_samples(a, b):
    found = stats.ttest_ind(list(a.values()), list(b.values())).confidence_interval(0.95)
    return (found.low + found.high) / 2, (found.high - found.low) / 2


def interval_without_student(a, b):
    gaps = [a[s] - b[s] for s in a]
    return statistics.mean(gaps), 1.96 * statistics.stdev(gaps) / math.sqrt(len(gaps))


# --- 13.3 ----------------------------------------------------------------------------------------------------


def matching_by_lerp(network, data):
    noise, times = torch.randn(data.shape), torch.rand(data.shape[0])
    place = torch.lerp(noise, data, times.view([len(data)] + [1] * (data.ndim - 1)).expand_as(data))
    return F.mse_loss(network(place, times), data - noise)


def matching_in_a_loop(v, x1):
    t = torch.rand(len(x1))
    x0 = torch.stack([torch.randn_like(x) for x in x1])
    x_t = torch.stack([a + time * (b - a) for a, b, time in zip(x0, x1, t, strict=True)])
    return ((v(x_t, t) + x0 - x1) ** 2).sum() / x1.numel()


def matching_flat(velocity, x1):
    n = x1.shape[0]
    t, start, end = torch.empty(n).uniform_(), torch.empty_like(x1).normal_().reshape(n, -1), x1.reshape(n, -1)
    between = (start + t[:, None] * (end - start)).reshape(x1.shape)
    return (velocity(between, t).reshape(n, -1) - end + start).pow(2).mean(dim=1).mean()


def matching_backwards(velocity, x1):
    noise, t = torch.randn_like(x1), torch.rand(len(x1))
    target = torch.sub(noise, x1)
    return F.mse_loss(velocity(noise - torch.einsum("n,n...->n...", t, target), t), target)


def matching_one_time(velocity, x1):
    moment = torch.rand(()).item()
    noise = torch.randn_like(x1)
    return F.mse_loss(velocity(torch.lerp(noise, x1, moment), torch.full((len(x1),), moment)), x1 - noise)


def matching_summed(velocity, x1):
    noise, t = torch.randn_like(x1), torch.rand(len(x1))
    place = noise + torch.einsum("n,n...->n...", t, x1 - noise)
    return F.mse_loss(velocity(place, t), x1 - noise, reduction="sum")


# --- 13.4 ----------------------------------------------------------------------------------------------------


def mixture_by_logsumexp(a, b, noise):
    weights = torch.tensor([1 - noise, noise]).log()
    return (torch.stack([a, b], dim=-1) + weights).logsumexp(-1)


def mixture_around_the_larger(log_good, log_noise, share):
    top = torch.maximum(log_good, log_noise).detach()
    return top + ((1 - share) * (log_good - top).exp() + share * (log_noise - top).exp()).log()


def mixture_through_softplus(log_good, log_noise, share):
    lead = math.log(share / (1 - share)) + log_noise - log_good
    return math.log(1 - share) + log_good + F.softplus(lead)


# --- 13.5 ----------------------------------------------------------------------------------------------------


def error_of(velocity, points, x0, t):
    return F.mse_loss(velocity(x0 + t.view(-1, 1) * (points - x0), t), points - x0).item()


def look_forked(velocity, points):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        return error_of(velocity, points, torch.randn_like(points), torch.rand(len(points)))


def look_put_back(velocity, points):
    state = torch.get_rng_state()
    torch.manual_seed(1)
    x0, t = torch.randn_like(points), torch.rand(len(points))
    torch.set_rng_state(state)
    return error_of(velocity, points, x0, t)


def look_by_course(velocity, points):
    with forked_random_state(points.device, 3), torch.no_grad():
        return torch.tensor(error_of(velocity, points, torch.randn_like(points), torch.rand(len(points))))


def look_in_numpy(velocity, points):
    drawn = np.random.default_rng(5)
    x0 = torch.from_numpy(drawn.standard_normal(points.shape)).float()
    with torch.no_grad():
        return error_of(velocity, points, x0, torch.from_numpy(drawn.random(len(points))).float())


def look_seeded_afterwards(velocity, points):
    torch.random.manual_seed(3)
    t, x0 = torch.rand(len(points)), torch.randn(points.shape)
    torch.manual_seed(100)
    return error_of(velocity, points, x0, t)


def look_without_seed(velocity, points):
    return error_of(velocity, points, torch.randn(points.shape), torch.empty(len(points)).uniform_())


KEPT = torch.Generator().manual_seed(12)


def look_that_goes_on(velocity, points, generator=KEPT):
    x0 = torch.empty_like(points).normal_(generator=generator)
    return error_of(velocity, points, x0, torch.rand(len(points), generator=generator))


VARIANTS = {
    "13.1": [
        (covering_by_moments, lambda w: math.log(1 / w)),
        (covering_in_tensors, lambda weight: -torch.tensor(weight, dtype=torch.float64).log()),
        (covering_in_numpy, lambda weight: -np.log(weight)),
        (covering_in_float32, lambda weight: -torch.log(torch.tensor(weight)).item()),
    ],
    "13.2": [
        (interval_by_course,),
        (interval_in_numpy,),
        (interval_of_scipy,),
        (interval_in_a_loop,),
        (interval_in_float32,),
    ],
    "13.3": [(matching_by_lerp,), (matching_in_a_loop,), (matching_flat,)],
    "13.4": [
        (mixture_by_logsumexp, " c "),
        (mixture_around_the_larger, "c"),
        (mixture_through_softplus, "C "),
    ],
    "13.5": [(" b", look_forked), ("B", look_put_back), ("b", look_by_course), ("B", look_in_numpy)],
}

MUTANTS = {
    "13.1": [
        ("the spread within a bump only", (COVERING["spread within"], lambda w: -math.log(w))),
        (
            "bumps that lie m apart",
            (lambda w, m, s: ((1 - 2 * w) * m, (s * s + w * (1 - w) * m * m) ** 0.5), lambda w: -math.log(w)),
        ),
        ("E[x²] taken for the variance", (COVERING["not centred"], lambda w: -math.log(w))),
        ("the weight of the other bump", (covering_by_moments, lambda w: math.log(1 / (1 - w)))),
    ],
    "13.2": [
        ("a pairing by position", (interval_by_position,)),
        ("the interval of two independent samples, with 2n − 2 degrees of freedom", (interval_of_two_samples,)),
        ("the 1.96 of a normal distribution", (interval_without_student,)),
    ],
    "13.3": [
        ("a velocity from the data to the noise", (matching_backwards,)),
        ("one time for the whole batch", (matching_one_time,)),
        ("a sum where the mean was meant", (matching_summed,)),
    ],
    "13.4": [
        ("a mean of the logarithms", (lambda a, b, s: a + s * (b - a), "C")),
        ("the shares exchanged", (lambda a, b, s: mixture_by_logsumexp(b, a, s), "C")),
        ("a price that grows with the image", (mixture_by_logsumexp, "d")),
    ],
    "13.5": [
        (
            "a look after which the training still draws the same numbers each time",
            ("B", look_seeded_afterwards),
        ),
        ("a look without any seed", ("b", look_without_seed)),
        ("a generator that lives on from look to look", ("B", look_that_goes_on)),
    ],
}
