"""Answers to the exercises of lesson 12: right ones in other styles, and known mistakes in other words."""

import math

import numpy as np
import torch
from torch.distributions import Normal
from torch.utils.data import DataLoader, TensorDataset

from course_utils.evaluation import frechet_distance


def distance_package(shift, std1, std2):
    eye = torch.eye(len(shift)).double()
    return frechet_distance(shift, std1**2 * eye, torch.zeros_like(shift), std2**2 * eye)


def distance_looped(m, a, b):
    total = 0.0
    for x in m.tolist():
        total += x * x + a * a + b * b - 2 * a * b
    return total


def distance_dot(difference, s, t):
    return difference @ difference + difference.numel() * abs(t - s) ** 2


def distance_in_numpy(shift, std1, std2):
    return np.sum(shift.numpy() ** 2) + len(shift) * np.square(std1 - std2)


def distance_of_variances(m, a, b):
    return m @ m + m.numel() * (a * a - b * b) ** 2


def distance_flat(m, a, b):
    return torch.cat([m, torch.tensor([a - b])]).square().sum()


def realism_looped(x, y, neighbours):
    radii = []
    for i in range(len(x)):
        others = torch.cat([x[:i], x[i + 1 :]])
        radii.append((others - x[i]).norm(dim=1).sort().values[neighbours - 1])
    radii = torch.stack(radii)
    scores = []
    for point in y:
        best = 0.0
        for centre, radius in zip(x, radii, strict=True):
            if radius <= radii.median():
                best = max(best, (radius / (point - centre).norm()).item())
        scores.append(best)
    return torch.tensor(scores, dtype=x.dtype)


def realism_zeroed(real, fake, k):
    apart = (real[:, None] - real[None]).norm(dim=2)
    apart.fill_diagonal_(torch.inf)
    radius = apart.topk(k, largest=False).values[:, -1]
    radius[radius > radius.quantile(0.5)] = 0
    return torch.max(radius / torch.cdist(fake, real), dim=1).values


