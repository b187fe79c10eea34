"""Answers to the turns of lesson 02: right ones in other styles, known mistakes in other words, and near neighbours."""

import torch
from torch import nn
from torch.nn import functional as F

# --- 02.1 the discriminator --------------------------------------------------------------------------------


class ByAttributes(nn.Module):
    """Layers under their own names, made from the last to the first."""

    def __init__(self):
        super().__init__()
        self.last = nn.Linear(128, 1)
        self.second = nn.Linear(128, 128)
        self.first = nn.Linear(2, 128)
        nn.init.normal_(self.last.weight, std=0.02)

    def forward(self, x):
        h = F.leaky_relu(self.first(x), 0.2)
        return self.last(F.leaky_relu(self.second(h), 0.2))[..., 0]


class ByList(nn.Module):
    def __init__(self, widths=(2, 128, 128, 1)):
        super().__init__()
        pairs = zip(widths[:-1], widths[1:], strict=True)
        self.layers = nn.ModuleList(nn.Linear(n_in, n_out) for n_in, n_out in pairs)

    def forward(self, points):
        for layer in self.layers[:-1]:
            points = layer(points)
            points = torch.maximum(points, 0.2 * points)
        return self.layers[-1](points).flatten()


class Subclass(nn.Sequential):
    def __init__(self):
        act = nn.LeakyReLU(0.2, inplace=True)
        super().__init__(nn.Linear(2, 128), act, nn.Linear(128, 128), act, nn.Linear(128, 1), nn.Flatten(0))


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        act = nn.LeakyReLU(0.2)
        self.net = nn.Sequential(nn.LazyLinear(128), act, nn.LazyLinear(128), act, nn.LazyLinear(1))

    def forward(self, x):
        return self.net(x).squeeze(dim=1)


class ReturnsNothing(ByAttributes):
    def forward(self, x):
        super().forward(x)


class EndsInProbability(ByAttributes):
    def forward(self, x):
        return torch.sigmoid(super().forward(x))


class EndsInColumn(ByAttributes):
    def forward(self, x):
        return super().forward(x)[:, None]


class SlopeOfATenth(ByAttributes):
    """A near neighbour of PyTorch's own slope: no name fits."""

    def forward(self, x):
        h = F.leaky_relu(self.first(x), 0.1)
        return self.last(F.leaky_relu(self.second(h), 0.1))[..., 0]


class Narrow(ByList):
    """A near neighbour of a plain list: layers that are seen, but of another width."""

    def __init__(self):
        super().__init__((2, 64, 64, 1))


# --- 02.2 D's step -----------------------------------------------------------------------------------------


def d_by_cross_entropy(G, D, g_opt, d_opt, x, z):
    with torch.no_grad():
        fake = G(z)
    D.zero_grad()
    r, f = D(torch.cat([x, fake])).chunk(2)
    loss = F.binary_cross_entropy_with_logits(r, torch.ones_like(r))
    loss = loss + F.binary_cross_entropy_with_logits(f, torch.zeros_like(f))
    loss.backward()
    d_opt.step()
    return loss.item()


def d_in_two_passes(generator, discriminator, g_optimizer, d_optimizer, real, z):
    d_optimizer.zero_grad(set_to_none=False)
    on_real = -F.logsigmoid(discriminator(real)).mean()
    on_real.backward()
    on_fake = -F.logsigmoid(-discriminator(generator(z).detach())).mean()
    on_fake.backward()
    d_optimizer.step()
    return on_real + on_fake


def d_by_grad(generator, discriminator, g_optimizer, d_optimizer, real, z):
    weights = list(discriminator.parameters())
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(generator(z))).mean()
    for weight, gradient in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = gradient
    d_optimizer.step()
    return loss


def d_clears_both(generator, discriminator, g_optimizer, d_optimizer, real, z):
    """G's old gradients are cleared as well, which G's step does anyway."""
    g_optimizer.zero_grad()
    d_optimizer.zero_grad()
    loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(generator(z).detach())).mean()
    loss.backward()
    d_optimizer.step()
    return loss


def d_labels_exchanged(G, D, g_opt, d_opt, x, z):
    d_opt.zero_grad()
    r, f = D(x), D(G(z).detach())
    loss = F.binary_cross_entropy_with_logits(r, torch.zeros_like(r))
    loss = loss + F.binary_cross_entropy_with_logits(f, torch.ones_like(f))
    loss.backward()
    d_opt.step()
    return loss


def d_one_mean(G, D, g_opt, d_opt, x, z):
    d_opt.zero_grad()
    logits = D(torch.cat([x, G(z).detach()]))
    labels = torch.cat([torch.ones(len(x)), torch.zeros(len(z))]).to(logits)
    loss = F.binary_cross_entropy_with_logits(logits, labels)
    loss.backward()
    d_opt.step()
    return loss


def d_attached(G, D, g_opt, d_opt, x, z):
    d_opt.zero_grad()
    fake = G(z)
    loss = F.softplus(-D(x)).mean() + F.softplus(D(fake)).mean()
    loss.backward()
    d_opt.step()
    return loss.detach()


def d_smoothed(generator, discriminator, g_optimizer, d_optimizer, real, z):
    """A near neighbour of one mean over both halves: labels of 0.9."""
    d_optimizer.zero_grad()
    r, f = discriminator(real), discriminator(generator(z).detach())
    loss = F.binary_cross_entropy_with_logits(r, torch.full_like(r, 0.9)) + F.softplus(f).mean()
    loss.backward()
    d_optimizer.step()
    return loss


