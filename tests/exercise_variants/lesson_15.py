"""Answers to the exercises of lesson 15: right ones in other styles, and known mistakes in other words."""

import math

import numpy as np
import torch
from scipy import stats
from torch.nn import functional as F

# --- 15.1 ----------------------------------------------------------------------------------------------------


def mix_in_a_loop(codes, shares, centre):
    total, squares = torch.zeros_like(codes[0]), 0.0
    for code, share in zip(codes, shares.tolist(), strict=True):
        total += share * (code - centre)
        squares += share**2
    return total / math.sqrt(squares) + centre


def mix_in_place(codes, shares, centre):
    codes -= centre
    shares /= shares.norm()
    return codes.mul_(shares.view(-1, 1, 1)).sum(dim=0).add_(centre)


def mix_in_numpy(codes, shares, centre):
    z, p, c = (tensor.detach().numpy().astype(np.float64) for tensor in (codes, shares, centre))
    return c + np.tensordot(p / np.linalg.norm(p), z - c, axes=1)


def mix_by_its_mean(codes, shares, centre):
    mean = torch.tensordot(shares.double(), codes.double(), dims=1)
    return mean / shares.double().norm() + centre * (1 - 1 / shares.double().norm())


def mix_about_zero(codes, shares, centre):
    return (codes * (shares / shares.norm())[:, None, None]).sum(0)


def mix_of_roots(codes, shares, centre):
    return centre + (shares.sqrt()[:, None, None] * (codes - centre)).sum(0)


def mix_times_root_k(codes, shares, centre):
    mean = torch.einsum("k,kij->ij", shares, codes)
    return centre + (mean - centre) * math.sqrt(codes.shape[0])


# --- 15.2 ----------------------------------------------------------------------------------------------------


def principal_by_steps(decode, z):
    slopes = [(decode(z + 0.01 * e) - decode(z - 0.01 * e)).flatten() / 0.02 for e in torch.eye(z.shape[1])]
    jacobian = torch.stack(slopes, dim=1)
    _, singular, rows = torch.linalg.svd(jacobian / len(z) ** 0.5, full_matrices=False)
    return singular, rows


def principal_in_a_loop(decode, z):
    d = z.shape[1]
    total = torch.zeros(d, d)
    for code in z:
        jacobian = torch.autograd.functional.jacobian(lambda c: decode(c.unsqueeze(0)).reshape(-1), code)
        total += jacobian.T.mm(jacobian)
    values, vectors = torch.linalg.eigh(total / len(z))
    order = values.argsort(descending=True)
    return values[order].sqrt(), vectors[:, order].T


def principal_forwards(decode, z):
    units = torch.eye(z.shape[1])
    columns = [torch.func.jvp(decode, (z,), (e.expand_as(z).contiguous(),))[1].reshape(len(z), -1) for e in units]
    moment = sum(torch.stack(columns, 2).mT @ torch.stack(columns, 2)) / z.shape[0]
    u, values, _ = torch.linalg.svd(moment.double())
    return [values.sqrt(), -u.T]


def principal_in_numpy(decode, z):
    jacobian = torch.autograd.functional.jacobian(lambda codes: decode(codes).sum(0).flatten(), z)  # [pixels, n, d]
    flat = jacobian.permute(1, 0, 2).numpy()
    values, vectors = np.linalg.eigh(np.einsum("npi,npj->ij", flat, flat) / len(flat))
    return np.sqrt(values[::-1]).copy(), vectors[:, ::-1].T.copy()


def _moment(decode, z):
    jacobian = torch.autograd.functional.jacobian(lambda codes: decode(codes).sum(0).flatten(), z)
    return torch.einsum("pni,pnj->ij", jacobian, jacobian) / len(z), jacobian


def principal_of_mean_slopes(decode, z):
    _, strengths, rows = torch.linalg.svd(_moment(decode, z)[1].mean(1), full_matrices=False)
    return strengths, rows


def principal_eigenvalues(decode, z):
    u, values, _ = torch.linalg.svd(_moment(decode, z)[0])
    return values, u.T


def principal_columns(decode, z):
    u, values, _ = torch.linalg.svd(_moment(decode, z)[0])
    return values.sqrt(), u


def principal_mean_square(decode, z):
    moment, jacobian = _moment(decode, z)
    u, values, _ = torch.linalg.svd(moment / jacobian.shape[0])
    return values.sqrt(), u.T


# --- 15.3 ----------------------------------------------------------------------------------------------------


def auc_by_ranks(members, others):
    ranks = stats.rankdata(torch.cat([members, others]).numpy())
    n, m = len(members), len(others)
    return (ranks[:n].sum() - n * (n + 1) / 2) / (n * m)


def auc_in_a_loop(scores, rest):
    wins = 0.0
    for a in scores.tolist():
        for b in rest.tolist():
            wins += 1.0 if a > b else 0.5 if a == b else 0.0
    return wins / (len(scores) * len(rest))