def realism_sorted(real, fake, k):
    with torch.no_grad():
        radius = torch.cdist(real, real).sort(1)[0][:, k]
        order = (radius <= radius.sort()[0][len(real) // 2]).nonzero()[:, 0]
        return 1 / (torch.cdist(fake, real[order]) / radius[order]).amin(1)


def realism_in_numpy(real, fake, k):
    x, y = real.numpy(), fake.numpy()
    radii = np.sort(np.linalg.norm(x[:, None] - x, axis=2), axis=1)[:, k]
    kept = radii <= np.median(radii)
    return np.max(radii[kept] / np.linalg.norm(y[:, None] - x[kept], axis=2), axis=1)


def realism_of_all(real, fake, k):
    radius = torch.cdist(real, real).topk(k + 1, largest=False).values[:, -1]
    return torch.max(radius / torch.cdist(fake, real), dim=1).values


def realism_of_itself(real, fake, k):
    radius = torch.cdist(real, real).sort(1)[0][:, k - 1]
    radius[radius > radius.median()] = 0
    return torch.max(radius / torch.cdist(fake, real), dim=1).values


def realism_per_real(real, fake, k):
    radius = torch.cdist(real, real).sort(1)[0][:, k]
    kept = radius <= radius.median()
    return radius[kept] / torch.cdist(fake, real[kept]).min(dim=0).values


def window_looped(x, s):
    result = []
    for i in range(len(x)):
        others = torch.cat([x[:i], x[i + 1 :]])
        logs = Normal(others, s).log_prob(x[i]).sum(1)
        result.append(torch.logsumexp(logs, 0) - math.log(len(others)))
    return torch.stack(result)


def window_inplace(points, std):
    n, d = points.shape
    logs = (points[:, None] - points[None]).square().sum(-1).div_(-2 * std * std)
    logs.fill_diagonal_(float("-inf"))
    return logs.logsumexp(-1).sub_(torch.tensor(n - 1.0).log() + d * math.log(std * math.sqrt(2 * math.pi)))


def window_shifted(points, std):
    n, d = points.shape
    logs = torch.distributions.MultivariateNormal(points, std**2 * torch.eye(d).double()).log_prob(points[:, None])
    logs = logs[~torch.eye(n).bool()].view(n, n - 1)
    top = logs.max(1, keepdim=True).values
    return (top + (logs - top).exp().mean(1, keepdim=True).log()).squeeze(1)


def window_with_a_large_number(points, std):
    logs = -(torch.cdist(points, points) ** 2) / 2 / std**2 - 1e9 * torch.eye(len(points))
    return logs.logsumexp(1) - math.log(len(points) - 1) - points.shape[1] / 2 * math.log(2 * math.pi * std**2)


def window_with_itself(x, s):
    return Normal(x, s).log_prob(x[:, None]).sum(2).logsumexp(1) - math.log(len(x))


def window_underflowing(x, s):
    density = Normal(x, s).log_prob(x[:, None]).sum(2).exp().fill_diagonal_(0)
    return (density.sum(1) / (len(x) - 1)).log()


def window_bare(x, s):
    logs = -(torch.cdist(x, x) ** 2) / 2 / s**2 + torch.diag(torch.full((len(x),), -math.inf))
    return logs.logsumexp(1) - math.log(len(x) - 1)


def terms_by_root(x):
    centred = x - x.mean(0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / (len(x) - 1))
    root = vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T
    return x.mean(0).pow(2).sum(), (root - torch.eye(x.shape[1])).square().sum()


def terms_by_traces(points):
    cov = torch.cov(points.T)
    overlap = torch.linalg.eigvals(cov).real.clamp(min=0).sqrt().sum()
    return [points.mean(0).norm() ** 2, cov.trace() + len(cov) - 2 * overlap]


def terms_by_svd(x):
    spreads = torch.linalg.svdvals(x - x.mean(0)) / math.sqrt(len(x) - 1)
    return (x.mean(0) @ x.mean(0)).item(), ((spreads - 1) ** 2).sum().item()


def terms_without_root(x):
    return x.mean(0).pow(2).sum(), (torch.cov(x.T) - torch.eye(x.shape[1])).square().sum()


def terms_over_n(x):
    spreads = torch.linalg.svdvals(x - x.mean(0)) / math.sqrt(len(x))
    return x.mean(0).pow(2).sum(), ((spreads - 1) ** 2).sum()


def fit_with(choose, columns=lambda known, held_out: (known, held_out)):
    """A fit that draws its batches from `choose(known, held_out)` and scores `columns(known, held_out)`."""

    def fit(model, points, steps=400):
        half = len(points) // 2
        parts = points[:half], points[half:]
        optimizer = torch.optim.Adam(model.parameters(), 0.01)
        curves = torch.zeros(len(range(0, steps, 10)), 2)
        for step in range(steps):
            pool = choose(*parts)
            optimizer.zero_grad(set_to_none=True)
            (-model(pool[torch.randperm(len(pool))[:32]]).sum() / min(32, len(pool))).backward()
            optimizer.step()
            if step % 10 == 0:
                curves[step // 10] = torch.stack([model(part).mean() for part in columns(*parts)]).detach()
        return curves

    return fit


def fit_on_epochs(model, points, steps=400):
    known, held_out = torch.split(points, len(points) // 2)
    optimizer, curves, step = torch.optim.Adam(model.parameters(), lr=0.01), [], 0
    while step < steps:
        for (batch,) in DataLoader(TensorDataset(known), batch_size=32, shuffle=True):
            if step == steps:
                break
            loss = model(batch).neg().mean()
            model.zero_grad()
            loss.backward()
            optimizer.step()
            if step % 10 == 0:
                with torch.inference_mode():
                    curves += [(model(known).mean().item(), model(held_out).mean().item())]
            step += 1
    return torch.tensor(curves)


def fit_upwards(model, points, steps=400):
    known, held_out = points.chunk(2)
    optimizer, curves = torch.optim.Adam(model.parameters(), lr=0.01, maximize=True), []
    for step in range(steps):
        optimizer.zero_grad()
        model(known[torch.randperm(len(known))[:32]]).mean().backward()
        optimizer.step()
        if step % 10 == 0:
            curves.append([model(known).mean().item(), model(held_out).mean().item()])
    return curves


def fit_all_known(model, points, steps=400):
    known, held_out = points[: len(points) // 2], points[len(points) // 2 :]
    optimizer, curves = torch.optim.Adam(model.parameters(), lr=0.01), []
    for step in range(steps):
        optimizer.zero_grad()
        (-model(known)).mean().backward()
        optimizer.step()
        if not step % 10:
            curves.append(torch.stack([model(known).mean(), model(held_out).mean()]))
    return torch.stack(curves).detach()


VARIANTS = {
    "12.1": [
        (distance_package, lambda d, n, m: d * (1 / n + 1 / m)),
        (distance_looped, lambda d, n, m: sum(1 / n + 1 / m for _ in range(d))),
        (distance_in_numpy, lambda d, n, m: np.float32(d / n + d / m)),
        (distance_dot, lambda features, first, second: torch.tensor(features * (first + second) / (first * second))),
    ],
    "12.2": [(realism_looped,), (realism_zeroed,), (realism_sorted,), (realism_in_numpy,)],
    "12.3": [(window_looped,), (window_inplace,), (window_shifted,), (window_with_a_large_number,)],
    "12.4": [(terms_by_root, "c"), (terms_by_traces, " C"), (terms_by_svd, "C ")],
    "12.5": [
        ("c", fit_with(lambda known, held_out: known)),
        (" C ", fit_on_epochs),
        ("C", fit_all_known),
        ("c", fit_upwards),
    ],
}

MUTANTS = {
    "12.1": [
        ("a difference of variances in place of spreads", (distance_of_variances, lambda d, n, m: d / n + d / m)),
        ("the number of dimensions forgotten", (distance_flat, lambda d, n, m: d / n + d / m)),
        ("both sets pooled", (distance_dot, lambda d, n, m: 1 / ((n + m) / d))),
        ("one of the two means taken as known", (distance_dot, lambda d, n, m: sum(1 / n for _ in range(d)))),
    ],
    "12.2": [
        ("all balls kept", (realism_of_all,)),
        ("a point counted as its own neighbour", (realism_of_itself,)),
        ("a score for each real point", (realism_per_real,)),
    ],
    "12.3": [
        ("each point's own window counted", (window_with_itself,)),
        ("an exponential that underflows", (window_underflowing,)),
        ("a Gaussian without its normaliser", (window_bare,)),
    ],
    "12.4": [
        ("eigenvalues without their root", (terms_without_root, "C")),
        ("a covariance divided by n", (terms_over_n, "C")),
        (
            "a covariance of the rows",
            (lambda x: (x.mean(0) @ x.mean(0), terms_by_traces(x.T)[1]), "C"),
        ),
        ("more means", (terms_by_svd, "a")),
    ],
    "12.5": [
        ("the fit as it was", ("C", fit_with(lambda known, held_out: torch.cat([held_out, known])))),
        ("the two halves exchanged", ("C", fit_with(lambda known, held_out: held_out))),
        (
            "a score of the known points in both columns",
            ("C", fit_with(lambda known, held_out: known, lambda known, held_out: [known] * 2)),
        ),
        ("a success", (" b", fit_all_known)),
    ],
}
