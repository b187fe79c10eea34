"""The loops that the course's loop is measured against.

A textbook loop is what most tutorials show: a DataLoader, torchvision transforms image by image, and the losses read
into Python floats in every step. A bare loop is the shortest one on the same resident tensors: nothing recorded,
nothing checked. Both make the same updates as `train_gan`, `train_vae` or `train_model`: same networks, batch,
optimiser, objective and number of steps; only the textbook's WGAN-GP (Gulrajani et al. 2017) draws new samples for the
generator's update, where the others use those of the last critic update.
"""

from collections.abc import Callable, Iterator

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from course_utils.data import BinarisedImages, ImageData
from course_utils.objectives import gradient_penalty

SCALED = transforms.Normalize((0.5,), (0.5,))
PENALTY, N_CRITIC = 10.0, 5


class OneByOne(Dataset):
    """The images as torchvision's own data sets hand them out: one at a time, a PIL image through transforms."""

    def __init__(self, images: ImageData, last_transform: Callable):
        self.arrays = images.images.cpu().permute(0, 2, 3, 1).squeeze(3).numpy()
        self.labels = images.labels.cpu()
        self.transform = transforms.Compose([transforms.ToTensor(), last_transform])

    def __len__(self) -> int:
        return len(self.arrays)

    def __getitem__(self, i: int) -> tuple[Tensor, int]:
        return self.transform(Image.fromarray(self.arrays[i])), int(self.labels[i])


def batches(images: ImageData, last_transform: Callable, batch_size: int, workers: int) -> Iterator[Tensor]:
    """Epoch after epoch, each shuffled anew, moved to the device."""
    data = OneByOne(images, last_transform)
    pinned = images.device.type == "cuda"
    loader = DataLoader(data, batch_size, shuffle=True, drop_last=True, num_workers=workers, pin_memory=pinned)
    while True:
        for x, _ in loader:
            yield x.to(images.device, non_blocking=pinned)


