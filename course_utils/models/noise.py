"""Instance noise: blur what the discriminator sees, so that the real and the generated samples overlap."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from course_utils.inputs import require_function, require_kind, require_number
from course_utils.tensor_inputs import require_tensor


class InstanceNoise(nn.Module):
    """D(x + σ·n) with fresh n ~ N(0, I) in every pass in training mode, on real and generated x alike; D(x) otherwise.

    Two distributions on thin sets are told apart perfectly, and then G has no gradient; with noise their densities
    overlap everywhere. `std` is σ, in the units of the data [n, …]; the buffer `.std` holds its present value.
    `schedule`, a function from progress in [0, 1] to a multiple of σ (`linear_decay`), is applied by the callback
    `update`: `train_gan(generator, noisy, …, callbacks=[every(50, noisy.update)])`. Without it σ stays as it is.

    `.features(x)` is there if the discriminator has it, and adds the same noise. Raises ValueError for std < 0.
    Sources: Sønderby et al. 2017, sec. 3.2; Arjovsky & Bottou 2017, sec. 3.
    """

    def __init__(self, discriminator: nn.Module, std: float, schedule: Callable[[float], float] | None = None):
        super().__init__()
        require_kind("discriminator", discriminator, nn.Module)
        std = require_number("std", std, least=0, hint="it is the noise's standard deviation")
        if schedule is not None:
            require_function(
                "schedule", schedule, "a function from progress in [0, 1] to a multiple of std, or None", takes=1
            )
        self.discriminator, self.initial_std, self.schedule = discriminator, std, schedule
        self.register_buffer("std", torch.tensor(std))

    def _blurred(self, x: Tensor) -> Tensor:
        require_tensor("x", x, ("n", ...), "a batch of floats")
        return x + self.std * torch.randn_like(x) if self.training else x

    def forward(self, x: Tensor) -> Tensor:
        return self.discriminator(self._blurred(x))

    @property
    def features(self) -> Callable[[Tensor], Tensor]:
        features = self.discriminator.features  # an AttributeError here makes hasattr(noisy, "features") False
        return lambda x: features(self._blurred(x))

    def update(self, run: Any) -> float:
        """Set σ for the progress of `run` (its `steps_done` of `len(rows)`), and return it.

        In place, so that a captured CUDA graph sees it. Raises ValueError for a schedule that returns less than 0.
        """
        factor = 1.0 if self.schedule is None else self.schedule(run.steps_done / len(run.rows))
        require_number("what a noise schedule returns", factor, least=0, hint=f"at step {run.steps_done:,}")
        self.std.fill_(self.initial_std * factor)
        return self.initial_std * factor