def auc_of_scipy(members, others):
    return stats.mannwhitneyu(members.numpy(), others.numpy()).statistic / (len(members) * len(others))


def auc_by_signs(members, others):
    return (torch.sign(members.unsqueeze(1) - others.unsqueeze(0)).mean() + 1) / 2


def found_by_trying(members, others, alarms):
    best = 0.0
    for threshold in sorted({*members.tolist(), *others.tolist()}):
        if (others > threshold).float().mean().item() <= alarms:
            best = max(best, (members > threshold).float().mean().item())
    return best


def found_by_topk(members, others, alarms):
    k = math.floor(alarms * others.numel())
    return (members > others.topk(k + 1).values[-1]).float().mean()


def found_in_numpy(members, others, alarms):
    descending = np.sort(others.numpy())[::-1]
    return np.mean(members.numpy() > descending[int(np.floor(alarms * len(descending)))])


def found_by_counting(members, others, alarms):
    above = (others[None] >= members[:, None]).sum(1)  # the alarms if everything from this member's score on counts
    return (above <= alarms * len(others)).double().mean().item()


def found_with_ties(members, others, alarms):
    k = math.floor(alarms * len(others))
    return (members >= others.topk(k + 1).values[-1]).float().mean().item()


def found_by_quantile(members, others, alarms):
    return float(np.mean(members.numpy() > np.quantile(others.numpy(), 1 - alarms)))


def found_one_more(members, others, alarms):
    k = math.ceil(alarms * len(others))
    return (members > others.topk(k + 1).values[-1]).float().mean().item()


# --- 15.4 ----------------------------------------------------------------------------------------------------


def turned_in_loops(axes, causes):
    means = []
    for run in axes:
        angles = []
        for axis in run:
            cosines = [abs(F.cosine_similarity(axis, cause, dim=0).item()) for cause in causes]
            angles.append(math.degrees(math.acos(min(1.0, max(cosines)))))
        means.append(sum(angles) / len(angles))
    return torch.tensor(means)


def turned_by_cosine_similarity(axes, causes):
    cosines = F.cosine_similarity(axes[:, :, None], causes[None, None], dim=-1)
    return torch.rad2deg(torch.arccos(cosines.abs())).min(dim=-1).values.mean(dim=1)


def turned_in_numpy(axes, causes):
    a, c = axes.detach().numpy().astype(float), causes.detach().numpy().astype(float)
    a, c = a / np.linalg.norm(a, axis=-1, keepdims=True), c / np.linalg.norm(c, axis=-1, keepdims=True)
    return np.degrees(np.arccos(np.abs(a @ c.T).max(-1).clip(0, 1))).mean(-1)


def turned_by_tangent(axes, causes):
    axes, causes = axes.double(), causes.double()
    along = torch.einsum("kad,cd->kac", axes, causes) / causes.norm(dim=1)
    across = (axes.square().sum(-1, keepdim=True) - along.square()).clamp(min=0).sqrt()
    return (torch.atan2(across, along.abs()).amin(2) * 180 / math.pi).mean(1)


def turned_arrows(axes, causes):
    cosines = F.cosine_similarity(axes[:, :, None], causes[None, None], dim=-1)
    return torch.rad2deg(torch.arccos(cosines)).amin(-1).mean(1)


def turned_radians(axes, causes):
    cosines = F.cosine_similarity(axes[:, :, None], causes[None, None], dim=-1)
    return torch.arccos(cosines.abs()).amin(-1).mean(1)


# --- 15.5 ----------------------------------------------------------------------------------------------------


def error_of(decode, z, x):
    return (decode(z[None]) - x).square().mean()


def search_with_new_tensors(decode, x, starts, steps=50, rate=0.1, watch=None):
    results = []
    for start in starts:
        z = start.clone().requires_grad_()
        optimizer = torch.optim.Adam([z], lr=rate)
        for _ in range(steps):
            optimizer.zero_grad(set_to_none=False)
            error_of(decode, z, x).backward()
            optimizer.step()
        results.append((error_of(decode, z, x).item(), z.detach()))
    error, code = min(results, key=lambda result: result[0])
    return code, error


