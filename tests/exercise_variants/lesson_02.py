"""Answers to the exercises of lesson 02: right ones in other styles, and known mistakes in other words."""

import math

import torch
from torch.nn import functional as F

# --- 2.1 the generator's loss ------------------------------------------------------------------------------


def by_logsigmoid(f):
    return -F.logsigmoid(f).mean()


def by_cross_entropy(logits):
    return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))


def from_both_sides(f):
    return (F.softplus(f) - f).mean()


def looped_loss(f):
    losses = [torch.logaddexp(torch.zeros_like(x), -x) for x in f.flatten()]
    return sum(losses) / len(losses)


def saturating_by_cross_entropy(f):
    return -F.binary_cross_entropy_with_logits(f, torch.zeros_like(f))


def clamped_logarithm(f):
    return -torch.log(torch.sigmoid(f) + 1e-8).sum() / f.numel()


# --- 2.2 gradients of the logits ---------------------------------------------------------------------------


def by_autograd(real_logits, fake_logits):
    r, f = (t.detach().clone().requires_grad_() for t in (real_logits, fake_logits))
    loss = F.softplus(-r).mean() + F.softplus(f).mean()
    return torch.autograd.grad(loss, (r, f))


def by_exponentials(r, f):
    return -1 / (1 + r.exp()) / len(r), 1 / (1 + torch.exp(-f)) / len(f)


def errors_of_a_prediction(r, f):
    return [(r.sigmoid() - 1).div(r.shape[0]), f.sigmoid().div_(f.shape[0])]


def summed_by_autograd(real_logits, fake_logits):
    r, f = (t.detach().clone().requires_grad_() for t in (real_logits, fake_logits))
    return torch.autograd.grad(F.softplus(-r).sum() + F.softplus(f).sum(), (r, f))


def of_the_value(r, f):
    return (1 - r.sigmoid()) / len(r), -f.sigmoid() / len(f)


def of_the_probability(r, f):
    return -(1 + torch.exp(-r)) / len(r), (1 + f.exp()) / len(f)


# --- 2.3 a batch in pieces ---------------------------------------------------------------------------------


def with_cross_entropy(G, D, optimizer, real, z, k):
    n, losses = real.shape[0], []
    for parameter in D.parameters():
        parameter.grad = None
    for start in range(0, n, k):
        with torch.no_grad():
            fake = G(z[start : start + k])
        r, f = D(real[start : start + k]), D(fake)
        loss = F.binary_cross_entropy_with_logits(r, torch.ones_like(r), reduction="sum")
        loss = loss + F.binary_cross_entropy_with_logits(f, torch.zeros_like(f), reduction="sum")
        (loss / n).backward()
        losses.append(loss.detach() / n)
    optimizer.step()
    return torch.stack(losses).sum()


def weighted_means(G, D, optimizer, real, z, chunk):
    optimizer.zero_grad(set_to_none=False)
    total = 0.0
    for x, noise in zip(torch.split(real, chunk), torch.split(z, chunk), strict=True):
        logits = D(torch.cat([x, G(noise).detach()]))
        r, f = logits.chunk(2)
        loss = (F.softplus(-r).mean() + F.softplus(f).mean()) * len(x) / len(real)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def gradients_by_hand(G, D, optimizer, real, z, chunk):
    weights = list(D.parameters())
    sums = [torch.zeros_like(w) for w in weights]
    total = torch.zeros(())
    for i in range(math.ceil(len(real) / chunk)):
        piece = slice(i * chunk, (i + 1) * chunk)
        loss = -F.logsigmoid(D(real[piece])).sum() - F.logsigmoid(-D(G(z[piece]).detach())).sum()
        for s, g in zip(sums, torch.autograd.grad(loss, weights), strict=True):
            s += g / len(real)
        total += loss.detach() / len(real)
    for w, s in zip(weights, sums, strict=True):
        w.grad = s
    optimizer.step()
    return total


def real_first_then_generated(G, D, optimizer, real, z, chunk):
    D.zero_grad()
    total = 0.0
    for x in real.split(chunk):
        loss = F.softplus(-D(x)).sum() / len(real)
        loss.backward()
        total += loss.item()
    for noise in z.split(chunk):
        with torch.no_grad():
            fake = G(noise)
        loss = F.softplus(D(fake)).sum() / len(z)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return torch.tensor(total)


def backward_at_the_end(G, D, optimizer, real, z, chunk):
    losses = []
    for x, noise in zip(real.split(chunk), z.split(chunk), strict=True):
        with torch.no_grad():
            fake = G(noise)
        losses.append(-F.logsigmoid(D(x)).sum() - F.logsigmoid(-D(fake)).sum())
    loss = torch.stack(losses).sum() / len(z)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def drawn_at_once(G, D, optimizer, real, z, chunk):
    with torch.no_grad():
        fakes = G(z)
    optimizer.zero_grad()
    total = 0.0
    for start in range(0, len(real), chunk):
        piece = slice(start, start + chunk)
        loss = (F.softplus(-D(real[piece])).sum() + F.softplus(D(fakes[piece])).sum()) / len(real)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def attached_fakes(G, D, optimizer, real, z, chunk):
    optimizer.zero_grad()
    total = 0
    for x, noise in zip(real.split(chunk), z.split(chunk), strict=True):
        loss = (F.softplus(-D(x)).sum() + F.softplus(D(G(noise))).sum()) / len(real)
        loss.backward()
        total = total + loss.detach()
    optimizer.step()
    return total


