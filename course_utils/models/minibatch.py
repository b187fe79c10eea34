"""Two ways of letting the discriminator see several samples at once, so that it notices when they are all alike."""

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_kind, shown
from course_utils.tensor_inputs import require_tensor


class MinibatchStd(nn.Module):
    """Appends one feature: how much the batch varies, √(variance over the batch), averaged over all features.

    […, n, d] → […, n, d + 1] for vectors, [n, c, h, w] → [n, c + 1, h, w] for feature maps. The new feature is the same
    for every sample of the batch; a collapsed generator shows by it at once. Source: Karras et al. 2018, sec. 3 (a
    simplification of the minibatch discrimination of Salimans et al. 2016).
    """

    mixes_batch = True  # so real and fake samples must pass the discriminator apart

    def forward(self, x: Tensor) -> Tensor:
        if not isinstance(x, Tensor) or x.ndim not in (2, 3, 4):
            raise ValueError(f"MinibatchStd takes vectors […, n, d] or feature maps [n, c, h, w], not {shown(x)}")
        batch, features = (0, 1) if x.ndim == 4 else (-2, -1)
        deviation = (x.var(dim=batch, correction=0, keepdim=True) + 1e-8).sqrt()
        over = (1, 2, 3) if x.ndim == 4 else -1
        shape = list(x.shape)
        shape[features] = 1
        return torch.cat([x, deviation.mean(dim=over, keepdim=True).expand(shape)], dim=features)


class Packed(nn.Module):
    """A discriminator that judges `pack` samples together: real packs of m against generated packs of m.

    x [n, d] (or [K, n, d], or images [n, c, h, w]) becomes n/m packs, joined along the features (or channels), so
    `discriminator` must take m times as many of them and returns one logit a pack. Two packs of a collapsed generator
    look alike even where its single samples look real. Source: PacGAN (Lin et al. 2018).
    """

    def __init__(self, discriminator: nn.Module, pack: int):
        super().__init__()
        self.discriminator = require_kind("discriminator", discriminator, nn.Module)
        self.pack = require_count("pack", pack, hint="it is a number of samples")

    def forward(self, x: Tensor) -> Tensor:
        require_tensor("x", x, ("n", "d", ...), "samples")
        batch = 0 if x.ndim != 3 else 1
        if x.shape[batch] % self.pack:
            raise ValueError(
                f"a batch of {x.shape[batch]} samples cannot be packed by {self.pack}: choose a batch size that is a "
                f"multiple of {self.pack}"
            )
        packs = x.unflatten(batch, (-1, self.pack))
        return self.discriminator(packs.flatten(batch + 1, batch + 2))
