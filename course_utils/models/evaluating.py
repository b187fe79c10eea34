"""Looking at a network without changing how it trains."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn

from course_utils.inputs import require_kind


@contextmanager
def evaluating(*networks: nn.Module) -> Iterator[None]:
    """Inside, the networks are in evaluation mode (BatchNorm, dropout); afterwards, also after an error, as before.

    Each layer gets its own mode back: a BatchNorm that was frozen by `.eval()` inside a training network stays so.
    """
    for network in networks:
        require_kind("each network", network, nn.Module)
    modes = [(module, module.training) for network in networks for module in network.modules()]
    try:
        for network in networks:
            network.eval()
        yield
    finally:
        for module, mode in modes:
            module.training = mode