def unweighted_means(G, D, optimizer, real, z, chunk):
    pieces = list(zip(real.split(chunk), z.split(chunk), strict=True))
    optimizer.zero_grad()
    losses = []
    for x, noise in pieces:
        r, f = D(x), D(G(noise).detach())
        losses.append(F.softplus(-r).mean() + F.softplus(f).mean())
        (losses[-1] / len(pieces)).backward()
    optimizer.step()
    return torch.stack(losses).mean().detach()


def cleared_in_the_loop(G, D, optimizer, real, z, chunk):
    total = 0.0
    for start in range(0, len(real), chunk):
        D.zero_grad()
        r, f = D(real[start : start + chunk]), D(G(z[start : start + chunk]).detach())
        loss = (F.softplus(-r).sum() + F.softplus(f).sum()) / len(real)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


# --- 2.4 how far Adam comes --------------------------------------------------------------------------------


def with_a_parameter(loss, build, D, noise, steps):
    theta = torch.nn.Parameter(noise.new_zeros(2))
    opt = build([theta])
    for _ in range(steps):
        opt.zero_grad(set_to_none=False)
        loss(D(noise + theta)).backward()
        opt.step()
    return theta.data.norm()


def with_a_while_loop(loss, build, D, noise, steps):
    theta = torch.zeros(1, 2, requires_grad=True)
    opt = build([theta])
    while steps:
        (theta.grad,) = torch.autograd.grad(loss(D(noise + theta.expand_as(noise))), theta)
        opt.step()
        steps -= 1
    return math.hypot(*theta[0].tolist())


def with_a_module(loss, build, D, noise, steps):
    shift = torch.nn.Linear(2, 2)
    shift.weight.data, shift.bias.data = torch.eye(2), torch.zeros(2)
    shift.weight.requires_grad_(False)
    opt = build([shift.bias])
    for _ in range(steps):
        value = loss(D(shift(noise)))
        opt.zero_grad()
        value.backward()
        opt.step()
    return float(shift.bias.detach().square().sum().sqrt())


def piling_up(loss, build, D, noise, steps):
    theta = torch.nn.Parameter(torch.zeros(2))
    opt = build([theta])
    for _ in range(steps):
        loss(D(noise + theta)).backward()
        opt.step()
    return theta.norm().item()


def forgetful(loss, build, D, noise, steps):
    theta = torch.nn.Parameter(torch.zeros(2))
    for _ in range(steps):
        opt = build([theta])
        opt.zero_grad()
        loss(D(noise + theta)).backward()
        opt.step()
    return theta.norm().item()


# --- 2.5 the repaired step ---------------------------------------------------------------------------------


def adam(network, lr):
    return torch.optim.Adam(network.parameters(), lr=lr, betas=(0.5, 0.999))


def with_inputs(G, D, lr):
    g_opt, d_opt = adam(G, lr), adam(D, lr)

    def step(x, z):
        fake = G(z)
        r, f = D(torch.cat([x, fake.detach()])).chunk(2)
        d_loss = -F.logsigmoid(r).mean() - F.logsigmoid(-f).mean()
        d_opt.zero_grad()
        d_loss.backward(inputs=list(D.parameters()))
        d_opt.step()
        g_loss = -F.logsigmoid(D(fake)).mean()
        g_opt.zero_grad()
        g_loss.backward(inputs=list(G.parameters()))
        g_opt.step()
        return d_loss.detach(), g_loss.detach()

    return step


def with_one_optimizer_whose_strangers_have_no_gradient(G, D, lr):
    both = torch.optim.Adam([*D.parameters(), *G.parameters()], lr=lr, betas=(0.5, 0.999))

    def move(loss, network):
        both.zero_grad(set_to_none=True)
        loss.backward(inputs=list(network.parameters()))
        both.step()
        return loss.detach()

    def step(x, z):
        first = move(F.softplus(-D(x)).mean() + F.softplus(D(G(z))).mean(), D)
        return first, move(F.softplus(-D(G(z))).mean(), G)

    return step


class Step:
    def __init__(self, G, D, lr):
        self.G, self.D, self.g, self.d = G, D, adam(G, lr), adam(D, lr)

    def __call__(self, x, z):
        with torch.no_grad():
            fake = self.G(z)
        r, f = self.D(x), self.D(fake)
        one, zero = torch.ones_like(r), torch.zeros_like(f)
        d_loss = F.binary_cross_entropy_with_logits(r, one) + F.binary_cross_entropy_with_logits(f, zero)
        self.d.zero_grad()
        d_loss.backward()
        self.d.step()
        f = self.D(self.G(z))
        g_loss = F.binary_cross_entropy_with_logits(f, torch.ones_like(f))
        self.G.zero_grad()
        g_loss.backward()
        self.g.step()
        return d_loss.item(), g_loss.item()


