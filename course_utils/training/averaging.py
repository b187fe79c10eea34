"""The exponential moving average (EMA) of a generator's weights."""

import copy

import torch
from torch import nn

from course_utils.inputs import require_kind, require_number
from course_utils.models.normalisation import spectral_norms


class AveragedModel:
    """A copy of `model` that follows it: θ̄ ← decay·θ̄ + (1 − decay)·θ, for all tensors at once.

    BatchNorm's running statistics are averaged alike, so the copy is ready for evaluation; a spectral normalisation
    goes on estimating its layer's largest singular value, with the averaged weights. With decay β the average
    looks back over about 1/(1 − β) updates; while fewer have been made, min(β, (1 + t)/(10 + t)) is used at update
    t, so that the random initial weights are forgotten. Sources: Polyak & Juditsky 1992; Yazıcı et al. 2019 (GANs).
    torch.optim.swa_utils has such a class too, but it asks the host at every update whether it is the first one,
    which no captured graph can do. Raises ValueError for what is no network, or has no weights.
    """

    def __init__(self, model: nn.Module, decay: float):
        decay = require_number("ema_decay", decay, above=0, below=1)
        self.model = copy.deepcopy(require_kind("model", model, nn.Module)).eval()
        for weight in self.model.parameters():  # a ScriptModule offers no other way, and copies the graph too
            weight.detach_()
        self.decay = decay
        self._spectral_norms = spectral_norms(self.model)
        self._average, self._follow, self._copy_to, self._copy_from = [], [], [], []
        source = model.state_dict(keep_vars=True)
        for name, value in self.model.state_dict(keep_vars=True).items():
            # Infinities, in a mask say, have no average.
            averaged = value.is_floating_point() and bool(value.isfinite().all())
            (self._average if averaged else self._copy_to).append(value.detach())
            (self._follow if averaged else self._copy_from).append(source[name].detach())
        if not self._average:
            raise ValueError(f"{type(model).__name__} has no weights to average: leave its average out")
        # A tensor, so that a captured CUDA graph reads the current value and not the one at capture.
        self.weight = torch.zeros((), device=self._average[0].device)

    def set_update_number(self, t: int) -> None:
        """Called outside of the step: how many updates have been made so far decides the averaging weight."""
        self.weight.fill_(1.0 - min(self.decay, (1.0 + t) / (10.0 + t)))

    @torch.no_grad()
    def update(self) -> None:
        # lerp's weight would be read by the host; a product with a tensor on the device is not.
        change = torch._foreach_sub(self._follow, self._average)
        torch._foreach_mul_(change, self.weight)
        torch._foreach_add_(self._average, change)
        if self._copy_to:
            torch._foreach_copy_(self._copy_to, self._copy_from)
        for estimate in self._spectral_norms:
            estimate()
