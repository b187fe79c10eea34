"""The loops that the course's loop is measured against.

`textbook_loop` is what most tutorials show: a DataLoader, torchvision transforms image by image, and the losses read
into Python floats in every step. `bare_loop` is the shortest loop on the same resident tensors: nothing recorded,
nothing checked. Both make the same updates as `training.train_gan`: same networks, batch, optimiser, objective and
number of steps. `textbook_vae_loop` and `bare_vae_loop` are the same for `training.train_vae`.
"""

import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits, softplus
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import MNIST

from course_utils.data import BinarisedImages, ImageData


def image_by_image(images: ImageData, last_transform: object) -> Dataset:
    """torchvision's own MNIST class with the usual transforms, which handle one image at a time."""
    transform = transforms.Compose([transforms.ToTensor(), last_transform])
    dataset = MNIST.__new__(MNIST)  # its methods, on the images that the other loops see: no second copy to find
    dataset.data, dataset.targets = images.images.cpu().squeeze(1), images.labels.cpu()
    dataset.transform, dataset.target_transform = transform, None
    return dataset


def textbook_loop(
    generator: nn.Module, discriminator: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0
) -> None:
    device = images.device
    scaled = image_by_image(images, transforms.Normalize((0.5,), (0.5,)))
    loader = DataLoader(scaled, batch_size, shuffle=True, drop_last=True, num_workers=workers)
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    history, done = [], 0
    while done < steps:
        for real, _ in loader:
            real = real.to(device)
            ones, zeros = torch.ones(len(real), device=device), torch.zeros(len(real), device=device)

            d_optimizer.zero_grad()
            fake = generator(torch.randn(len(real), generator.latent_dim, device=device))
            real_logits, fake_logits = discriminator(real), discriminator(fake.detach())
            d_loss = criterion(real_logits, ones) + criterion(fake_logits, zeros)
            d_loss.backward()
            d_optimizer.step()

            g_optimizer.zero_grad()
            g_loss = criterion(discriminator(fake), ones)
            g_loss.backward()
            g_optimizer.step()

            d_x, d_g_z = real_logits.sigmoid().mean().item(), fake_logits.sigmoid().mean().item()
            history.append((d_loss.item(), g_loss.item(), d_x, d_g_z))
            done += 1
            if done == steps:
                break


def bare_loop(
    generator: nn.Module,
    discriminator: nn.Module,
    images: ImageData,
    steps: int,
    batch_size: int,
    g_optimizer: torch.optim.Optimizer,
    d_optimizer: torch.optim.Optimizer,
) -> None:
    device, g_parameters = images.device, list(generator.parameters())
    for _ in range(steps):
        real = images.batch(batch_size)
        fake = generator(torch.randn(batch_size, generator.latent_dim, device=device))
        real_logits, fake_logits = discriminator(torch.cat([real, fake.detach()])).chunk(2)
        d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()

        g_loss = softplus(-discriminator(fake)).mean()
        g_optimizer.zero_grad()
        g_loss.backward(inputs=g_parameters)
        g_optimizer.step()


def textbook_vae_loop(vae: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0) -> None:
    device = images.device
    loader = DataLoader(
        image_by_image(images, torch.bernoulli), batch_size, shuffle=True, drop_last=True, num_workers=workers
    )
    optimizer = torch.optim.Adam(vae.parameters(), lr=1e-3)
    history, done = [], 0
    while done < steps:
        for x, _ in loader:
            x = x.to(device)
            mean, log_var = vae.encode(x)
            logits = vae.decode(mean + torch.exp(0.5 * log_var) * torch.randn_like(mean))
            reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
            kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp()) / len(x)
            loss = reconstruction + kl
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            history.append((loss.item(), reconstruction.item(), kl.item()))
            done += 1
            if done == steps:
                break


def bare_vae_loop(
    vae: nn.Module, data: BinarisedImages, steps: int, batch_size: int, optimizer: torch.optim.Optimizer
) -> None:
    for _ in range(steps):
        x = data.batch(batch_size)
        mean, log_var = vae.encoder(x).chunk(2, dim=1)
        logits = vae.decoder(mean + (0.5 * log_var).exp() * torch.randn_like(mean))
        reconstruction = binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1).mean()
        kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).mean(0).sum()
        optimizer.zero_grad()
        (reconstruction + kl).backward()
        optimizer.step()