def search_all_at_once(decode, x, starts, steps=50, rate=0.1, watch=None):
    z = starts.clone().requires_grad_()
    optimizer = torch.optim.Adam([z], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        (decode(z) - x).square().flatten(1).mean(1).sum().backward()
        optimizer.step()
    with torch.no_grad():
        errors = (decode(z) - x).square().flatten(1).mean(1)
    return z.detach()[errors.argmin()].clone(), errors.min()


def search_in_place(decode, x, starts, steps=50, rate=0.1, watch=None):
    z = torch.zeros(starts.shape[1:], requires_grad=True)
    lowest, kept = float("inf"), torch.empty_like(starts[0])
    for start in starts:
        z.data.copy_(start)
        adam = torch.optim.Adam(params=[z], lr=rate)
        for _ in range(steps):
            (z.grad,) = torch.autograd.grad(error_of(decode, z, x), z)
            adam.step()
        with torch.no_grad():
            if (error := error_of(decode, z, x)) < lowest:
                lowest = float(error)
                kept.copy_(z)
    return kept, lowest


def search_in_a_list(decode, x, starts, steps=50, rate=0.1, watch=None):
    z, best, kept = torch.empty_like(starts[0]).requires_grad_(), math.inf, None
    for start in starts:
        with torch.no_grad():
            z[:] = start
        optimizer = torch.optim.Adam([z], lr=rate)
        for _ in range(steps):
            optimizer.zero_grad()
            error_of(decode, z, x).backward()
            optimizer.step()
        error = error_of(decode, z, x).item()
        if error < best:
            best, kept = error, z.tolist()
    return torch.tensor(kept), best


def _one_tensor(keep, before=False):
    """The search with another way of keeping a code, or with the error of the step before."""

    def search(decode, x, starts, steps=50, rate=0.1, watch=None):
        z, best, kept = torch.empty_like(starts[0]).requires_grad_(), math.inf, None
        for start in starts:
            z.data = z.data.copy_(start)
            optimizer = torch.optim.Adam([z], lr=rate)
            for _ in range(steps):
                optimizer.zero_grad()
                loss = error_of(decode, z, x)
                loss.backward()
                optimizer.step()
            error = loss.item() if before else error_of(decode, z, x).item()
            if error < best:
                best, kept = error, keep(z)
        return kept.detach() if keep is _itself else kept, best

    return search


def _itself(z):
    return z


VARIANTS = {
    "15.1": [
        (lambda shares: shares.norm(), mix_in_a_loop, 25.0),
        (lambda p: math.sqrt(sum(share**2 for share in p.tolist())), mix_in_place, torch.tensor(25)),
        (lambda p: np.linalg.norm(p.numpy().astype(np.float64)), mix_in_numpy, np.float64(25)),
        (lambda p: (p.double() @ p.double()) ** 0.5, mix_by_its_mean, round(1 / 0.2**2)),
    ],
    "15.2": [(principal_by_steps,), (principal_in_a_loop,), (principal_forwards,), (principal_in_numpy,)],
    "15.3": [
        (auc_by_ranks, found_by_trying),
        (auc_in_a_loop, found_by_topk),
        (auc_of_scipy, found_in_numpy),
        (auc_by_signs, found_by_counting),
    ],
    "15.4": [
        (turned_in_loops, " b"),
        (turned_by_cosine_similarity, "(B)"),
        (turned_in_numpy, "B."),
        (turned_by_tangent, "b"),
    ],
    "15.5": [
        ("d", search_with_new_tensors),
        (" D", search_all_at_once),
        ("D", search_in_place),
        ("(d)", search_in_a_list),
        ("D", _one_tensor(lambda z: z.data.clone())),
    ],
}

MUTANTS = {
    "15.1": [
        ("a variance where a length was asked", (lambda p: p @ p, mix_in_a_loop, 25)),
        ("a mix rescaled about 0", (lambda p: p.norm(), mix_about_zero, 25)),
        ("roots of the shares as weights", (lambda p: p.norm(), mix_of_roots, 25)),
        ("the repair for equal shares", (lambda p: p.norm(), mix_times_root_k, 25)),
        ("the share taken for the correlation", (lambda p: p.norm(), mix_in_numpy, 1 / 0.2)),
    ],
    "15.2": [
        ("a mean taken before the square", (principal_of_mean_slopes,)),
        ("eigenvalues in place of strengths", (principal_eigenvalues,)),
        ("directions that stand in the columns", (principal_columns,)),
        ("a mean over the pixels", (principal_mean_square,)),
    ],
    "15.3": [
        (
            "ties that count for nothing",
            (lambda a, b: (a.view(-1, 1) > b).float().mean().item(), found_in_numpy),
        ),
        ("the advantage over guessing, 2 AUC − 1", (lambda a, b: (a[:, None] - b).sign().mean(), found_by_topk)),
        ("a threshold that itself raises an alarm", (auc_by_ranks, found_with_ties)),
        ("a quantile that lies between two scores", (auc_in_a_loop, found_by_quantile)),
        ("alarms rounded up", (auc_of_scipy, found_one_more)),
    ],
    "15.4": [
        ("arrows in place of lines", (turned_arrows, "B")),
        ("radians", (turned_radians, "B")),
        ("axes that point at the causes", (turned_in_numpy, "a")),
    ],
    "15.5": [
        ("the search as it was", ("D", _one_tensor(_itself))),
        ("a copy that is still tied to the graph", ("D", _one_tensor(lambda z: z * 1))),
        ("an error from before the last step", ("D", _one_tensor(lambda z: z.detach() + 0, before=True))),
        ("local minima", ("A", search_in_place)),
    ],
}
