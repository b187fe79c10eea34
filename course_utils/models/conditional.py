"""Networks that are told a class: the DCGAN pair with labels, and a VAE with labels.

A label is an integer, `labels` int64 [n] in 0 … classes − 1. It reaches a network as a one-hot vector beside its input
(concatenation), as a learned vector or map (embedding), or as a choice among learned directions in feature space
(projection); or the discriminator is asked to name it (auxiliary classifier). All raise ValueError for labels of
another type, shape or range; the range is looked at on the CPU only, as a GPU would have to stop for it.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from course_utils.inputs import require_choice, require_counts, require_widths
from course_utils.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_utils.models.mlp import mlp
from course_utils.models.vae import VAE
from course_utils.objectives.likelihoods import Bernoulli, Gaussian
from course_utils.tensor_inputs import require_input, require_labels

HOW = ("concatenation", "embedding", "projection")


class ConditionalGenerator(nn.Module):
    """z [n, latent_dim], labels [n] → images [n, channels, image_size, image_size] in (−1, 1).

    A `DCGANGenerator` whose input is z with the one-hot label appended. As its first layer is linear, this adds a
    learned vector for each class to what z alone would give. Source: Mirza & Osindero 2014.
    """

    def __init__(
        self, latent_dim: int = 32, width: int = 32, classes: int = 10, image_size: int = 28, channels: int = 1
    ):
        super().__init__()
        self.latent_dim, self.classes = require_counts(latent_dim=latent_dim, classes=classes)
        self.body = DCGANGenerator(self.latent_dim + self.classes, width, image_size, channels)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        require_input(self, "z", z, self.latent_dim)
        require_labels(labels, len(z), self.classes)
        return self.body(torch.cat([z, one_hot(labels, self.classes).to(z.dtype)], dim=1))


class ConditionalDiscriminator(nn.Module):
    """Images [n, channels, image_size, image_size], labels [n] → logits [n]: is this a real image *of this class*?

    A `DCGANDiscriminator` in which the label enters in one of three ways, `how`:

    - "concatenation": `classes` further channels, that of the label all ones, the others zeros (Mirza & Osindero 2014,
      in the form that suits convolutions);
    - "embedding": one further channel, a learned map [image_size, image_size] for each class (as Denton et al. 2015,
      who lead the label through a linear layer to such a map);
    - "projection": the logit is ψ(φ(x)) + v_label · φ(x), with φ the features, ψ the last layer, and a learned v for
      each class (Miyato & Koyama 2018, eq. 7). The v are rows of a linear layer without bias.
    """

    def __init__(
        self,
        width: int = 16,
        classes: int = 10,
        how: str = "projection",
        image_size: int = 28,
        channels: int = 1,
        dropout: float = 0.0,
    ):
        super().__init__()
        self.how = require_choice("how", how, HOW)
        classes, channels = require_counts(classes=classes, channels=channels)
        self.classes = classes
        further = {"concatenation": classes, "embedding": 1, "projection": 0}[how]
        self.body = DCGANDiscriminator(width, image_size, channels + further, dropout)
        self.image_shape = (channels, image_size, image_size)
        if how == "embedding":
            self.maps = nn.Embedding(classes, image_size**2)
        if how == "projection":
            self.directions = nn.Linear(self.body.net[-1].in_features, classes, bias=False)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        require_input(self, "x", x, *self.image_shape)
        require_labels(labels, len(x), self.classes)
        if self.how == "projection":
            features = self.body.features(x)
            asked = self.directions(features).gather(1, labels[:, None]).squeeze(1)
            return self.body.net[-1](features).squeeze(-1) + asked
        if self.how == "embedding":
            planes = self.maps(labels).view(len(x), 1, *x.shape[2:]).to(x.dtype)
        else:
            planes = one_hot(labels, self.classes).to(x.dtype)[:, :, None, None].expand(-1, -1, *x.shape[2:])
        return self.body(torch.cat([x, planes], dim=1))


class AuxiliaryClassifierDiscriminator(nn.Module):
    """Images [n, channels, image_size, image_size] → (logits [n], class_logits [n, classes]): AC-GAN's discriminator.

    A `DCGANDiscriminator` with a second last layer that names the class. It is not told the label: `labels` is taken,
    and not looked at, so that it can be called like the other conditional discriminators. Source: Odena et al. 2017.
    """

    def __init__(
        self, width: int = 16, classes: int = 10, image_size: int = 28, channels: int = 1, dropout: float = 0.0
    ):
        super().__init__()
        (self.classes,) = require_counts(classes=classes)
        self.body = DCGANDiscriminator(width, image_size, channels, dropout)
        self.classifier = nn.Linear(self.body.net[-1].in_features, self.classes)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        features = self.body.features(x)
        return self.body.net[-1](features).squeeze(-1), self.classifier(features)


class _WithLabel(nn.Module):
    """x [n, …] flattened, with the one-hot label appended, through `net`."""

    def __init__(self, net: nn.Module, classes: int):
        super().__init__()
        self.net, self.classes = net, classes

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        require_labels(labels, len(x), self.classes)
        return self.net(torch.cat([x.flatten(1), one_hot(labels, self.classes).to(x.dtype)], dim=1))


class ConditionalVAE(VAE):
    """A `VAE` whose condition is a class: q(z|x, label), p(x|z, label), and p(z) = N(0, I) for every label.

    Dense layers of the widths `hidden` with ReLU, as in `FullyConnectedVAE`; encoder and decoder take the one-hot label
    beside their input. Because z need not say which class it is, it is left to say how the image is drawn. Sources:
    Kingma et al. 2014 (model M2, with all labels known); Sohn et al. 2015.
    """

    def __init__(
        self,
        latent_dim: int = 32,
        classes: int = 10,
        hidden: Sequence[int] = (400, 400),
        image_size: int = 28,
        channels: int = 1,
        likelihood: Bernoulli | Gaussian | None = None,
    ):
        latent_dim, classes, image_size, channels = require_counts(
            latent_dim=latent_dim, classes=classes, image_size=image_size, channels=channels
        )
        hidden = require_widths("hidden", hidden)
        pixels = channels * image_size**2
        encoder = mlp([pixels + classes, *hidden, 2 * latent_dim])
        decoder = nn.Sequential(
            mlp([latent_dim + classes, *reversed(hidden), pixels]), nn.Unflatten(1, (channels, image_size, image_size))
        )
        super().__init__(_WithLabel(encoder, classes), _WithLabel(decoder, classes), latent_dim, likelihood)
        self.classes, self.image_shape = classes, (channels, image_size, image_size)
