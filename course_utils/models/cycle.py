"""Networks that go there and back: translators between two domains, and a VAE with two codes."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts, require_flag, require_kind, require_widths
from course_utils.models.mlp import mlp
from course_utils.objectives.likelihoods import Bernoulli
from course_utils.tensor_inputs import require_input, require_same_length, require_tensor


def _leaky() -> nn.Module:
    return nn.LeakyReLU(0.2)


class LocalTranslator(nn.Module):
    """Images [n, channels, h, w] → images of the same shape in (−1, 1), through `layers` 3×3 convolutions and tanh.

    A pixel of the result depends only on the (2·`layers` + 1)² pixels around the same place: this network can recolour
    strokes and redraw their edges, but it cannot move anything far. Leaky ReLU (slope 0.2), no normalisation.
    """

    def __init__(self, width: int = 8, layers: int = 3, channels: int = 1):
        super().__init__()
        width, channels = require_counts(width=width, channels=channels)
        layers = require_count("layers", layers, least=2, hint="one could not be followed by another")
        self.channels = channels
        sizes = [channels, *[width] * (layers - 1), channels]
        net: list[nn.Module] = []
        for n_in, n_out in zip(sizes[:-1], sizes[1:], strict=True):
            net += [nn.Conv2d(n_in, n_out, kernel_size=3, padding=1), _leaky()]
        self.net = nn.Sequential(*net[:-1], nn.Tanh())

    def forward(self, x: Tensor) -> Tensor:
        require_tensor("x", x, ("n", self.channels, "height", "width"), "float images")
        require_input(self, "x", x, *x.shape[1:])
        return self.net(x)


class DenseTranslator(nn.Module):
    """Images [n, channels, s, s] → images of the same shape, through dense layers: any pixel may go anywhere.

    Ends in tanh; or, with `skip`, the dense layers make what is *added* to the image, without tanh, so that training
    starts near the identity. Leaky ReLU (slope 0.2).
    """

    def __init__(self, image_size: int = 14, hidden: Sequence[int] = (256,), channels: int = 1, skip: bool = False):
        super().__init__()
        image_size, channels = require_counts(image_size=image_size, channels=channels)
        hidden = require_widths("hidden", hidden)
        pixels = channels * image_size**2
        dense = mlp([pixels, *hidden, pixels], activation=_leaky)
        self.net = nn.Sequential(nn.Flatten(), dense, nn.Unflatten(1, (channels, image_size, image_size)))
        self.skip, self.image_shape = require_flag("skip", skip), (channels, image_size, image_size)

    def forward(self, x: Tensor) -> Tensor:
        require_input(self, "x", x, *self.image_shape)
        return x + self.net(x) if self.skip else self.net(x).tanh()


class CyclePair(nn.Module):
    """What a CycleGAN consists of: two translators, `to_b` and `to_a`, and a discriminator for each domain.

    The discriminators return logits [n]. Source: Zhu et al. 2017.
    """

    def __init__(self, to_b: nn.Module, to_a: nn.Module, discriminator_a: nn.Module, discriminator_b: nn.Module):
        super().__init__()
        parts = {"to_b": to_b, "to_a": to_a, "discriminator_a": discriminator_a, "discriminator_b": discriminator_b}
        for name, part in parts.items():
            require_kind(name, part, nn.Module)
        self.to_b, self.to_a = to_b, to_a
        self.discriminator_a, self.discriminator_b = discriminator_a, discriminator_b

    def translators(self) -> list[nn.Parameter]:
        """The parameters of both translators."""
        return [*self.to_b.parameters(), *self.to_a.parameters()]

    def discriminators(self) -> list[nn.Parameter]:
        """The parameters of both discriminators."""
        return [*self.discriminator_a.parameters(), *self.discriminator_b.parameters()]

    @torch.no_grad()
    def there(self, a: Tensor) -> Tensor:
        """`a` translated to domain B, without a graph."""
        return self.to_b(a)

    @torch.no_grad()
    def there_and_back(self, a: Tensor) -> Tensor:
        """`a` translated to domain B and back, without a graph."""
        return self.to_a(self.to_b(a))


class CycleVAE(nn.Module):
    """A VAE with two codes: z, unspecified and random, and s, specified and not random.

    One encoder of the widths `hidden` gives the mean and log variance of q(z|x), [n, latent_dim] each, and s,
    [n, specified_dim]; the decoder turns (z, s) into the logits of binary pixels. What each code holds is decided by
    the loss, `objectives.CycleELBO`. Source: Jha et al. 2018.
    """

    def __init__(
        self,
        latent_dim: int = 16,
        specified_dim: int = 16,
        hidden: Sequence[int] = (256, 256),
        image_size: int = 28,
        channels: int = 1,
    ):
        super().__init__()
        latent_dim, specified_dim, image_size, channels = require_counts(
            latent_dim=latent_dim, specified_dim=specified_dim, image_size=image_size, channels=channels
        )
        hidden = require_widths("hidden", hidden)
        self.image_shape = (channels, image_size, image_size)
        self.latent_dim, self.specified_dim = latent_dim, specified_dim
        self.likelihood = Bernoulli()
        pixels = channels * image_size**2
        self.encoder = nn.Sequential(nn.Flatten(), mlp([pixels, *hidden, 2 * latent_dim + specified_dim]))
        self.decoder = nn.Sequential(
            mlp([latent_dim + specified_dim, *reversed(hidden), pixels]),
            nn.Unflatten(1, (channels, image_size, image_size)),
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [n, latent_dim], and s, [n, specified_dim]. x holds 0 to 1."""
        require_input(self, "x", x, *self.image_shape)
        mean, log_var, specified = self.encoder(x).split([self.latent_dim, self.latent_dim, self.specified_dim], dim=1)
        return mean, log_var, specified

    def decode(self, z: Tensor, specified: Tensor) -> Tensor:
        """The logits of the pixels, [n, channels, s, s]."""
        require_input(self, "z", z, self.latent_dim)
        require_input(self, "specified", specified, self.specified_dim)
        require_same_length(z=z, specified=specified)
        return self.decoder(torch.cat([z, specified], dim=1))

    def log_likelihood(self, x: Tensor, z: Tensor, specified: Tensor) -> Tensor:
        """log p(x|z, s) of each binary image, [n], in nats."""
        return self.likelihood.log_prob(x, self.decode(z, specified))

    def probabilities(self, z: Tensor, specified: Tensor) -> Tensor:
        """The probability that a pixel is white, 0 to 1."""
        return self.decode(z, specified).sigmoid()

    def images(self, z: Tensor, specified: Tensor) -> Tensor:
        """The mean of p(x|z, s) as images in [−1, 1]."""
        return self.likelihood.images(self.decode(z, specified))