def d_twice(generator, discriminator, g_optimizer, d_optimizer, real, z):
    """A near neighbour of gradients that are never cleared: two moves."""
    d_by_cross_entropy(generator, discriminator, g_optimizer, d_optimizer, real, z)
    return d_by_cross_entropy(generator, discriminator, g_optimizer, d_optimizer, real, z)


# --- 02.3 G's step -----------------------------------------------------------------------------------------


def g_by_cross_entropy(G, D, g_opt, d_opt, z):
    g_opt.zero_grad()
    f = D(G(z))
    loss = F.binary_cross_entropy_with_logits(f, torch.ones_like(f))
    loss.backward()
    g_opt.step()
    return loss.item()


def g_with_d_set_aside(generator, discriminator, g_optimizer, d_optimizer, z):
    discriminator.requires_grad_(False)
    loss = -F.logsigmoid(discriminator(generator(z))).mean()
    generator.zero_grad()
    loss.backward()
    g_optimizer.step()
    discriminator.requires_grad_(True)
    return loss


def g_by_inputs(generator, discriminator, g_optimizer, d_optimizer, z):
    g_optimizer.zero_grad()
    f = discriminator(generator(z))
    loss = (F.softplus(f) - f).mean()
    loss.backward(inputs=list(generator.parameters()))
    g_optimizer.step()
    d_optimizer.zero_grad()
    return loss


def g_saturating(G, D, g_opt, d_opt, z):
    g_opt.zero_grad()
    f = D(G(z))
    loss = -F.binary_cross_entropy_with_logits(f, torch.zeros_like(f))
    loss.backward()
    g_opt.step()
    return loss


def g_under_no_grad(G, D, g_opt, d_opt, z):
    g_opt.zero_grad()
    with torch.no_grad():
        fake = G(z)
    loss = F.softplus(-D(fake)).mean()
    loss.backward()
    g_opt.step()
    return loss


def g_moves_both(G, D, g_opt, d_opt, z):
    loss = F.softplus(-D(G(z))).mean()
    for optimizer in (g_opt, d_opt):
        optimizer.zero_grad()
    loss.backward()
    for optimizer in (g_opt, d_opt):
        optimizer.step()
    return loss


def g_hinge(generator, discriminator, g_optimizer, d_optimizer, z):
    """A near neighbour of the saturating loss: minus the logit itself."""
    g_optimizer.zero_grad()
    loss = -discriminator(generator(z)).mean()
    loss.backward()
    g_optimizer.step()
    return loss


# --- 02.4 the generator of images --------------------------------------------------------------------------


class ImagesByView(nn.Module):
    def __init__(self, latent_dim=64):
        super().__init__()
        self.latent_dim = latent_dim
        self.out = nn.Linear(128, 28 * 28)
        self.hidden = nn.ModuleList([nn.Linear(64, 128), nn.Linear(128, 128)])

    def forward(self, z):
        for layer in self.hidden:
            z = F.leaky_relu(layer(z), negative_slope=0.2)
        return torch.tanh(self.out(z)).view(-1, 1, 28, 28)


class ImagesByUnflatten(nn.Module):
    latent_dim = 64

    def __init__(self):
        super().__init__()
        act = nn.LeakyReLU(0.2)
        self.a = nn.Sequential(nn.Linear(64, 128), act, nn.Linear(128, 128), act)
        self.b = nn.Sequential(nn.Linear(128, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)))

    def forward(self, z):
        return self.b(self.a(z))


class ImagesAsRows(ImagesByView):
    def forward(self, z):
        return super().forward(z).flatten(1)


class HardTanh(ImagesByView):
    """A near neighbour of the missing tanh: another way into −1 to 1."""

    def forward(self, z):
        for layer in self.hidden:
            z = F.leaky_relu(layer(z), negative_slope=0.2)
        return F.hardtanh(self.out(z)).view(-1, 1, 28, 28)


VARIANTS = {
    "02.1": [(ByAttributes,), (ByList,), (Subclass,), (Lazy,)],
    "02.2": [(d_by_cross_entropy,), (d_in_two_passes,), (d_by_grad,), (d_clears_both,)],
    "02.3": [(g_by_cross_entropy,), (g_with_d_set_aside,), (g_by_inputs,)],
    "02.4": [(ImagesByView,), (ImagesByUnflatten,)],
}
MUTANTS = {
    "02.1": [
        ("a sigmoid at the end", (EndsInProbability,)),
        ("a column in the place of a list of logits", (EndsInColumn,)),
        ("", (ReturnsNothing,)),
        ("", (SlopeOfATenth,)),
        ("", (Narrow,)),
    ],
    "02.2": [
        ("real and generated exchanged", (d_labels_exchanged,)),
        ("one mean over both halves", (d_one_mean,)),
        ("generated points that are not detached", (d_attached,)),
        ("", (d_smoothed,)),
        ("", (d_twice,)),
    ],
    "02.3": [
        ("the saturating loss", (g_saturating,)),
        ("points that are detached", (g_under_no_grad,)),
        ("a step of both optimisers, both cleared", (g_moves_both,)),
        ("", (g_hinge,)),
    ],
    "02.4": [
        ("rows of numbers in the place of images", (ImagesAsRows,)),
        ("", (HardTanh,)),
    ],
}