def with_d_frozen(G, D, lr):
    g_opt, d_opt = adam(G, lr), adam(D, lr)

    def step(x, z):
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(G(z))).mean()
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        D.requires_grad_(False)
        g_loss = F.softplus(-D(G(z))).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        D.requires_grad_(True)
        return d_loss.detach(), g_loss.detach()

    return step


def one_detached_fake_for_both(G, D, lr):
    g_opt, d_opt = adam(G, lr), adam(D, lr)

    def step(x, z):
        fake = G(z).detach()
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()
        d_opt.zero_grad()
        d_loss.backward()
        d_opt.step()
        g_loss = F.softplus(-D(fake)).mean()
        g_opt.zero_grad()
        g_loss.backward()
        g_opt.step()
        return d_loss.detach(), g_loss.detach()

    return step


def detached_only(G, D, lr):
    both = torch.optim.Adam([*G.parameters(), *D.parameters()], lr=lr, betas=(0.5, 0.999))

    def step(x, z):
        with torch.no_grad():
            fake = G(z)
        both.zero_grad()
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()
        d_loss.backward()
        both.step()
        both.zero_grad()
        g_loss = F.softplus(-D(G(z))).mean()
        g_loss.backward()
        both.step()
        return d_loss.detach(), g_loss.detach()

    return step


def built_anew(G, D, lr):
    def step(x, z):
        d_loss = -F.logsigmoid(D(x)).mean() - F.logsigmoid(-D(G(z).detach())).mean()
        D.zero_grad()
        d_loss.backward()
        adam(D, lr).step()
        g_loss = -F.logsigmoid(D(G(z))).mean()
        G.zero_grad()
        g_loss.backward()
        adam(G, lr).step()
        return d_loss.detach(), g_loss.detach()

    return step


def never_clearing_d(G, D, lr):
    g_opt, d_opt = adam(G, lr), adam(D, lr)

    def step(x, z):
        fake = G(z)
        d_loss = F.softplus(-D(x)).mean() + F.softplus(D(fake.detach())).mean()
        d_loss.backward()
        d_opt.step()
        g_opt.zero_grad()
        g_loss = F.softplus(-D(fake)).mean()
        g_loss.backward()
        g_opt.step()
        return d_loss.detach(), g_loss.detach()

    return step


VARIANTS = {
    "2.1": [(by_logsigmoid,), (by_cross_entropy,), (looped_loss,), (from_both_sides,)],
    "2.2": [
        (by_autograd, 1.0064),
        (by_exponentials, math.log(2) + math.log(1 + math.exp(-1))),
        (errors_of_a_prediction, torch.tensor(1.006)),
    ],
    "2.3": [(with_cross_entropy,), (weighted_means,), (gradients_by_hand,), (real_first_then_generated,)],
    "2.4": [(with_a_parameter, "c"), (with_a_while_loop, " C "), (with_a_module, "C")],
    "2.5": [
        ("d", with_inputs),
        (" D", with_one_optimizer_whose_strangers_have_no_gradient),
        ("D ", Step),
        ("D", with_d_frozen),
    ],
}

MUTANTS = {
    "2.1": [
        ("the saturating loss of the minimax game", (saturating_by_cross_entropy,)),
        ("a logarithm with 1e-8 inside", (clamped_logarithm,)),
        ("the logarithm of a sigmoid", (lambda f: (1 / f.sigmoid()).log().mean(),)),
        ("a cross-entropy of probabilities", (lambda f: torch.nn.BCELoss()(f.sigmoid(), torch.ones(f.shape)),)),
        ("a flipped sign", (lambda f: F.logsigmoid(f).mean(),)),
    ],
    "2.2": [
        ("the gradient of a sum", (summed_by_autograd, 1.0064)),
        ("the direction of the step, not the gradient", (of_the_value, 1.0064)),
        ("the gradient with respect to the probability", (of_the_probability, 1.0064)),
        ("the two terms treated alike", (by_autograd, 0.6265)),
        ("the loss of a discriminator that cannot decide", (by_autograd, torch.tensor(1.386))),
    ],
    "2.3": [
        ("fakes that are not detached", (attached_fakes,)),
        ("a mean of the pieces' means", (unweighted_means,)),
        ("one backward pass at the end", (backward_at_the_end,)),
        ("fakes that are all drawn at once", (drawn_at_once,)),
        ("gradients cleared before every piece", (cleared_in_the_loop,)),
    ],
    "2.4": [
        ("gradients that pile up", (piling_up, "C")),
        ("a new optimiser at every step", (forgetful, "C")),
        ("small gradients added up by momentum", (with_a_parameter, " a")),
    ],
    "2.5": [
        ("a step with detached fakes and still one optimiser", ("D", detached_only)),
        ("fakes that are detached for both players", ("D", one_detached_fake_for_both)),
        ("optimisers built anew at every step", ("D", built_anew)),
        ("a discriminator whose gradients are not cleared", ("D", never_clearing_d)),
        ("the equilibrium", (" a ", with_inputs)),
    ],
}
