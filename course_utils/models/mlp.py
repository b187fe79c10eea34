"""Fully connected networks: for points in the plane, and the pair with which Goodfellow et al. (2014) drew digits."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from course_utils.inputs import require_counts, require_flag, require_function, require_widths, shown
from course_utils.models.minibatch import MinibatchStd
from course_utils.tensor_inputs import require_device, require_input


def mlp(sizes: Sequence[int], activation: Callable[[], nn.Module] = nn.ReLU) -> nn.Sequential:
    """Linear layers of the given widths, with `activation` between them and none at the end.

    `mlp([2, 128, 128, 1])` maps [n, 2] to [n, 1]. Weights keep torch's own initialisation, uniform(±1/√fan_in).
    Raises ValueError for widths that are none, and for an activation that is a layer itself or makes none.
    """
    sizes = require_widths("sizes", sizes)
    if len(sizes) < 2:
        raise ValueError(f"mlp needs at least two positive widths (input … output), not {sizes}")
    require_function("activation", activation, "a function that makes a layer, such as nn.ReLU")
    _require_layer(activation)
    layers: list[nn.Module] = []
    for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
        layers += [nn.Linear(n_in, n_out), activation()]
    return nn.Sequential(*layers[:-1])


def _require_layer(activation: Callable[[], nn.Module]) -> None:
    """Raises ValueError unless it can be called without arguments, which makes a layer."""
    made, cause = None, None
    try:
        made = None if isinstance(activation, nn.Module) else activation()
    except TypeError as error:  # such as of torch.relu, a function of tensors
        cause = error
    if not isinstance(made, nn.Module):
        raise ValueError(
            "activation must be a function that makes a layer, such as nn.ReLU or lambda: nn.LeakyReLU(0.2), not "
            f"{getattr(activation, '__name__', None) or f'the layer {shown(activation)}'}"
        ) from cause


class PointGenerator(nn.Module):
    """z [n, latent_dim] → points [n, dim], through an `mlp` with ReLU."""

    def __init__(self, latent_dim: int = 2, hidden: Sequence[int] = (128, 128), dim: int = 2):
        super().__init__()
        self.latent_dim, dim = require_counts(latent_dim=latent_dim, dim=dim)
        self.net = mlp([self.latent_dim, *require_widths("hidden", hidden), dim])

    def forward(self, z: Tensor) -> Tensor:
        require_input(self, "z", z, self.latent_dim, more_axes=True)
        return self.net(z)


class PointDiscriminator(nn.Module):
    """Points [n, dim] → logits [n], through an `mlp` with leaky ReLU (slope 0.2).

    With `minibatch_std` its last layer also sees how much the batch varies. `features` is what the last layer sees.
    """

    def __init__(self, hidden: Sequence[int] = (128, 128), dim: int = 2, minibatch_std: bool = False):
        super().__init__()
        hidden = require_widths("hidden", hidden)
        (self.dim,) = require_counts(dim=dim)
        self.net = mlp([self.dim, *hidden, 1], activation=lambda: nn.LeakyReLU(0.2))
        if require_flag("minibatch_std", minibatch_std):
            if not hidden:
                raise ValueError("minibatch_std needs hidden layers, whose features vary over a batch: hidden is empty")
            self.net[-1] = nn.Sequential(MinibatchStd(), nn.Linear(hidden[-1] + 1, 1))

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer's output, [n, hidden[-1]]."""
        require_input(self, "x", x, self.dim, more_axes=True)
        return self.net[:-1](x)

    def forward(self, x: Tensor) -> Tensor:
        require_input(self, "x", x, self.dim, more_axes=True)
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
        self.latent_dim, image_size, channels = require_counts(
            latent_dim=latent_dim, image_size=image_size, channels=channels
        )
        self.net = nn.Sequential(
            mlp(
                [self.latent_dim, *require_widths("hidden", hidden), channels * image_size**2],
                activation=lambda: nn.LeakyReLU(0.2),
            ),
            nn.Tanh(),
            nn.Unflatten(1, (channels, image_size, image_size)),
        )

    def forward(self, z: Tensor) -> Tensor:
        require_input(self, "z", z, self.latent_dim)
        return self.net(z)


class FullyConnectedDiscriminator(nn.Module):
    """Images [n, channels, image_size, image_size] → logits [n]: flatten, dense layers, leaky ReLU. No sigmoid."""

    def __init__(self, hidden: Sequence[int] = (128, 128), image_size: int = 28, channels: int = 1):
        super().__init__()
        image_size, channels = require_counts(image_size=image_size, channels=channels)
        self.image_shape = (channels, image_size, image_size)
        hidden = require_widths("hidden", hidden)
        self.net = nn.Sequential(
            nn.Flatten(), mlp([channels * image_size**2, *hidden, 1], activation=lambda: nn.LeakyReLU(0.2))
        )

    def forward(self, x: Tensor) -> Tensor:
        require_input(self, "x", x, *self.image_shape)
        return self.net(x).squeeze(-1)


def sample_latent(n: int, latent_dim: int, device: torch.device | str = "cpu") -> Tensor:
    """z ~ N(0, I), [n, latent_dim]: the prior of every generator in the course."""
    n, latent_dim = require_counts(least=0, n=n, latent_dim=latent_dim)
    return torch.randn(n, latent_dim, device=require_device(device))