def textbook_gan(g: nn.Module, d: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0) -> None:
    device = images.device
    g_optimizer = torch.optim.Adam(g.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    history = []
    for _, real in zip(range(steps), batches(images, SCALED, batch_size, workers), strict=False):
        ones, zeros = torch.ones(batch_size, device=device), torch.zeros(batch_size, device=device)

        d_optimizer.zero_grad()
        fake = g(torch.randn(batch_size, g.latent_dim, device=device))
        real_logits, fake_logits = d(real), d(fake.detach())
        d_loss = criterion(real_logits, ones) + criterion(fake_logits, zeros)
        d_loss.backward()
        d_optimizer.step()

        g_optimizer.zero_grad()
        g_loss = criterion(d(fake), ones)
        g_loss.backward()
        g_optimizer.step()

        d_x, d_g_z = real_logits.sigmoid().mean().item(), fake_logits.sigmoid().mean().item()
        history.append((d_loss.item(), g_loss.item(), d_x, d_g_z))


def bare_gan(g: nn.Module, d: nn.Module, images: ImageData, steps: int, batch_size: int, adam: Callable) -> None:
    device, g_parameters = images.device, list(g.parameters())
    g_optimizer, d_optimizer = adam(g), adam(d)
    apart = any(isinstance(layer, nn.BatchNorm2d) for layer in d.modules())
    for _ in range(steps):
        real = images.batch(batch_size)
        fake = g(torch.randn(batch_size, g.latent_dim, device=device))
        if apart:
            real_logits, fake_logits = d(real), d(fake.detach())
        else:
            real_logits, fake_logits = d(torch.cat([real, fake.detach()])).chunk(2)
        d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()

        g_loss = softplus(-d(fake)).mean()
        g_optimizer.zero_grad()
        g_loss.backward(inputs=g_parameters)
        g_optimizer.step()


def textbook_wgan(g: nn.Module, d: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0) -> None:
    device = images.device
    g_optimizer = torch.optim.Adam(g.parameters(), lr=1e-4, betas=(0.0, 0.9))
    d_optimizer = torch.optim.Adam(d.parameters(), lr=1e-4, betas=(0.0, 0.9))
    history = []
    source = batches(images, SCALED, batch_size, workers)
    for _ in range(steps):
        for _ in range(N_CRITIC):
            real = next(source)
            d_optimizer.zero_grad()
            fake = g(torch.randn(batch_size, g.latent_dim, device=device)).detach()
            share = torch.rand(batch_size, 1, 1, 1, device=device)
            between = (share * real + (1 - share) * fake).requires_grad_()
            (slope,) = torch.autograd.grad(d(between).sum(), between, create_graph=True)
            penalty = ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()
            d_loss = d(fake).mean() - d(real).mean() + PENALTY * penalty
            d_loss.backward()
            d_optimizer.step()
        g_optimizer.zero_grad()
        g_loss = -d(g(torch.randn(batch_size, g.latent_dim, device=device))).mean()
        g_loss.backward()
        g_optimizer.step()
        history.append((d_loss.item(), g_loss.item(), penalty.item()))


def bare_wgan(g: nn.Module, d: nn.Module, images: ImageData, steps: int, batch_size: int, adam: Callable) -> None:
    device, g_parameters = images.device, list(g.parameters())
    g_optimizer, d_optimizer = adam(g), adam(d)
    for _ in range(steps):
        for remaining in reversed(range(N_CRITIC)):
            real = images.batch(batch_size)
            with torch.set_grad_enabled(remaining == 0):
                fake = g(torch.randn(batch_size, g.latent_dim, device=device))
            real_logits, fake_logits = d(torch.cat([real, fake.detach()])).chunk(2)
            d_loss = fake_logits.mean() - real_logits.mean() + gradient_penalty(d, real, fake.detach(), weight=PENALTY)
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
        g_loss = -d(fake).mean()
        g_optimizer.zero_grad()
        g_loss.backward(inputs=g_parameters)
        g_optimizer.step()


def textbook_vae(vae: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0) -> None:
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    history = []
    for _, x in zip(range(steps), batches(images, torch.bernoulli, batch_size, workers), strict=False):
        mean, log_var = vae.encode(x)
        logits = vae.decode(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean))
        reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
        kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp()) / len(x)
        loss = reconstruction + kl
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append((loss.item(), reconstruction.item(), kl.item()))


def bare_vae(vae: nn.Module, data: BinarisedImages, steps: int, batch_size: int, adam: Callable) -> None:
    optimizer = adam(vae, lr=1e-3, betas=(0.9, 0.999))
    for _ in range(steps):
        x = data.batch(batch_size)
        mean, log_var = vae.encoder(x).chunk(2, dim=1)
        logits = vae.decoder(mean + (0.5 * log_var).exp() * torch.randn_like(mean))
        reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1).mean()
        kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).mean(0).sum()
        optimizer.zero_grad()
        (reconstruction + kl).backward()
        optimizer.step()


def textbook_flow(net: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0) -> None:
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    history = []
    for _, x in zip(range(steps), batches(images, SCALED, batch_size, workers), strict=False):
        noise, t = torch.randn_like(x), torch.rand(len(x), device=x.device, dtype=x.dtype)
        x_t = (1 - t[:, None, None, None]) * noise + t[:, None, None, None] * x
        loss = ((net(x_t, t) - (x - noise)) ** 2).sum(dim=(1, 2, 3)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        history.append(loss.item())


def bare_flow(net: nn.Module, images: ImageData, steps: int, batch_size: int, adam: Callable) -> None:
    optimizer = adam(net, lr=1e-3, betas=(0.9, 0.999))
    for _ in range(steps):
        x = images.batch(batch_size)
        noise, t = torch.randn_like(x), torch.rand(len(x), device=x.device, dtype=x.dtype)
        loss = (net(torch.lerp(noise, x, t[:, None, None, None]), t) - (x - noise)).square().flatten(1).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
