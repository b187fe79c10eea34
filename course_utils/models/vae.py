"""Variational autoencoders: an encoder, a decoder, a likelihood; fully connected and convolutional."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.inputs import require_counts, require_kind, require_methods, require_widths, shown
from course_utils.models.mlp import mlp
from course_utils.objectives.likelihoods import Bernoulli, Gaussian
from course_utils.tensor_inputs import require_input


class VAE(nn.Module):
    """q(z|x) = N(mean, exp(log_var)), p(x|z) = `likelihood`, p(z) = N(0, I).

    `encoder(x, *condition)` returns [n, 2·`latent_dim`], means first; `decoder(z, *condition)` returns the likelihood's
    parameters, shaped like the images. `condition`, such as labels, is passed on as it is. A weight of the likelihood,
    `Gaussian(nn.Parameter(torch.tensor(1.0)))`, becomes one of the VAE's, and is trained with it. Sources: Kingma &
    Welling 2014; Rezende, Mohamed & Wierstra 2014. A class that knows the size of its images says so in `image_shape`.
    """

    image_shape: tuple[int, ...] | None = None  # channels, height, width

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        latent_dim: int,
        likelihood: Bernoulli | Gaussian | None = None,
    ):
        super().__init__()
        for name, part in (("encoder", encoder), ("decoder", decoder)):
            require_kind(name, part, nn.Module)  # another function's weights would not be trained
        self.encoder, self.decoder = encoder, decoder
        (self.latent_dim,) = require_counts(latent_dim=latent_dim)
        self.likelihood = Bernoulli() if likelihood is None else likelihood
        require_methods("likelihood", self.likelihood, "log_prob", "images")
        for name, value in getattr(self.likelihood, "__dict__", {}).items():
            if isinstance(value, nn.Parameter):
                self.register_parameter(f"likelihood_{name}", value)  # else no optimiser would find it

    def encode(self, x: Tensor, *condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [n, latent_dim].

        Raises ValueError if the encoder returns another width, or no one tensor.
        """
        if self.image_shape is not None:
            require_input(self, "x", x, *self.image_shape)
        made = self.encoder(x, *condition)
        codes = _one_tensor("encoder", made, "[n, 2·latent_dim], torch.cat([mean, log_var], 1)")
        if codes.shape != (len(x), 2 * self.latent_dim):
            raise ValueError(
                f"the encoder of a VAE with latent_dim {self.latent_dim} must return a mean and a log variance for "
                f"each dimension, {(len(x), 2 * self.latent_dim)}, not {tuple(codes.shape)}"
            )
        mean, log_var = codes.chunk(2, dim=1)
        return mean, log_var

    def decode(self, z: Tensor, *condition: Tensor) -> Tensor:
        """The parameters of p(x|z), [n, ...] like the images: logits if Bernoulli, means if Gaussian.

        Raises ValueError if the decoder returns no one tensor.
        """
        if type(self).decode is VAE.decode:  # a subclass may append its condition to z
            require_input(self, "z", z, self.latent_dim)
        made = self.decoder(z, *condition)
        return _one_tensor("decoder", made, "of the images' shape, the likelihood's parameters")

    def prior(self, *condition: Tensor) -> tuple[Tensor, Tensor] | None:
        """None: the prior is N(0, I). A model that learns it returns (mean, log variance), each [n, latent_dim]."""
        return None

    def log_likelihood(self, x: Tensor, z: Tensor, *condition: Tensor) -> Tensor:
        """log p(x|z) of each image, [n], in nats. Raises ValueError for a likelihood that gives other than that."""
        nats = self.likelihood.log_prob(x, self.decode(z, *condition))
        if not isinstance(nats, Tensor) or nats.shape != x.shape[:1]:
            raise ValueError(
                f"the likelihood's log_prob must return one number an image, [{len(x)}], not {shown(nats)}: sum over "
                "the pixels"
            )
        return nats

    def images(self, z: Tensor, *condition: Tensor) -> Tensor:
        """The mean of p(x|z) as images in [−1, 1]."""
        return self.likelihood.images(self.decode(z, *condition))

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        """The reconstruction from the mean of q(z|x): images in [−1, 1]."""
        return self.images(self.encode(x, *condition)[0], *condition)


def _one_tensor(part: str, made: Tensor, what: str) -> Tensor:
    if not isinstance(made, Tensor):
        raise ValueError(f"the {part} of a VAE must return one tensor {what}, not {shown(made)}")
    return at_least_float32(made)


def at_least_float32(x: Tensor) -> Tensor:
    """Half-precision outputs of autocast in float32: sums over 784 pixels need it."""
    return x.float() if x.dtype in (torch.bfloat16, torch.float16) else x


class FullyConnectedVAE(VAE):
    """Dense layers of the widths `hidden` with ReLU, in the opposite order in the decoder."""

    def __init__(
        self,
        latent_dim: int = 32,
        hidden: Sequence[int] = (400, 400),
        image_size: int = 28,
        channels: int = 1,
        likelihood: Bernoulli | Gaussian | None = None,
    ):
        latent_dim, image_size, channels = require_counts(
            latent_dim=latent_dim, image_size=image_size, channels=channels
        )
        hidden = require_widths("hidden", hidden)
        pixels = channels * image_size**2
        encoder = nn.Sequential(nn.Flatten(), mlp([pixels, *hidden, 2 * latent_dim]))
        decoder = nn.Sequential(
            mlp([latent_dim, *reversed(hidden), pixels]), nn.Unflatten(1, (channels, image_size, image_size))
        )
        super().__init__(encoder, decoder, latent_dim, likelihood)
        self.image_shape = (channels, image_size, image_size)


class ConvolutionalVAE(VAE):
    """Two stride-2 convolutions of `width` and 2·`width` channels and a dense layer; the decoder is their mirror.

    4×4 kernels with padding 1 halve a side exactly; the side must be divisible by 4. ReLU, no BatchNorm.
    """

    def __init__(
        self,
        latent_dim: int = 32,
        width: int = 32,
        image_size: int = 28,
        channels: int = 1,
        likelihood: Bernoulli | Gaussian | None = None,
    ):
        latent_dim, width, image_size, channels = require_counts(
            latent_dim=latent_dim, width=width, image_size=image_size, channels=channels
        )
        if image_size % 4:
            raise ValueError(f"two stride-2 layers need a side that is divisible by 4, not {image_size}")
        side = image_size // 4
        encoder = nn.Sequential(
            nn.Conv2d(channels, width, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * side**2, 2 * latent_dim),
        )
        decoder = nn.Sequential(
            nn.Linear(latent_dim, 2 * width * side**2),
            nn.ReLU(),
            nn.Unflatten(1, (2 * width, side, side)),
            nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(width, channels, kernel_size=4, stride=2, padding=1),
        )
        super().__init__(encoder, decoder, latent_dim, likelihood)
        self.image_shape = (channels, image_size, image_size)
