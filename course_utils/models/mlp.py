"""Fully connected networks: for points in the plane, and the pair with which Goodfellow et al. (2014) drew digits."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from course_utils.models.image_shape import require_image_shape
from course_utils.models.minibatch import MinibatchStd


def mlp(sizes: Sequence[int], activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers of the given widths, with `activation` between them and none at the end.

    `mlp([2, 128, 128, 1])` maps [n, 2] to [n, 1]. Weights keep torch's own initialisation, uniform(±1/√fan_in).
    """
    if len(sizes) < 2 or min(sizes) < 1:
        raise ValueError(f"mlp needs at least two positive widths (input … output), not {list(sizes)}")
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers[:-1])


class PointGenerator(nn.Module):
    """z [n, latent_dim] → points [n, dim], through an `mlp` with ReLU."""

    def __init__(self, latent_dim: int = 2, hidden: Sequence[int] = (128, 128), dim: int = 2):
        super().__init__()
        self.latent_dim = latent_dim
        self.net = mlp([latent_dim, *hidden, dim])

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)


class PointDiscriminator(nn.Module):
    """Points [n, dim] → logits [n], through an `mlp` with leaky ReLU (slope 0.2).

    With `minibatch_std` its last layer also sees how much the batch varies. `features` is what the last layer sees.
    """

    def __init__(self, hidden: Sequence[int] = (128, 128), dim: int = 2, minibatch_std: bool = False):
        super().__init__()
        self.net = mlp([dim, *hidden, 1], activation=lambda: nn.LeakyReLU(0.2))
        if minibatch_std:
            self.net[-1] = nn.Sequential(MinibatchStd(), nn.Linear(hidden[-1] + 1, 1))

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer's output, [n, hidden[-1]]."""
        return self.net[:-1](x)

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x).squeeze(-1)


class FullyConnectedGenerator(nn.Module):
    """z [n, latent_dim] → images [n, channels, image_size, image_size] in (−1, 1): dense layers, leaky ReLU, tanh."""

    def __init__(
        self,
        latent_dim: int = 100,
        hidden: Sequence[int] = (128, 128),
        image_size: int = 28,
        channels: int = 1,
    ):
        super().__init__()
        self.latent_dim = latent_dim
        self.net = nn.Sequential(
            mlp([latent_dim, *hidden, channels * image_size**2], activation=lambda: nn.LeakyReLU(0.2)),
            nn.Tanh(),
            nn.Unflatten(1, (channels, image_size, image_size)),
        )

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)


class FullyConnectedDiscriminator(nn.Module):
    """Images [n, channels, image_size, image_size] → logits [n]: flatten, dense layers, leaky ReLU. No sigmoid.

    Raises ValueError for images of another shape.
    """

    def __init__(self, hidden: Sequence[int] = (128, 128), image_size: int = 28, channels: int = 1):
        super().__init__()
        self.image_shape = (channels, image_size, image_size)
        self.net = nn.Sequential(
            nn.Flatten(), mlp([channels * image_size**2, *hidden, 1], activation=lambda: nn.LeakyReLU(0.2))
        )

    def forward(self, x: Tensor) -> Tensor:
        require_image_shape(type(self).__name__, x, self.image_shape)
        return self.net(x).squeeze(-1)


def sample_latent(n: int, latent_dim: int, device: torch.device | str = "cpu") -> Tensor:
    """z ~ N(0, I), [n, latent_dim]: the prior of every generator in the course."""
    return torch.randn(n, latent_dim, device=device)
