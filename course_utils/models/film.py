"""Class-conditional normalisation: the label scales and shifts what a layer has normalised."""

import torch
from torch import Tensor, nn

from course_utils.inputs import require_counts, require_kind, shown
from course_utils.tensor_inputs import require_labels


class FiLM(nn.Module):
    """γ_label ⊙ norm(h) + β_label: features h [n, d] or maps [n, d, height, width], labels int64 [n] → like h.

    `scale` and `shift`, γ and β, are [classes, d], learned, and begin as 1 and 0: a layer that ignores the label.
    `norm` is a layer without weights of its own, such as nn.BatchNorm2d(d, affine=False); without one, h itself is
    scaled and shifted. For a norm over the batch this is conditional batch normalisation. Sources: Dumoulin et al. 2017
    (instance norm, one γ and β for each style), De Vries et al. 2017 (batch norm), Perez et al. 2018 (the name).

    Raises ValueError for features of another width, and for what are no labels of these classes.
    """

    def __init__(self, features: int, classes: int = 10, norm: nn.Module | None = None):
        super().__init__()
        self.features, self.classes = require_counts(features=features, classes=classes)
        self.norm = nn.Identity() if norm is None else require_kind("norm", norm, nn.Module)
        self.scale = nn.Parameter(torch.ones(self.classes, self.features))
        self.shift = nn.Parameter(torch.zeros(self.classes, self.features))

    def forward(self, h: Tensor, labels: Tensor) -> Tensor:
        if not isinstance(h, Tensor) or h.ndim < 2 or h.shape[1] != self.features or not h.is_floating_point():
            raise ValueError(f"FiLM takes features as a tensor of floats [n, {self.features}, …], not {shown(h)}")
        require_labels(labels, len(h), self.classes)
        shape = (len(h), self.features, *[1] * (h.ndim - 2))
        return self.scale[labels].view(shape) * self.norm(h) + self.shift[labels].view(shape)
