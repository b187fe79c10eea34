"""Completing an image from some of its quadrants: a network that gives one answer, and a VAE that gives many.

The task and the models are those of Sohn, Lee & Yan 2015 (sec. 5.1), as in Pyro's replication. Images are binary, and
−1 marks the pixels that are hidden. Both models return logits of all pixels. Those of seen pixels are ±1000, for 1 and
0: probability 1 for what is seen, so that it adds exactly 0 to a log-likelihood, which is then log p(hidden | seen).
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts, require_kind, require_widths, shown
from course_utils.models.mlp import mlp
from course_utils.models.vae import VAE, at_least_float32
from course_utils.objectives.variational import reparameterise
from course_utils.tensor_inputs import readable, require_input, require_same_length

HIDDEN = -1.0
_CERTAIN = 1000.0


def hide_quadrants(x: Tensor, seen: int) -> Tensor:
    """Images [n, channels, side, side] with pixels in 0 … 1 → the same with all but `seen` quadrants set to −1.

    Seen are the lower left quadrant (1), the left half (2), or all but the lower right one (3). Raises ValueError for
    another number, and on the CPU for pixels outside 0 … 1, which would be mistaken for hidden ones.
    """
    seen = require_count("seen", seen, most=3, hint="it counts quadrants, of which there are four")
    if not isinstance(x, Tensor) or x.ndim != 4 or not x.is_floating_point():
        raise ValueError(f"hide_quadrants takes float images [n, channels, side, side], not {shown(x)}")
    if x.numel() and readable(x):
        low, high = (float(bound) for bound in x.aminmax())
        if not 0 <= low <= high <= 1:  # nor NaN
            raise ValueError(f"pixels must lie in 0 … 1, not {low:.3g} … {high:.3g}: binarise (data.BinarisedImages)")
    middle, centre = x.shape[2] // 2, x.shape[3] // 2
    revealed = torch.full_like(x, HIDDEN)
    revealed[:, :, middle:, :centre] = x[:, :, middle:, :centre]
    if seen >= 2:
        revealed[:, :, :middle, :centre] = x[:, :, :middle, :centre]
    if seen == 3:
        revealed[:, :, :middle, centre:] = x[:, :, :middle, centre:]
    return revealed


def _sure_of_what_is_seen(logits: Tensor, seen: Tensor) -> Tensor:
    if seen.shape != logits.shape:
        raise ValueError(
            f"the condition must be images {list(logits.shape)} with hidden pixels at −1, not {list(seen.shape)}"
        )
    return torch.where(seen == HIDDEN, logits, _CERTAIN * (2.0 * seen - 1.0))


class QuadrantNetwork(nn.Module):
    """The deterministic baseline: seen [n, channels, side, side], hidden pixels −1 → logits of the same shape.

    Dense layers of the widths `hidden` with ReLU. Given what is seen, the pixels are independent: it can say that a
    pixel is bright in half of the possible images, and not which pixels are bright together.
    """

    def __init__(self, hidden: Sequence[int] = (500, 500), image_size: int = 28, channels: int = 1):
        super().__init__()
        image_size, channels = require_counts(image_size=image_size, channels=channels)
        hidden = require_widths("hidden", hidden)
        self.image_shape = shape = (channels, image_size, image_size)
        pixels = channels * image_size**2
        self.net = nn.Sequential(nn.Flatten(), mlp([pixels, *hidden, pixels]), nn.Unflatten(1, shape))

    def forward(self, seen: Tensor) -> Tensor:
        require_input(self, "seen", seen, *self.image_shape)
        return _sure_of_what_is_seen(self.net(seen), seen)


class QuadrantVAE(VAE):
    """Completes an image in many ways: a `VAE` whose condition is `seen`, the image with hidden pixels at −1.

    Prior p(z|seen), learned: it looks at the image with its gaps filled by `baseline`'s guess. Recognition q(z|x): at
    the whole image x. Decoder p(x|z, seen): at z and the filled image. Dense layers of the widths `hidden` with ReLU
    for each. `baseline` is copied, and the copy is not trained. Source: Sohn et al. 2015, with the baseline's guess as
    its "recurrent" connection.
    """

    def __init__(self, baseline: QuadrantNetwork, latent_dim: int = 200, hidden: Sequence[int] = (500, 500)):
        shape = require_kind("baseline", baseline, QuadrantNetwork).image_shape
        pixels = baseline.net[1][0].in_features
        (latent_dim,) = require_counts(latent_dim=latent_dim)
        hidden = require_widths("hidden", hidden)
        encoder = nn.Sequential(nn.Flatten(), mlp([pixels, *hidden, 2 * latent_dim]))
        decoder = nn.Sequential(mlp([latent_dim + pixels, *reversed(hidden), pixels]), nn.Unflatten(1, shape))
        super().__init__(encoder, decoder, latent_dim)
        self.image_shape = shape
        self.prior_net = nn.Sequential(nn.Flatten(), mlp([pixels, *hidden, 2 * latent_dim]))
        self.baseline = copy.deepcopy(baseline).eval().requires_grad_(False)

    def encode(self, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of q(z|x), each [n, latent_dim]; what is seen is part of x."""
        return super().encode(x)

    def prior(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of p(z|seen), each [n, latent_dim]."""
        mean, log_var = self.prior_net(self.fill(seen)).float().chunk(2, dim=1)
        return mean, log_var

    def decode(self, z: Tensor, seen: Tensor) -> Tensor:
        """Logits of all pixels, shaped like `seen`; those of seen pixels are ±1000."""
        require_input(self, "z", z, self.latent_dim)
        filled = self.fill(seen).flatten(1)
        require_same_length(z=z, seen=seen)
        return _sure_of_what_is_seen(at_least_float32(self.decoder(torch.cat([z, filled], dim=1))), seen)

    @torch.no_grad()
    def complete(self, seen: Tensor, draws: int = 1) -> Tensor:
        """`draws` completions of each image, [draws, n, channels, side, side] in [−1, 1]: means of p(x|z, seen).

        z is drawn from p(z|seen), with torch's global generator.
        """
        draws = require_count("draws", draws)
        prior = self.prior(seen)
        return torch.stack([self.images(reparameterise(*prior), seen) for _ in range(draws)])

    def fill(self, seen: Tensor) -> Tensor:
        """`seen` with the hidden pixels at the baseline's probabilities, 0 … 1; no gradient."""
        with torch.no_grad():
            return self.baseline(seen).float().sigmoid()
