"""The loops that the course's loop is measured against.

`textbook_loop` is what most tutorials show: a DataLoader, torchvision transforms image by image, and the losses read
into Python floats in every step. `bare_loop` is the shortest loop on the same resident tensors: nothing recorded,
nothing checked. Both make the same updates as `training.train_gan`: same networks, batch, optimiser, objective and
number of steps.
"""

import torch
from PIL import Image
from torch import nn
from torch.nn.functional import softplus
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from course_utils.data import ImageData


class ImageByImage(Dataset):
    """As torchvision's MNIST class does for one index: an array becomes a PIL image, which the transforms take."""

    def __init__(self, images: ImageData):
        self.images, self.labels = images.images.cpu().squeeze(1), images.labels.cpu().tolist()
        self.transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,))])

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int):
        return self.transform(Image.fromarray(self.images[index].numpy())), self.labels[index]


def textbook_loop(
    generator: nn.Module, discriminator: nn.Module, images: ImageData, steps: int, batch_size: int, workers: int = 0
) -> None:
    device = images.device
    loader = DataLoader(ImageByImage(images), batch_size, shuffle=True, drop_last=True, num_workers=workers)
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    criterion = nn.BCEWithLogitsLoss()
    d_losses, g_losses, done = [], [], 0
    while done < steps:
        for real, _ in loader:
            real = real.to(device)
            ones, zeros = torch.ones(len(real), device=device), torch.zeros(len(real), device=device)

            d_optimizer.zero_grad()
            fake = generator(torch.randn(len(real), generator.latent_dim, device=device))
            d_loss = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
            d_loss.backward()
            d_optimizer.step()

            g_optimizer.zero_grad()
            g_loss = criterion(discriminator(fake), ones)
            g_loss.backward()
            g_optimizer.step()

            d_losses.append(d_loss.item())
            g_losses.append(g_loss.item())
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
        d_loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()

        g_loss = softplus(-discriminator(fake)).mean()
        g_optimizer.zero_grad()
        g_loss.backward(inputs=g_parameters)
        g_optimizer.step()
