"""Weight clipping, the first WGAN's way to a critic whose slope is bounded."""

import torch
from torch.optim import Optimizer

from course_utils.inputs import require_kind, require_number


def clip_weights(optimizer: Optimizer, limit: float) -> Optimizer:
    """Clamp every parameter of `optimizer` to [−limit, limit] after each of its steps; returns the same optimiser.

    `train_gan(…, d_optimizer=clip_weights(adam(critic), 0.01))`. Bounded weights bound the slope, but by a number that
    depends on depth and width, and the weights pile up at ±limit. Biases are clamped too, as in the authors' code.
    Raises ValueError for limit ≤ 0. Source: Arjovsky, Chintala & Bottou 2017, algorithm 1 (limit 0.01).
    """
    require_kind("optimizer", optimizer, Optimizer)
    limit = require_number("limit", limit, above=0, hint="no weight would be left")

    @torch.no_grad()
    def clamp(optimizer: Optimizer, _arguments: tuple, _keywords: dict) -> None:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.clamp_(-limit, limit)

    optimizer.register_step_post_hook(clamp)
    return optimizer
