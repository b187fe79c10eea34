"""The loops that the course's loop is measured against.

`textbook_loop` is what most tutorials show: a DataLoader, torchvision transforms image by image, and the losses read
into Python floats in every step. `bare_loop` is the shortest loop on the same resident tensors: nothing recorded,
nothing checked. Both make the same updates as `training.train_gan`: same networks, batch, optimiser, objective and
number of steps.
"""

import torch
from torch import nn
from torch.nn.functional import softplus
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms
from torchvision.datasets import MNIST

from course_utils.data import ImageData


def image_by_image(images: ImageData) -> Dataset:
    """torchvision's own MNIST class with the usual transforms, which handle one image at a time."""
    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])
    dataset = MNIST.__new__(MNIST)  # its methods, on the images that the other loops see: no second copy to find
    dataset.data, dataset.targets = images.images.cpu().squeeze(1), images.labels.cpu()
    dataset.transform, dataset.target_transform = transform, None
    return dataset


def textbook_loop(
    generator: nn.Module, discriminator: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0
) -> None:
    device = images.device
    loader = DataLoader(image_by_image(images), batch_size, shuffle=True, drop_last=True, num_workers=workers)
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
